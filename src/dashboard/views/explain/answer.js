import { html } from '../../html.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { Steering } from './steering.js';

/**
 * One answer and its reasons. `against`: what the answer is compared with.
 * @param {{ title: string, explained: any, against?: any }} props
 */
export function Answer({ title, explained, against }) {
  const { rcode, answer, why, hint, loop, window, scope, load_balancer: balanced } = explained;
  const isSame =
    against !== undefined &&
    JSON.stringify([rcode, answer]) === JSON.stringify([against.rcode, against.answer]);
  return html`<section class="answer" aria-label=${title}>
    <h2>${title}${against === undefined ? null : html` <span class=${isSame ? 'quiet' : 'warn'}>${isSame ? 'the same answer' : 'another answer'}</span>`}</h2>
    <p class="result mono">${rcode ?? 'no answer'}${answer.length === 0 ? html`<span class="quiet">no records</span>` : answer.map((/** @type {string} */ each) => html`<b key=${each}>${each}</b>`)}</p>
    <${Sections} sections=${explained.sections} type=${explained.type} />
    <ul>
      ${why.map((/** @type {string} */ sentence) => html`<li key=${sentence}>${sentence}</li>`)}
      ${hint === null ? null : html`<li>${hint}</li>`}
      ${loop === null ? null : html`<li class="bad">The aliases form a loop: ${loop.join(', ')}.</li>`}
      ${window === null ? null : html`<li>Each answer has ${window.records} of the ${window.of} addresses.</li>`}
      ${scope === null ? null : html`<li>${scope === 0 ? 'The answer is the same for all clients.' : `The answer is the same for clients with the first ${scope} bits of the subnet.`}</li>`}
    </ul>
    ${balanced === null ? null : html`<${Steering} balanced=${balanced} />`}
    ${explained.pools.map((/** @type {any} */ pool) => html`<${PoolReasons} key=${`${pool.zone} ${pool.pool_id}`} pool=${pool} isOpen=${balanced === null || pool.addresses.length > 0} />`)}
  </section>`;
}

/** The records of an answer that is not addresses alone. @param {{ sections: any, type: string }} props */
function Sections({ sections, type }) {
  if (sections === null || type === 'A' || type === 'AAAA') return null;
  const lines = ['answer', 'authority', 'additional'].flatMap((section) =>
    sections[section].map(
      (/** @type {any} */ { name, ttl, type: kind, content }) => `${name} ${ttl} IN ${kind} ${content}`,
    ),
  );
  return lines.length === 0 ? null : html`<pre class="command" tabindex="0">${lines.join('\n')}</pre>`;
}

/** @param {{ pool: any, isOpen: boolean }} props */
function PoolReasons({ pool, isOpen }) {
  const { pool_name: name, healthy, all_down: allDown, enabled } = pool;
  return html`<details open=${isOpen}><summary>Endpoints of pool <b>${name}</b> <${State} state=${stateOf(enabled, healthy)} /></summary>
    ${allDown === null ? null : html`<p class="warn">No endpoint is healthy, so ${allDown === 'all' ? 'all of them answer' : 'those that were healthy last answer'}.</p>`}
    <${Table} label=${`Endpoints of ${name}`} rows=${pool.endpoints} keyOf=${(/** @type {any} */ endpoint) => endpoint.name} columns=${ENDPOINTS} isFiltered=${false} />
  </details>`;
}

/**
 * @param {boolean} enabled
 * @param {boolean | null} healthy
 */
function stateOf(enabled, healthy) {
  if (!enabled) return 'disabled';
  if (healthy === null) return 'unknown';
  return healthy ? 'healthy' : 'unhealthy';
}

const ENDPOINTS = [
  {
    title: 'Endpoint',
    value: (/** @type {any} */ { name }) => name,
    cell: (/** @type {any} */ { name, address }) =>
      html`<b>${name}</b><div class="quiet mono">${address}</div>`,
  },
  {
    title: 'In the answer',
    value: (/** @type {any} */ endpoint) => (endpoint.in ? 'yes' : 'no'),
    cell: (/** @type {any} */ endpoint) =>
      html`<${State} state=${endpoint.in ? 'in' : 'out'} word=${endpoint.in ? 'yes' : 'no'} />`,
  },
  {
    title: 'Why',
    value: (/** @type {any} */ { why }) => why,
    cell: (/** @type {any} */ { why, override, no_results: none }) =>
      html`${why.replaceAll('_', ' ')}${override === null ? null : html`<div class="quiet">${override.action}${override.reason ? `: ${override.reason}` : ''}</div>`}${none === null ? null : html`<div class="quiet">${none}</div>`}`,
  },
];
