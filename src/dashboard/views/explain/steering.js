import { html } from '../../html.js';
import { LoadBalancerLink, PoolLink } from '../../parts/event.js';
import { Share } from '../../parts/share.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { policyText } from '../balancers/policy.js';

const LOCATED = /** @type {Record<string, string>} */ ({
  client_subnet: 'by the client subnet of the query',
  peer: 'by the address that asks',
  node: 'as this node is, because nothing else locates it',
  supposition: 'as you suppose',
});

/**
 * How a load balancer came to its pools, in the order of what happens.
 * @param {{ balanced: any }} props
 */
export function Steering({ balanced }) {
  const { id, name, client, pool_set: set, rules, nodata, fallback } = balanced;
  return html`<h3>Load balancer <${LoadBalancerLink} id=${id} name=${name} /></h3>
    <ul>
      <li>The client is located ${LOCATED[client.located_by]}: ${placeText(client)}.</li>
      ${set === null ? null : html`<li>It matches the pool set ${titled(set)}.</li>`}
      ${rules.map((/** @type {any} */ rule) => html`<li key=${rule.index}>It matches the rule ${titled(rule)}.</li>`)}
      <li>${nodata ? 'The pool set answers that there is no address.' : listText(balanced)}</li>
      ${fallback ? html`<li class="warn">None of them is usable, so the fallback pool answers, whatever its health.</li>` : null}
    </ul>
    ${nodata ? null : html`<${Table} label="Pools that may answer" rows=${balanced.pools} keyOf=${(/** @type {any} */ pool) => pool.pool_id} columns=${columnsOf(balanced)} isFiltered=${false} />`}`;
}

/** @param {any} client */
function placeText({ country, region, latitude, longitude }) {
  const parts = [
    country && `country ${country}`,
    region && `region ${region}`,
    latitude !== null && longitude !== null && `near ${latitude}, ${longitude}`,
  ].filter(Boolean);
  return parts.length === 0 ? 'the place is unknown' : parts.join(', ');
}

/** @param {{ name: string | null, index: number }} matched */
function titled({ name, index }) {
  return name ? `“${name}”` : String(index + 1);
}

/** Says which list of pools counts, and what becomes of it. @param {any} balanced */
function listText({ list, list_code: code, policy }) {
  const which =
    list === 'default'
      ? 'The default list counts.'
      : `The list of ${list === 'pop' ? 'site' : list} ${code} counts.`;
  // That a place may decide which list counts is said already.
  return `${which} ${policyText(policy === 'geo' ? 'off' : policy)}`;
}

/** The columns that say something of this load balancer. @param {any} balanced */
function columnsOf({ pools }) {
  const measured = [
    { title: 'Weight', field: 'weight', unit: '' },
    { title: 'Distance', field: 'distance_km', unit: ' km' },
    { title: 'Response time', field: 'rtt_ms', unit: ' ms' },
  ].filter(({ field }) => pools.some((/** @type {any} */ pool) => pool[field] !== null));
  return [
    {
      title: 'Pool',
      value: (/** @type {any} */ pool) => pool.pool_name ?? pool.pool_id,
      cell: (/** @type {any} */ pool) =>
        html`<${PoolLink} id=${pool.pool_id} name=${pool.pool_name ?? pool.pool_id} />${pool.is_fallback ? html` <span class="quiet">fallback pool</span>` : null}`,
    },
    {
      title: 'Usable',
      value: (/** @type {any} */ { why }) => why,
      cell: (/** @type {any} */ { usable, why }) =>
        html`<${State} state=${usable ? 'in' : 'out'} word=${why.replaceAll('_', ' ')} />`,
    },
    ...measured.map(({ title, field, unit }) => ({
      title,
      value: (/** @type {any} */ pool) => pool[field] ?? '',
      cell: (/** @type {any} */ pool) => (pool[field] === null ? '–' : `${pool[field]}${unit}`),
      isNumber: true,
    })),
    {
      title: 'Answers',
      value: (/** @type {any} */ { share }) => share,
      cell: (/** @type {any} */ { share }) => html`<${Share} share=${share} />`,
    },
  ];
}
