import { html } from '../../html.js';
import { LoadBalancerLink, PoolLink } from '../../parts/event.js';
import { Empty, Loading } from '../../parts/notice.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { useData } from '../../shell/data.js';

/** Load balancers that are read at a time. */
const READ_MAX = 1_000;
const SEVERITY = ['critical', 'degraded', 'healthy', 'disabled'];

/** All load balancers, with the pools that answer now. */
export function LoadBalancers() {
  const loaded = useData(`/lifeguard/v1/load_balancers/health?per_page=${READ_MAX}`);
  const { data, info } = loaded;
  const rows = data?.toSorted(
    (/** @type {any} */ a, /** @type {any} */ b) => SEVERITY.indexOf(a.state) - SEVERITY.indexOf(b.state),
  );
  return html`<h1>Load balancers</h1>
    <${Loading} loaded=${loaded} />
    ${
      rows === undefined
        ? null
        : html`<${Table} label="Load balancers" rows=${rows} keyOf=${(/** @type {any} */ { id }) => id} columns=${COLUMNS}>
            <${Empty} title="There are no load balancers yet: names that steer among pools." command="lifeguard lb create www.example.com --pools web --fallback web" />
          </${Table}>
          ${info.total_count > READ_MAX ? html`<p class="quiet">These are the first ${READ_MAX} of ${info.total_count}.</p>` : null}`
    }`;
}

const COLUMNS = [
  {
    title: 'Name',
    value: (/** @type {any} */ { name }) => name,
    cell: (/** @type {any} */ { id, name }) => html`<${LoadBalancerLink} id=${id} name=${name} />`,
  },
  {
    title: 'State',
    value: (/** @type {any} */ { state }) => SEVERITY.indexOf(state),
    cell: (/** @type {any} */ { state }) => html`<${State} state=${state} />`,
  },
  { title: 'Policy', value: (/** @type {any} */ { policy }) => policy },
  {
    title: 'Answers now',
    value: (/** @type {any} */ { pools }) =>
      pools
        .filter((/** @type {any} */ { answers }) => answers)
        .map((/** @type {any} */ { name }) => name)
        .join(' '),
    cell: (/** @type {any} */ { pools, fallback }) =>
      html`<span class="names">${answeringOf(pools)}${fallback ? html`<span class="warn">fallback</span>` : ''}</span>`,
  },
  { title: 'Pools', value: (/** @type {any} */ each) => each.pools_total, isNumber: true },
];

/** @param {any[]} pools */
function answeringOf(pools) {
  const answering = pools.filter(({ answers }) => answers);
  if (answering.length === 0) return 'none';
  return answering.map(
    ({ id, name, share }) =>
      html`<span key=${id}><${PoolLink} id=${id} name=${name ?? id} />${share === null || answering.length === 1 ? '' : ` ${Math.round(share * 100)} %`}</span>`,
  );
}
