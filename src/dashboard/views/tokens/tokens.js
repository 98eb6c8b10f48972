import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { Confirm } from '../../parts/dialog.js';
import { Empty, Loading } from '../../parts/notice.js';
import { Table } from '../../parts/table.js';
import { Ago } from '../../parts/time.js';
import { useData } from '../../shell/data.js';
import { refreshSoon } from '../../shell/live.js';
import { request } from '../../shell/request.js';
import { NewToken } from './new-token.js';

const PATH = '/lifeguard/v1/tokens';

/** All tokens that the API made, with what each may do. */
export function Tokens() {
  const [isMaking, setIsMaking] = useState(false);
  const [ending, setEnding] = useState(/** @type {any} */ (undefined));
  const loaded = useData(PATH);
  const { data } = loaded;
  return html`<h1>Tokens</h1>
    <p class="quiet">Tokens of the configuration are not in this list.</p>
    <p><button type="button" onClick=${() => setIsMaking(true)}>Create a token</button></p>
    <${Loading} loaded=${loaded} />
    ${
      data === undefined
        ? null
        : html`<${Table} label="Tokens" rows=${data} keyOf=${(/** @type {any} */ { id }) => id} columns=${[...COLUMNS, actions(setEnding)]}>
            <${Empty} title="There are no tokens yet." command="lifeguard token create me --scope read" />
          </${Table}>`
    }
    ${isMaking ? html`<${NewToken} path=${PATH} onClose=${() => setIsMaking(false)} />` : null}
    ${ending === undefined ? null : html`<${EndToken} token=${ending} onClose=${() => setEnding(undefined)} />`}`;
}

const COLUMNS = [
  { title: 'Name', value: (/** @type {any} */ { name }) => name },
  { title: 'Scope', value: (/** @type {any} */ { scope }) => scope },
  { title: 'Limits', value: limitsOf },
  {
    title: 'Created',
    value: (/** @type {any} */ { created_on: at }) => at,
    cell: (/** @type {any} */ { created_on: at }) => html`<${Ago} at=${at} />`,
  },
  {
    title: 'Expires',
    value: (/** @type {any} */ { expires_on: at }) => at ?? '',
    cell: (/** @type {any} */ { expires_on: at }) => (at === undefined ? 'never' : html`<${Ago} at=${at} />`),
  },
];

/** @param {(token: any) => void} setEnding */
function actions(setEnding) {
  return {
    title: 'Actions',
    value: () => '',
    cell: (/** @type {any} */ token) =>
      html`<button type="button" aria-label=${`Delete ${token.name}`} onClick=${() => setEnding(token)}>Delete</button>`,
  };
}

/**
 * Says to what a token is limited, besides its scope.
 * @param {any} token
 */
function limitsOf({ pool_prefix: prefix, records, documents_max: documents, endpoints_max: endpoints }) {
  const { zones, names, types } = records ?? {};
  const limits = [
    prefix === undefined ? '' : `pools that begin with ${prefix}`,
    records === undefined ? '' : 'zones and records only',
    zones === undefined ? '' : `zones ${zones.join(', ')}`,
    names === undefined ? '' : `names ${names.join(', ')}`,
    types === undefined ? '' : `types ${types.join(', ')}`,
    documents === undefined ? '' : `${documents} objects`,
    endpoints === undefined ? '' : `${endpoints} endpoints`,
  ].filter((limit) => limit !== '');
  return limits.length === 0 ? 'none' : limits.join('; ');
}

/** @param {{ token: any, onClose: () => void }} props */
function EndToken({ token, onClose }) {
  async function act() {
    await request('DELETE', `${PATH}/${token.id}`);
    refreshSoon();
  }
  return html`<${Confirm} title=${`Delete the token ${token.name}?`} verb="Delete" isGrave=${true} act=${act} onClose=${onClose}>
    <p>Requests with it are refused from now on, and its sessions end.</p>
  </${Confirm}>`;
}
