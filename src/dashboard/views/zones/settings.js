import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { Confirm } from '../../parts/dialog.js';
import { Field, numberIn, textIn } from '../../parts/field.js';
import { Loading } from '../../parts/notice.js';
import { Table } from '../../parts/table.js';
import { useData } from '../../shell/data.js';
import { refreshSoon } from '../../shell/live.js';
import { request } from '../../shell/request.js';

/** The settings of a zone in words, by their places in the body; the numbers are seconds. */
const SETTINGS = [
  { place: 'ttl', title: 'TTL of the name servers', isNumber: true },
  { place: 'pools', title: 'Name below which pools answer' },
  { place: 'pool_ttl', title: 'TTL of pools', isNumber: true },
  { place: 'soa.mname', title: 'Primary name server (SOA)' },
  { place: 'soa.rname', title: 'Mailbox (SOA)' },
  { place: 'soa.ttl', title: 'TTL of the SOA', isNumber: true },
  { place: 'soa.refresh', title: 'Refresh (SOA)', isNumber: true },
  { place: 'soa.retry', title: 'Retry (SOA)', isNumber: true },
  { place: 'soa.expire', title: 'Expire (SOA)', isNumber: true },
  { place: 'soa.minimum', title: 'TTL of negative answers (SOA)', isNumber: true },
];

/**
 * The settings of a zone, and the form that changes them.
 * @param {{ zone: any, mayChange: boolean }} props
 */
export function Settings({ zone, mayChange }) {
  const [isOpen, setIsOpen] = useState(false);
  const path = `/lifeguard/v1/zones/${zone.id}/settings`;
  const loaded = useData(path);
  const { data } = loaded;
  if (data === undefined) return html`<section><h2>Settings</h2><${Loading} loaded=${loaded} /></section>`;
  const rows = [
    { title: 'Name servers', value: serversText(data.ns) },
    ...SETTINGS.map(({ place, title, isNumber }) => {
      const value = valueAt(data, place);
      return { title, value: value === undefined ? 'the default' : isNumber ? `${value} s` : value };
    }),
  ];
  return html`<section>
    <h2>Settings</h2>
    <${Table} label="Settings" rows=${rows} isFiltered=${false} keyOf=${(/** @type {any} */ { title }) => title} columns=${COLUMNS} />
    ${mayChange ? html`<button type="button" onClick=${() => setIsOpen(true)}>Change the settings</button>` : null}
    ${isOpen ? html`<${SettingsForm} path=${path} settings=${data} onClose=${() => setIsOpen(false)} />` : null}
  </section>`;
}

const COLUMNS = [
  { title: 'Setting', value: (/** @type {any} */ { title }) => title },
  {
    title: 'Value',
    value: (/** @type {any} */ { value }) => value,
    cell: (/** @type {any} */ { value }) => html`<span class="lines-kept">${value}</span>`,
  },
];

/** @param {{ path: string, settings: any, onClose: () => void }} props */
function SettingsForm({ path, settings, onClose }) {
  // What was there when the form opened: others may change the zone meanwhile.
  const [was] = useState(settings);
  /** @param {FormData} fields */
  async function act(fields) {
    const read = (/** @type {{ place: string, isNumber?: boolean }} */ { place, isNumber }) =>
      (isNumber ? numberIn(fields, place) : textIn(fields, place)) ?? null;
    /** @type {Record<string, any>} */
    const body = { ns: serversIn(String(fields.get('ns') ?? '')), soa: {} };
    for (const each of SETTINGS) {
      const [part = '', key] = each.place.split('.');
      if (key === undefined) body[part] = read(each);
      else body[part][key] = read(each);
    }
    await request('PATCH', path, body);
    refreshSoon();
  }
  return html`<${Confirm} title="Settings of the zone" verb="Save" act=${act} onClose=${onClose}>
    <${Field} label="Name servers" name="ns" as="textarea" rows="3" initial=${serversText(was.ns)} hint="One a line; after it its addresses, where it is in the zone." />
    ${SETTINGS.map(
      ({ place, title, isNumber }) =>
        html`<${Field} key=${place} label=${isNumber ? `${title} (seconds)` : title} name=${place} initial=${valueAt(was, place)} placeholder="the default" />`,
    )}
  </${Confirm}>`;
}

/**
 * @param {any} settings
 * @param {string} place
 */
function valueAt(settings, place) {
  return place.split('.').reduce((value, key) => value?.[key], settings);
}

/** @param {{ name: string, addresses?: string[] }[]} servers */
function serversText(servers) {
  return servers.map(({ name, addresses = [] }) => [name, ...addresses].join(' ')).join('\n');
}

/** @param {string} text */
function serversIn(text) {
  const lines = text.split('\n').map((line) => line.trim().split(/[\s,]+/));
  return lines
    .filter(([name]) => name !== '')
    .map(([name, ...addresses]) => ({ name, ...(addresses.length === 0 ? {} : { addresses }) }));
}
