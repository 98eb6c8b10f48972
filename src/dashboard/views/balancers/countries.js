import { useMemo } from 'preact/hooks';
import { html } from '../../html.js';
import { countryName } from '../../map/country.js';
import { LOOKS_MAX, Sample } from '../../map/looks.js';
import { WorldMap } from '../../map/world-map.js';
import { PoolLink } from '../../parts/event.js';
import { Loading } from '../../parts/notice.js';
import { Table } from '../../parts/table.js';
import { useData } from '../../shell/data.js';

/**
 * What each country gets now: a map, and the same as a table.
 * @param {{ name: string }} props
 */
export function Countries({ name }) {
  // A wildcard answers any name below its parent.
  const asked = encodeURIComponent(name.replace(/^\*/, 'any'));
  const loaded = useData(`/lifeguard/v1/explain/countries?name=${asked}`);
  const answers = loaded.data?.answers ?? [];
  // Most refreshes change nothing, and need not draw the map again.
  const content = JSON.stringify(answers);
  const { looks, rows } = useMemo(() => shownOf(JSON.parse(content)), [content]);
  if (loaded.data !== undefined && answers.length === 0)
    return html`<section><h2>By country</h2><p class="quiet">The load balancer does not answer. It is disabled, or a record is at its name.</p></section>`;
  return html`<section>
    <h2>Who gets what now</h2>
    <${Loading} loaded=${loaded} />
    ${answers.length === 0 ? null : html`<ul class="legend">${answers.map((/** @type {any} */ answer, /** @type {number} */ look) => html`<li key=${look}><${Sample} look=${look} /><span><${AnswerPools} answer=${answer} /> <span class="quiet">${countOf(answer)}</span></span></li>`)}</ul>`}
    ${answers.length > LOOKS_MAX ? html`<p class="quiet">Answers from the ${LOOKS_MAX}th on look alike on the map. The table tells them apart.</p>` : null}
    <${WorldMap} looks=${looks} label=${`Map of the world. ${answers.map((/** @type {any} */ answer) => `${poolsText(answer)}: ${countOf(answer)}`).join('. ')}. The table below has the same.`} />
    <p class="attribution">For queries of type A. Map by <a href="https://github.com/VictorCazanave/svg-maps" target="_blank" rel="noreferrer">Victor Cazanave</a>, <a href="https://creativecommons.org/licenses/by/4.0/" target="_blank" rel="noreferrer">CC BY 4.0</a>, made coarser.</p>
    <details><summary>The same as a table, by country</summary>
      <${Table} label="By country" rows=${rows} keyOf=${(/** @type {any} */ { country, region }) => `${country} ${region}`} columns=${COLUMNS} />
    </details>
  </section>`;
}

const COLUMNS = [
  { title: 'Country', value: (/** @type {any} */ { name }) => name },
  { title: 'Code', value: (/** @type {any} */ { country }) => country },
  { title: 'Region', value: (/** @type {any} */ { region }) => region },
  {
    title: 'Gets',
    value: (/** @type {any} */ { answer }) => poolsText(answer),
    cell: (/** @type {any} */ { answer }) => html`<${AnswerPools} answer=${answer} />`,
  },
];

/**
 * Makes the looks of the map and the rows of the table. A country with two answers has the look of the one that more countries have.
 * @param {any[]} answers
 */
function shownOf(answers) {
  /** @type {Map<string, { look: number, text: string }>} */
  const looks = new Map();
  const rows = answers.flatMap((answer, look) =>
    answer.countries.map((/** @type {any} */ { country, region }) => {
      const name = countryName(country);
      const known = looks.get(country);
      const text =
        known === undefined
          ? `${name}: ${poolsText(answer)}`
          : `${known.text}; in ${region}: ${poolsText(answer)}`;
      looks.set(country, { look: known?.look ?? look, text });
      return { country, region, name, answer };
    }),
  );
  rows.sort((a, b) => a.name.localeCompare(b.name));
  return { looks, rows };
}

/**
 * The pools of an answer, with shares where there are several.
 * @param {{ answer: any }} props
 */
function AnswerPools({ answer: { pools, fallback } }) {
  if (pools.length === 0) return html`<span class="bad">no address</span>`;
  return html`<span class="names">${pools.map((/** @type {any} */ { id, name, share }) => html`<span key=${id}><${PoolLink} id=${id} name=${name ?? id} />${pools.length === 1 ? '' : ` ${percent(share)}`}</span>`)}${fallback ? html`<span class="warn">fallback</span>` : ''}</span>`;
}

/** @param {any} answer */
function poolsText({ pools, fallback }) {
  if (pools.length === 0) return 'no address';
  const names = pools.map(
    (/** @type {any} */ { id, name, share }) =>
      `${name ?? id}${pools.length === 1 ? '' : ` ${percent(share)}`}`,
  );
  return `${names.join(', ')}${fallback ? ' (fallback)' : ''}`;
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/** @param {any} answer */
function countOf({ countries }) {
  const count = new Set(countries.map((/** @type {any} */ { country }) => country)).size;
  return count === 1 ? countryName(countries[0].country) : `${count} countries`;
}
