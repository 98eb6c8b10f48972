import { useRef, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { Confirm } from '../../parts/dialog.js';
import { Field, numberIn, textIn } from '../../parts/field.js';
import { Loading } from '../../parts/notice.js';
import { Table } from '../../parts/table.js';
import { useData } from '../../shell/data.js';
import { refreshSoon } from '../../shell/live.js';
import { RequestError, request } from '../../shell/request.js';

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

/** The places of all settings. */
const PLACES = ['ns', ...SETTINGS.map(({ place }) => place)];
/** The status of a request whose If-Match does not match (RFC 9110 §15.5.13). */
const PRECONDITION_FAILED = 412;

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
    ${isOpen ? html`<${SettingsForm} path=${path} loaded=${loaded} onClose=${() => setIsOpen(false)} />` : null}
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

/** Number of times that the form is sent again after others changed what it does not change. */
const SENDS_MAX = 5;

/**
 * The form of the settings. It sends what was changed in it. Where somebody else changed the same since, it says so beside the field, with
 * the other value, and what is saved then replaces that.
 * @param {{ path: string, loaded: { data: any, tag?: string | null }, onClose: () => void }} props
 */
function SettingsForm({ path, loaded, onClose }) {
  // What was there when the form opened, and what is known to be there: others may change the zone meanwhile.
  const [was] = useState(loaded.data);
  const known = useRef({ settings: loaded.data, tag: loaded.tag });
  /** @param {FormData} fields */
  async function act(fields) {
    const mine = new Map(PLACES.map((place) => [place, valueIn(fields, place)]));
    for (const [place, value] of mine) if (isSame(value, valueAt(was, place))) mine.delete(place);
    for (let sends = 0; mine.size > 0 && sends < SENDS_MAX; sends += 1) {
      const { settings, tag } = known.current;
      const refusal = await refusalOf(
        request('PATCH', path, bodyOf(settings, mine), { 'if-match': tag ?? '*' }),
      );
      if (refusal === undefined) break;
      const now = await request('GET', path);
      known.current = { settings: now.result, tag: now.tag };
      const both = [...mine.keys()].filter(
        (place) => !isSame(valueAt(now.result, place), valueAt(settings, place)),
      );
      if (both.length > 0 || sends === SENDS_MAX - 1)
        throw new RequestError(
          refusal.status,
          both.length === 0 ? refusal.problems : both.map((place) => problemAt(place, now.result)),
        );
    }
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
 * Returns why a request was refused because somebody else changed the settings; undefined: it was not refused. Throws other refusals.
 * @param {Promise<unknown>} sent
 */
async function refusalOf(sent) {
  try {
    await sent;
    return undefined;
  } catch (error) {
    if (error instanceof RequestError && error.status === PRECONDITION_FAILED) return error;
    throw error;
  }
}

/**
 * Says that somebody else changed a setting.
 * @param {string} place
 * @param {any} settings as they are now
 */
function problemAt(place, settings) {
  const value = place === 'ns' ? serversText(settings.ns) : valueAt(settings, place);
  const now = value === undefined ? 'the default' : `“${value}”`;
  const message = `Somebody else changed this to ${now} while this form was open. Save again to replace that with what is here.`;
  return { message, source: { pointer: `/${place.replace('.', '/')}` } };
}

/**
 * Reads a field of the form; blank: null, which stands for the default.
 * @param {FormData} fields
 * @param {string} place
 */
function valueIn(fields, place) {
  if (place === 'ns') return serversIn(String(fields.get('ns') ?? ''));
  const isNumber = SETTINGS.find((each) => each.place === place)?.isNumber;
  return (isNumber ? numberIn(fields, place) : textIn(fields, place)) ?? null;
}

/**
 * Makes the body that changes these settings. The SOA is sent whole, with the parts that stay.
 * @param {any} settings as they are now
 * @param {ReadonlyMap<string, any>} changed
 */
function bodyOf(settings, changed) {
  /** @type {Record<string, any>} */
  const body = {};
  for (const [place, value] of changed) {
    const [part = '', key] = place.split('.');
    if (key === undefined) body[part] = value;
    else body[part] = { ...(body[part] ?? settings[part]), [key]: value };
  }
  return body;
}

/**
 * @param {unknown} one
 * @param {unknown} other
 */
function isSame(one, other) {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
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
