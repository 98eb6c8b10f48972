import { html } from '../../html.js';
import { EventList } from '../../parts/event.js';
import { Empty, Loading } from '../../parts/notice.js';
import { Share } from '../../parts/share.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { useData } from '../../shell/data.js';
import { Countries } from './countries.js';
import { policyText } from './policy.js';
import { PoolNamed } from './pool-named.js';
import { Rules } from './rules.js';

/** Transitions that are shown. */
const EVENTS_SHOWN = 10;
const SUBJECT = { what: 'load balancer', href: '/load-balancers', all: 'All load balancers' };

/**
 * One load balancer: its pools with their shares, what each country gets, its last failovers and its rules.
 * @param {{ params: Record<string, string> }} props
 */
export function LoadBalancer({ params }) {
  const id = encodeURIComponent(params.id ?? '');
  const accounts = useData('/client/v4/accounts', { live: false });
  const account = accounts.data?.[0]?.id;
  const path = account === undefined ? undefined : `/client/v4/accounts/${account}/load_balancers/${id}`;
  const health = useData(path && `${path}/health`);
  const document = useData(path);
  const events = useData(`/lifeguard/v1/events?kind=load_balancer&load_balancer=${id}&limit=${EVENTS_SHOWN}`);
  const balancer = health.data;
  if (balancer === undefined)
    return html`<h1>Load balancer</h1><${Loading} loaded=${accounts.error ? accounts : health} subject=${SUBJECT} />`;
  /** @type {ReadonlyMap<string, string>} */
  const names = new Map(balancer.pools.map((/** @type {any} */ pool) => [pool.id, pool.name ?? pool.id]));
  const whole = document.data;
  return html`
    <h1 class="headline">${balancer.name} <${State} state=${whole?.enabled === false ? 'disabled' : balancer.state} /></h1>
    <p>${policyText(balancer.policy)} <span class="quiet">Policy ${balancer.policy}, zone ${balancer.zone_name}, TTL ${whole?.ttl || 30} s.</span>
      ${' '}<a href=${`/explain?name=${encodeURIComponent(balancer.name.replace(/^\*/, 'any'))}`}>Explain an answer</a></p>
    ${whole?.description ? html`<p class="quiet">${whole.description}</p>` : null}
    ${balancer.fallback ? html`<p class="failure">No pool of its list is usable, so the fallback pool answers${balancer.all_down ? `, with ${ALL_DOWN[balancer.all_down] ?? balancer.all_down}` : ''}.</p>` : null}
    <${Loading} loaded=${health} subject=${SUBJECT} />
    <section>
      <h2>Pools, in order</h2>
      <${Table} label="Pools" rows=${balancer.pools.map((/** @type {any} */ pool, /** @type {number} */ at) => ({ ...pool, place: at + 1 }))} keyOf=${(/** @type {any} */ pool) => pool.id} columns=${COLUMNS}>
        <${Empty} title="It has no pools." /></${Table}>
      ${balancer.pools_total > balancer.pools.length ? html`<p class="quiet">These are the first ${balancer.pools.length} of ${balancer.pools_total}.</p>` : null}
      <p class="quiet">Shares are those where no list by place, pool set or rule decides otherwise.</p>
    </section>
    <${Countries} name=${balancer.name} />
    ${whole === undefined ? html`<${Loading} loaded=${document} />` : html`<${Rules} balancer=${whole} names=${names} />`}
    <section>
      <h2>Latest failovers</h2>
      ${events.data === undefined ? html`<${Loading} loaded=${events} />` : events.data.events.length === 0 ? html`<p class="quiet">Its state has not changed as far as events are kept.</p>` : html`<${EventList} label="Latest failovers" events=${events.data.events} />`}
    </section>`;
}

/** What the fallback pool answers without a healthy member. */
const ALL_DOWN = /** @type {Record<string, string>} */ ({
  all: 'all its endpoints, as none is healthy',
  last_healthy: 'the endpoints that were healthy last',
  nodata: 'no address',
});

const COLUMNS = [
  { title: 'Order', value: (/** @type {any} */ { place }) => place },
  {
    title: 'Pool',
    value: (/** @type {any} */ { id, name }) => name ?? id,
    cell: (/** @type {any} */ { id, name, fallback }) =>
      html`<${PoolNamed} id=${id} name=${name} />${fallback ? html` <span class="quiet">fallback pool</span>` : null}`,
  },
  {
    title: 'State',
    value: (/** @type {any} */ { status }) => status,
    cell: (/** @type {any} */ { status }) =>
      html`<${State} state=${status} word=${status.replaceAll('_', ' ')} />`,
  },
  {
    title: 'Endpoints in answers',
    value: (/** @type {any} */ pool) => pool.answered_endpoints,
    cell: (/** @type {any} */ pool) => `${pool.answered_endpoints} (at least ${pool.minimum_origins})`,
  },
  {
    title: 'Answers now',
    value: (/** @type {any} */ { answers, share }) => share ?? (answers ? 1 : 0),
    cell: (/** @type {any} */ { answers, share }) =>
      share === null
        ? html`<${State} state=${answers ? 'in' : ''} word=${answers ? 'some clients' : 'no'} />`
        : html`<${Share} share=${share} />`,
  },
];
