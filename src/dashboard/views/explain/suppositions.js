import { html } from '../../html.js';
import { QueryInput } from '../../parts/query-input.js';
import { setQuery } from '../../shell/router.js';

/** Regions that the list beside the place offers; it takes countries and coordinates as well. */
const REGIONS = [
  'WNAM',
  'ENAM',
  'WEU',
  'EEU',
  'NSAM',
  'SSAM',
  'OC',
  'ME',
  'NAF',
  'SAF',
  'SAS',
  'SEAS',
  'NEAS',
];

/**
 * What may be supposed of an answer: where the client is, and that pools or endpoints are down.
 * @param {{ query: URLSearchParams, answers: any[] }} props `answers`: those that are shown, the present one first
 */
export function Suppositions({ query, answers }) {
  const balanced = answers[0].load_balancer;
  // At another place other pools may answer.
  const pools = new Map(
    answers
      .flatMap((answer) => answer.load_balancer?.pools ?? answer.pools)
      .map((/** @type {any} */ { pool_id: id, pool_name: name }) => [id, name ?? id]),
  );
  const endpoints = new Set(
    answers.flatMap((answer) =>
      answer.pools.flatMap((/** @type {any} */ pool) =>
        pool.endpoints.map((/** @type {any} */ { name }) => `${pool.pool_name}/${name}`),
      ),
    ),
  );
  if (pools.size === 0 && balanced === null) return null;
  return html`<section class="card suppose" aria-label="What if">
    <h2>What if</h2>
    ${
      balanced === null
        ? null
        : html`<label>the client were in <${QueryInput} list="places" value=${query.get('place') ?? ''} placeholder="DE, WEU, US-CA or 50.1,8.7" spellcheck=${false}
            onChange=${(/** @type {any} */ event) => setQuery('place', event.currentTarget.value.trim())} /></label>
          <datalist id="places">${REGIONS.map((region) => html`<option key=${region} value=${region} />`)}</datalist>`
    }
    <${Switches} legend="these pools were down" name="pool_down" query=${query} items=${[...pools].map(([value, name]) => ({ value, name }))} />
    ${endpoints.size === 0 ? null : html`<details open=${query.has('down')}><summary>these endpoints were down</summary><${Switches} legend="Endpoints that are supposed to be down" isHidden name="down" query=${query} items=${[...endpoints].map((name) => ({ value: name, name }))} /></details>`}
    ${SUPPOSED.some((name) => query.has(name)) ? html`<button type="button" onClick=${() => SUPPOSED.map((name) => setQuery(name, ''))}>Suppose nothing</button>` : null}
  </section>`;
}

const SUPPOSED = ['place', 'pool_down', 'down'];

/** @param {{ legend: string, name: string, query: URLSearchParams, items: { value: string, name: string }[], isHidden?: boolean }} props */
function Switches({ legend, name, query, items, isHidden = false }) {
  const chosen = query.getAll(name);
  /** @param {any} event */
  const toggle = ({ currentTarget: { value, checked } }) =>
    setQuery(name, checked ? [...chosen, value] : chosen.filter((each) => each !== value));
  return html`<fieldset><legend class=${isHidden ? 'visually-hidden' : ''}>${legend}</legend>${items.map(
    ({ value, name: text }) =>
      html`<label key=${value}><input type="checkbox" value=${value} checked=${chosen.includes(value)} onChange=${toggle} />${text}</label>`,
  )}</fieldset>`;
}
