import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { Empty, Loading } from '../../parts/notice.js';
import { Pages } from '../../parts/pages.js';
import { Table } from '../../parts/table.js';
import { lengthOf } from '../../parts/time.js';
import { useData } from '../../shell/data.js';
import { filterBy } from '../../shell/router.js';
import { mayChangeRecords } from '../../shell/session.js';
import { DeleteRecord, RecordForm } from './record-form.js';
import { AUTOMATIC_TTL, RECORD_TYPES } from './record-types.js';

/** Records on one page. */
const PER_PAGE = 100;

/**
 * The records of a zone, found, ordered and paged by the server, since there may be very many.
 * @param {{ zone: any, query: URLSearchParams }} props
 */
export function RecordList({ zone, query }) {
  const [open, setOpen] = useState(/** @type {{ action: string, record?: any } | undefined} */ (undefined));
  const path = `/client/v4/zones/${zone.id}/dns_records`;
  const wanted = new URLSearchParams({ per_page: String(PER_PAGE), page: query.get('page') ?? '1' });
  for (const name of ['type', 'search', 'order', 'direction'])
    if (query.get(name)) wanted.set(name, String(query.get(name)));
  const loaded = useData(`${path}?${wanted}`, { keep: true });
  const { data, info } = loaded;
  const mayChange = mayChangeRecords();
  const close = () => setOpen(undefined);
  const isNarrowed = query.has('search') || query.has('type');
  return html`<section>
    <h2>Records</h2>
    <${Filters} query=${query}>
      ${mayChange ? html`<button type="button" onClick=${() => setOpen({ action: 'add' })}>Add a record</button>` : null}
    </${Filters}>
    <${Loading} loaded=${loaded} />
    ${
      data === undefined
        ? null
        : html`<${Table} label="Records" rows=${data} isFiltered=${false} keyOf=${(/** @type {any} */ { id }) => id} columns=${mayChange ? [...COLUMNS, actions(setOpen)] : COLUMNS}>
            ${
              isNarrowed
                ? html`<${Empty} title="No record is like this."><a href=${`/zones/${zone.id}`}>Show all records</a></${Empty}>`
                : html`<${Empty} title="There are no records yet." command=${`lifeguard records add ${zone.name} www A 192.0.2.1`} />`
            }
          </${Table}>
          <${Pages} info=${info} of="records" />`
    }
    ${
      open === undefined
        ? null
        : open.action === 'delete'
          ? html`<${DeleteRecord} path=${path} record=${open.record} onClose=${close} />`
          : html`<${RecordForm} path=${path} record=${open.record} zone=${zone} onClose=${close} />`
    }
  </section>`;
}

const COLUMNS = [
  { title: 'Name', value: (/** @type {any} */ { name }) => name },
  { title: 'Type', value: (/** @type {any} */ { type }) => type },
  {
    title: 'Content',
    value: (/** @type {any} */ { content }) => content,
    cell: (/** @type {any} */ { content, priority, comment, meta }) => html`<div class="content">
      <span class="mono">${priority === undefined ? '' : `${priority} `}${content}</span>
      ${comment ? html`<div class="quiet">${comment}</div>` : null}
      ${meta.unanswered === undefined ? null : html`<div class="warn">${meta.unanswered}</div>`}
    </div>`,
  },
  {
    title: 'TTL',
    value: (/** @type {any} */ { ttl }) => ttl,
    cell: (/** @type {any} */ { ttl }) => (ttl === AUTOMATIC_TTL ? 'automatic' : lengthOf(ttl)),
    isNumber: true,
  },
  {
    title: 'Comes from',
    value: (/** @type {any} */ { meta }) => meta.source,
    cell: (/** @type {any} */ { meta }) =>
      html`${SOURCES[meta.source]}${meta.place === undefined ? '' : html` <span class="mono">${meta.place}</span>`}`,
  },
];

const SOURCES = /** @type {Record<string, string>} */ ({
  api: 'the API',
  configuration: 'the configuration file',
  zone: 'the settings of the zone',
});

/** @param {(open: { action: string, record: any }) => void} setOpen */
function actions(setOpen) {
  return {
    title: 'Actions',
    value: () => '',
    cell: (/** @type {any} */ record) => {
      if (record.meta.source !== 'api') return html`<span class="quiet">not editable here</span>`;
      const of = `${record.name} ${record.type}`;
      return html`<div class="buttons">
        <button type="button" aria-label=${`Edit ${of}`} onClick=${() => setOpen({ action: 'edit', record })}>Edit</button>
        <button type="button" aria-label=${`Delete ${of}`} onClick=${() => setOpen({ action: 'delete', record })}>Delete</button>
      </div>`;
    },
  };
}

/**
 * The types that are offered, with the one that is selected.
 * @param {string | null} type
 */
function typesWith(type) {
  return type === null || RECORD_TYPES.includes(type) ? RECORD_TYPES : [type, ...RECORD_TYPES];
}

/** @param {{ query: URLSearchParams, children?: any }} props */
function Filters({ query, children }) {
  return html`<div class="filters" role="search">
    <label>Search<input type="search" value=${query.get('search') ?? ''} onInput=${filterBy('search')} /></label>
    <label>Type<select value=${query.get('type') ?? ''} onChange=${filterBy('type')}>
      <option value="">all</option>${typesWith(query.get('type')).map((type) => html`<option key=${type} value=${type}>${type}</option>`)}
    </select></label>
    <label>Order<select value=${query.get('order') ?? ''} onChange=${filterBy('order')}>
      <option value="">by name</option><option value="type">by type</option><option value="content">by content</option><option value="ttl">by TTL</option>
    </select></label>
    <label>Direction<select value=${query.get('direction') ?? ''} onChange=${filterBy('direction')}>
      <option value="">ascending</option><option value="desc">descending</option>
    </select></label>
    ${children}
  </div>`;
}
