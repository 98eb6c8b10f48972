import { html } from '../../html.js';
import { EventList, isAbout, LoadBalancerLink } from '../../parts/event.js';
import { Empty, Loading } from '../../parts/notice.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { useData } from '../../shell/data.js';
import { mayChangePool } from '../../shell/session.js';
import { OverrideButtons, OverrideList } from './overrides.js';
import { ResultCell, resultsOf } from './results.js';
import { Strip } from './strip.js';

/** Events of the pool that are read, those of single regions among them, and that are shown. */
const EVENTS_READ = 50;
const EVENTS_SHOWN = 15;
/** Response times that are shown, one a minute. */
const MINUTES_SHOWN = 60;
const MINUTE_MS = 60_000;
const SUBJECT = { what: 'pool', href: '/pools', all: 'All pools' };

/**
 * One pool: its endpoints by region, its answer, its last day, and what a person may do about it.
 * @param {{ params: Record<string, string> }} props
 */
export function Pool({ params }) {
  const id = params.id ?? '';
  const picks = (/** @type {any} */ event) => isAbout(event, id);
  const state = useData(`/lifeguard/v1/pools/${id}/state`);
  const history = useData(`/lifeguard/v1/pools/${id}/history`, { picks });
  // Another address each minute, so that it is read each minute.
  const since = new Date((Math.floor(Date.now() / MINUTE_MS) - MINUTES_SHOWN + 1) * MINUTE_MS).toISOString();
  const times = useData(`/lifeguard/v1/pools/${id}/response_times?since=${since}`, {
    live: false,
    keep: true,
  });
  const overrides = useData(`/lifeguard/v1/overrides?pool=${id}`, { picks });
  const events = useData(`/lifeguard/v1/events?pool=${id}&limit=${EVENTS_READ}`, { picks });
  const pool = state.data;
  const name = pool && (pool.names[0] ?? pool.used_by[0]?.name);
  const ask = (/** @type {string} */ type) =>
    name === undefined ? undefined : `/lifeguard/v1/explain?name=${name}&type=${type}`;
  const [a, aaaa] = [useData(ask('A')), useData(ask('AAAA'))];
  if (pool === undefined) return html`<h1>Pool</h1><${Loading} loaded=${state} subject=${SUBJECT} />`;
  const mayChange = mayChangePool(pool.name);
  return html`
    <h1 class="headline">${pool.name} <${State} state=${pool.state} /></h1>
    <p class="quiet">${pool.answered} of ${pool.endpoints} endpoints are in answers; ${pool.minimum} must be.
      ${pool.used_by.length === 0 ? null : html` Used by <span class="names">${pool.used_by.map((/** @type {any} */ each) => html`<${LoadBalancerLink} key=${each.id} ...${each} />`)}</span>`}</p>
    <${Loading} loaded=${state} subject=${SUBJECT} />
    <${Endpoints} pool=${pool} explained=${a.data} history=${history.data} times=${times.data} mayChange=${mayChange} overrides=${overrides.data ?? []} />
    <${OverrideList} overrides=${overrides.data ?? []} mayChange=${mayChange} pool=${pool} />
    <${Answers} names=${pool.names} answers=${[a.data, aaaa.data]} isAtName=${pool.names.length > 0} />
    <section>
      <h2>Latest <a class="more" href=${`/events?pool=${encodeURIComponent(pool.name)}`}>All events of the pool</a></h2>
      ${events.data === undefined ? html`<${Loading} loaded=${events} />` : html`<${EventList} label="Latest events of the pool" events=${events.data.events.filter((/** @type {any} */ { kind }) => kind !== 'health').slice(0, EVENTS_SHOWN)} />`}
    </section>`;
}

/** @param {{ pool: any, explained: any, history: any, times: any, mayChange: boolean, overrides: any[] }} props */
function Endpoints({ pool, explained, history, times, mayChange, overrides }) {
  const shown = explained?.pools.find((/** @type {any} */ each) => each.pool_id === pool.id);
  /** @type {Map<string, any>} */
  const byName = new Map(shown?.endpoints.map((/** @type {any} */ each) => [each.name, each]));
  const regions = [
    ...new Set([...byName.values()].flatMap((each) => resultsOf(each).map(({ region }) => region))),
  ].sort();
  const spans = new Map(history?.endpoints.map((/** @type {any} */ each) => [each.name, each]));
  const columns = [
    {
      title: 'Endpoint',
      value: (/** @type {any} */ { name }) => name,
      cell: (/** @type {any} */ { name, address }) =>
        html`<b>${name}</b><div class="quiet mono">${address}</div>`,
    },
    {
      title: 'Checks',
      value: (/** @type {any} */ { state }) => state,
      cell: (/** @type {any} */ { state, override }) =>
        html`<${State} state=${state} />${override === null ? null : html`<div><${State} state=${override} word=${`override: ${override}`} /></div>`}`,
    },
    {
      title: 'In answers',
      value: (/** @type {any} */ { answered }) => (answered ? 'yes' : 'no'),
    },
    ...regions.map((region) => ({
      title: region,
      value: (/** @type {any} */ { name }) =>
        String(resultsOf(byName.get(name)).find((each) => each.region === region)?.healthy ?? ''),
      cell: (/** @type {any} */ { name }) =>
        html`<${ResultCell} result=${resultsOf(byName.get(name)).find((each) => each.region === region)} times=${timesOf(times, name, region)} />`,
    })),
    {
      title: 'Last 24 hours',
      value: () => '',
      cell: (/** @type {any} */ { name }) =>
        html`<${Strip} name=${name} range=${history} history=${spans.get(name)} />`,
    },
    ...(mayChange
      ? [
          {
            title: 'Actions',
            value: () => '',
            cell: (/** @type {any} */ member) =>
              html`<${OverrideButtons} pool=${pool} member=${member} overrides=${overrides} />`,
          },
        ]
      : []),
  ];
  return html`<section>
    <h2>Endpoints</h2>
    <${Table} label="Endpoints by region" rows=${pool.members} keyOf=${(/** @type {any} */ { name }) => name} columns=${columns}>
      <${Empty} title="This pool has no endpoints." command=${`lifeguard pools update ${pool.name} -e web-1=192.0.2.1`} />
    </${Table}>
  </section>`;
}

/**
 * Returns the response times of an endpoint in a region; none where nothing is known.
 * @param {any} times
 * @param {string} name
 * @param {string} region
 * @returns {readonly (number | null)[]}
 */
function timesOf(times, name, region) {
  const endpoint = times?.endpoints.find((/** @type {any} */ each) => each.name === name);
  return endpoint?.regions.find((/** @type {any} */ each) => each.region === region)?.times_ms ?? [];
}

/** @param {{ names: string[], answers: any[], isAtName: boolean }} props */
function Answers({ names, answers, isAtName }) {
  return html`<section>
    <h2>What DNS answers now</h2>
    ${
      isAtName
        ? html`<p class="quiet">At ${names.map((name, at) => html`${at > 0 ? ' and ' : ''}<a href=${`/explain?name=${name}`}>${name}</a>`)}.</p>
          <div class="cards">${answers.map((answer, at) => html`<${Answer} key=${at} type=${at === 0 ? 'A' : 'AAAA'} answer=${answer} />`)}</div>`
        : html`<${Empty} title="This pool has no name of its own.">Only load balancers answer with it. To give all pools a name in a zone, set its <code>pools</code>.</${Empty}>`
    }
  </section>`;
}

/** @param {{ type: string, answer: any }} props */
function Answer({ type, answer }) {
  if (answer === undefined)
    return html`<div class="card"><h3>${type}</h3><p class="quiet">Loading…</p></div>`;
  return html`<div class="card">
    <h3>${type} <span class="quiet">${answer.answer.length === 0 && answer.rcode === 'NOERROR' ? 'NODATA: no address of this type' : answer.rcode}</span></h3>
    ${answer.answer.map((/** @type {string} */ each) => html`<div class="mono" key=${each}>${each}</div>`)}
    ${answer.window === null ? null : html`<p class="quiet">Each answer has ${answer.window.records} of ${answer.window.of}.</p>`}
  </div>`;
}
