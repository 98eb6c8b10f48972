import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { Confirm } from '../../parts/dialog.js';
import { Field, textIn } from '../../parts/field.js';
import { Empty, Loading } from '../../parts/notice.js';
import { Pages } from '../../parts/pages.js';
import { Table } from '../../parts/table.js';
import { useData } from '../../shell/data.js';
import { request } from '../../shell/request.js';
import { filterBy, navigate } from '../../shell/router.js';
import { isAdmin } from '../../shell/session.js';

/** Zones on one page. */
const PER_PAGE = 100;

/**
 * All zones, by name: those of the configuration file and those of the API.
 * @param {{ query: URLSearchParams }} props
 */
export function Zones({ query }) {
  const [isMaking, setIsMaking] = useState(false);
  const search = query.get('search') ?? '';
  const wanted = new URLSearchParams({ per_page: String(PER_PAGE), page: query.get('page') ?? '1' });
  if (search !== '') wanted.set('name.contains', search);
  const loaded = useData(`/client/v4/zones?${wanted}`, { keep: true });
  const { data, info } = loaded;
  return html`<h1>Zones</h1>
    <div class="filters" role="search">
      <label>Name<input type="search" value=${search} onInput=${filterBy('search')} /></label>
      ${isAdmin() ? html`<button type="button" onClick=${() => setIsMaking(true)}>Create a zone</button>` : null}
    </div>
    <${Loading} loaded=${loaded} />
    ${
      data === undefined
        ? null
        : html`<${Table} label="Zones" rows=${data} isFiltered=${false} keyOf=${(/** @type {any} */ { id }) => id} columns=${COLUMNS}>
            ${
              search === ''
                ? html`<${Empty} title="There are no zones yet.">Write one into the configuration file, under <code>zones</code>.</${Empty}>`
                : html`<${Empty} title="No zone has this in its name."><a href="/zones">Show all zones</a></${Empty}>`
            }
          </${Table}>
          <${Pages} info=${info} of="zones" />`
    }
    ${isMaking ? html`<${NewZone} onClose=${() => setIsMaking(false)} />` : null}`;
}

const COLUMNS = [
  {
    title: 'Zone',
    value: (/** @type {any} */ { name }) => name,
    cell: (/** @type {any} */ { id, name }) => html`<a href=${`/zones/${id}`}>${name}</a>`,
  },
  {
    title: 'Comes from',
    value: (/** @type {any} */ { meta }) => meta.source,
    cell: (/** @type {any} */ zone) => html`<${ZoneSource} zone=${zone} />`,
  },
  {
    title: 'Name servers',
    value: (/** @type {any} */ { name_servers: servers }) => servers.join(', '),
  },
];

/**
 * Where a zone comes from.
 * @param {{ zone: any }} props
 */
export function ZoneSource({ zone: { meta } }) {
  if (meta.source === 'api') return html`the API`;
  return html`the configuration file${meta.place === undefined ? '' : html` <span class="mono">${meta.place}</span>`}`;
}

/** @param {{ onClose: () => void }} props */
function NewZone({ onClose }) {
  /** @param {FormData} fields */
  async function act(fields) {
    const { result } = await request('POST', '/client/v4/zones', { name: textIn(fields, 'name') ?? '' });
    navigate(`/zones/${result.id}`);
  }
  return html`<${Confirm} title="Create a zone" verb="Create" act=${act} onClose=${onClose}>
    <p>It gets the name servers of the first zone of the configuration file. You can change them afterwards.</p>
    <${Field} label="Name" name="name" placeholder="example.com" autofocus />
  </${Confirm}>`;
}
