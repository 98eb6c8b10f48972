import { html } from '../../html.js';
import { PoolLink } from '../../parts/event.js';
import { Empty, Loading } from '../../parts/notice.js';
import { Pages } from '../../parts/pages.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { useData } from '../../shell/data.js';
import { filterBy } from '../../shell/router.js';

/** Pools on one page. */
const PER_PAGE = 100;
const STATES = ['unhealthy', 'unknown', 'maintenance', 'healthy', 'unmonitored', 'disabled'];

/**
 * All pools: what needs a person comes first. The server selects and orders them, since there may be very many.
 * @param {{ query: URLSearchParams }} props
 */
export function Pools({ query }) {
  const wanted = new URLSearchParams({ per_page: String(PER_PAGE), page: query.get('page') ?? '1' });
  for (const name of ['state', 'search', 'order'])
    if (query.get(name)) wanted.set(name, String(query.get(name)));
  const loaded = useData(`/lifeguard/v1/pools/states?${wanted}`, { keep: true });
  const { data, info } = loaded;
  const isNarrowed = query.has('search') || query.has('state');
  return html`<h1>Pools</h1>
    <${Filters} query=${query} />
    <${Loading} loaded=${loaded} />
    ${
      data === undefined
        ? null
        : html`<${Table} label="Pools" rows=${data} isFiltered=${false} keyOf=${(/** @type {any} */ { id }) => id} columns=${COLUMNS}>
            ${
              isNarrowed
                ? html`<${Empty} title="No pool is like this."><a href="/pools">Show all pools</a></${Empty}>`
                : html`<${Empty} title="There are no pools yet." command="lifeguard pools create web -e web-1=192.0.2.1 -e web-2=192.0.2.2 --monitor http" />`
            }
          </${Table}>
          <${Pages} info=${info} of="pools" />`
    }`;
}

const COLUMNS = [
  {
    title: 'Pool',
    value: (/** @type {any} */ { name }) => name,
    cell: (/** @type {any} */ pool) => html`<${PoolLink} id=${pool.id} name=${pool.name} />`,
  },
  {
    title: 'State',
    value: (/** @type {any} */ { state }) => STATES.indexOf(state),
    cell: (/** @type {any} */ { state }) => html`<${State} state=${state} />`,
  },
  {
    title: 'In answers',
    value: (/** @type {any} */ { answered }) => answered,
    cell: (/** @type {any} */ { answered, endpoints }) => `${answered} of ${endpoints}`,
    isNumber: true,
  },
  { title: 'Needs', value: (/** @type {any} */ { minimum }) => minimum, isNumber: true },
  {
    title: 'Overrides',
    value: (/** @type {any} */ { overridden }) => overridden,
    cell: (/** @type {any} */ { overridden }) => (overridden === 0 ? '–' : overridden),
    isNumber: true,
  },
];

/** @param {{ query: URLSearchParams }} props */
function Filters({ query }) {
  return html`<div class="filters" role="search">
    <label>Name<input type="search" value=${query.get('search') ?? ''} onInput=${filterBy('search')} /></label>
    <label>State<select value=${query.get('state') ?? ''} onChange=${filterBy('state')}>
      <option value="">all</option>${STATES.map((state) => html`<option key=${state} value=${state}>${state}</option>`)}
    </select></label>
    <label>Order<select value=${query.get('order') ?? 'state'} onChange=${filterBy('order')}>
      <option value="state">what is wrong first</option><option value="name">by name</option>
    </select></label>
  </div>`;
}
