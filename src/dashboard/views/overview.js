import { html } from '../html.js';
import { EventList, LoadBalancerLink, PoolLink } from '../parts/event.js';
import { Empty, Loading } from '../parts/notice.js';
import { Shape, State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Ago } from '../parts/time.js';
import { useData, useEvents } from '../shell/data.js';

/** Events that are read for the list of the newest transitions, and how many of these are shown. */
const EVENTS_READ = 60;
const EVENTS_SHOWN = 12;

/** What a person on call wants to know first: whether anything is wrong, and where. */
export function Overview() {
  const summary = useData('/lifeguard/v1/summary');
  const { events, loaded: read } = useEvents(`/lifeguard/v1/events?limit=${EVENTS_READ}`, isTransition);
  const { data } = summary;
  if (data === undefined) return html`<h1>Overview</h1><${Loading} loaded=${summary} />`;
  const transitions = (events ?? []).filter(isTransition);
  return html`
    <${Headline} summary=${data} />
    <${Loading} loaded=${summary} />
    <div class="cards">
      <${Counts} title="Pools" href="/pools" counts=${data.pools} query="/pools?state=" />
      <${Counts} title="Load balancers" href="/load-balancers" counts=${data.load_balancers} />
      <${Counts} title="Endpoints" href="/pools" counts=${data.endpoints} />
    </div>
    <${Problems} summary=${data} />
    <${Alarms} alarms=${data.alarms} />
    <section>
      <h2>Latest <a class="more" href="/events">All events</a></h2>
      ${events === undefined ? html`<${Loading} loaded=${read} />` : transitions.length === 0 ? html`<p class="quiet">Nothing happened yet.</p>` : html`<${EventList} label="Latest events" events=${transitions.slice(0, EVENTS_SHOWN)} />`}
    </section>
    <${Machines} summary=${data} />
  `;
}

/**
 * Whether an event is more than what one region found.
 * @param {any} event
 */
function isTransition({ kind }) {
  return kind !== 'health';
}

/** @param {{ summary: any }} props */
function Headline({ summary: { problems, problems_count: total, alarms, store, ready, pools } }) {
  // Problems with single endpoints come last.
  const isGrave =
    !ready || store !== null || alarms.length > 0 || (total > 0 && problems[0].kind !== 'endpoint');
  const count = total + alarms.length + (store === null ? 0 : 1) + (ready ? 0 : 1);
  if (pools.total === 0 && count === 0)
    return html`<h1>Nothing is configured yet</h1>
      <${Empty} title="Create a pool: a name with several addresses, of which the healthy ones are answered."
        command="lifeguard pools create web -e web-1=192.0.2.1 -e web-2=192.0.2.2 --monitor http" />`;
  return html`<h1 class="headline"><${Shape} state=${headlineState(count, isGrave)} />${
    count === 0 ? 'All is well' : count === 1 ? 'One thing is wrong' : `${count} things are wrong`
  }</h1>
  ${ready ? null : html`<p class="failure">This node cannot answer queries correctly yet.</p>`}
  ${store === null ? null : html`<p class="failure">${store}</p>`}`;
}

/**
 * @param {number} count
 * @param {boolean} isGrave
 */
function headlineState(count, isGrave) {
  if (count === 0) return 'healthy';
  return isGrave ? 'unhealthy' : 'degraded';
}

/** @param {{ title: string, href: string, counts: Record<string, number>, query?: string }} props */
function Counts({ title, href, counts, query }) {
  const states = Object.entries(counts).filter(([state, count]) => state !== 'total' && count > 0);
  return html`<section class="card" aria-label=${title}>
    <h2><a href=${href}>${title}</a></h2>
    <p class="figure">${counts.total}</p>
    ${states.length === 0 ? html`<p class="quiet">none yet</p>` : null}<ul>${states.map(([state, count]) => {
      const shown = html`<${State} state=${state} word=${`${count} ${state}`} />`;
      return html`<li key=${state}>${query === undefined ? shown : html`<a href=${query + state}>${shown}</a>`}</li>`;
    })}</ul>
  </section>`;
}

/** @param {{ summary: any }} props */
function Problems({ summary: { problems, problems_count: count } }) {
  if (count === 0) return null;
  return html`<section>
    <h2>What is wrong now</h2>
    <${Table} label="What is wrong now" rows=${problems} keyOf=${(/** @type {any} */ each) => `${each.kind} ${each.id} ${each.endpoint}`}
      columns=${[
        {
          title: 'State',
          value: (/** @type {any} */ { state }) => state,
          cell: (/** @type {any} */ { state }) => html`<${State} state=${state} />`,
        },
        {
          title: 'What',
          value: (/** @type {any} */ { name, endpoint = '' }) => `${name} ${endpoint}`,
          cell: problemName,
        },
        { title: 'Why', value: (/** @type {any} */ { reason }) => reason },
        {
          title: 'Affects',
          value: (/** @type {any} */ { affects_count: affected }) => affected,
          cell: affectedNames,
        },
      ]} />
    ${count > problems.length ? html`<p class="quiet">These are the first ${problems.length} of ${count}.</p>` : null}
  </section>`;
}

/** @param {any} problem */
function problemName({ kind, id, name, endpoint }) {
  if (kind === 'load_balancer') return html`Load balancer <${LoadBalancerLink} id=${id} name=${name} />`;
  if (kind === 'pool') return html`Pool <${PoolLink} id=${id} name=${name} />`;
  return html`Endpoint <b>${endpoint}</b> of <${PoolLink} id=${id} name=${name} />`;
}

/** @param {any} problem */
function affectedNames({ kind, affects, affects_count: count }) {
  if (kind === 'load_balancer') return 'its clients';
  if (count === 0) return kind === 'pool' ? 'its own name' : '–';
  const more = count - affects.length;
  return html`<span class="names">${affects.map((/** @type {any} */ each) => html`<${LoadBalancerLink} key=${each.id} ...${each} /> `)}${more > 0 ? `and ${more} more` : ''}</span>`;
}

/** @param {{ alarms: any[] }} props */
function Alarms({ alarms }) {
  if (alarms.length === 0) return null;
  return html`<section>
    <h2>Alarms</h2>
    <ul class="alarms">${alarms.map(
      (alarm) => html`<li key=${`${alarm.alarm} ${alarm.about}`}>
        <${Shape} state="raised" /><div><b>${alarm.alarm.replaceAll('_', ' ')}</b> ${alarm.about}<div class="quiet">${alarm.reason}</div></div>
        <${Ago} at=${alarm.since} />
      </li>`,
    )}</ul>
  </section>`;
}

/** @param {{ summary: any }} props */
function Machines({ summary: { nodes, workers, revision } }) {
  return html`<section>
    <h2>Nodes and workers</h2>
    <${Table} label="Nodes" rows=${nodes} keyOf=${(/** @type {any} */ { id }) => id} columns=${[
      { title: 'Node', value: (/** @type {any} */ { host }) => host },
      {
        title: 'State',
        value: nodeState,
        cell: (/** @type {any} */ node) => html`<${State} state=${nodeState(node)} word=${nodeWord(node)} />`,
      },
      { title: 'Version', value: (/** @type {any} */ { version = 'unknown' }) => version },
      {
        title: 'Revision',
        value: (/** @type {any} */ node) => node.revision,
        cell: (/** @type {any} */ node) =>
          node.revision < revision ? `${node.revision} of ${revision}` : node.revision,
      },
      {
        title: 'Configuration',
        value: configurationOf,
        cell: (/** @type {any} */ node) => html`<span class="mono">${configurationOf(node)}</span>`,
      },
      { title: 'DNS', value: (/** @type {any} */ { dns }) => dns.join(', ') },
      {
        title: 'Stale verdicts',
        value: (/** @type {any} */ { stale_checks: stale }) => stale,
        isNumber: true,
      },
      {
        title: 'Started',
        value: (/** @type {any} */ { started_at: at }) => at,
        cell: (/** @type {any} */ { started_at: at }) => html`<${Ago} at=${at} />`,
      },
    ]} />
    <${Table} label="Workers" rows=${workers} keyOf=${(/** @type {any} */ { id }) => id} columns=${[
      { title: 'Worker', value: (/** @type {any} */ { id, host }) => host ?? id },
      { title: 'Region', value: (/** @type {any} */ { region }) => region },
      {
        title: 'State',
        value: workerState,
        cell: (/** @type {any} */ worker) => html`<${State} state=${workerState(worker)} />`,
      },
      { title: 'Version', value: (/** @type {any} */ { version = 'unknown' }) => version },
      {
        title: 'Started',
        value: (/** @type {any} */ { started_at: at }) => at,
        cell: (/** @type {any} */ { started_at: at }) => html`<${Ago} at=${at} />`,
      },
    ]}><${Empty} title="No worker is live: the last verdicts stay in force." command="lifeguard monitor" /></${Table}>
  </section>`;
}

/**
 * The beginning of the digest of a node's settings: nodes with the same settings have the same.
 * @param {any} node
 */
function configurationOf({ configuration }) {
  return configuration?.all.slice(0, 8) ?? 'unknown';
}

/** @param {any} node */
function nodeState({ connected, disbelief }) {
  return connected && disbelief === undefined ? 'live' : 'degraded';
}

/** @param {any} node */
function nodeWord({ connected, disbelief }) {
  if (disbelief !== undefined) return disbelief;
  return connected ? 'live' : 'without the store';
}

/** @param {any} worker */
function workerState({ abstaining }) {
  return abstaining ? 'abstaining' : 'live';
}
