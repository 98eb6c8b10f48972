import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { Confirm } from '../../parts/dialog.js';
import { Field, listIn, numberIn, textIn } from '../../parts/field.js';
import { refreshSoon } from '../../shell/live.js';
import { request } from '../../shell/request.js';

/**
 * The form of a new token, and then its secret, which nobody can see again.
 * @param {{ path: string, onClose: () => void }} props
 */
export function NewToken({ path, onClose }) {
  const [made, setMade] = useState(/** @type {any} */ (undefined));
  const [scope, setScope] = useState('read');
  // The form closes when the token is made; then the secret is shown.
  const secret = useRef(/** @type {any} */ (undefined));
  /** @param {FormData} fields */
  async function act(fields) {
    secret.current = (await request('POST', path, bodyOf(fields, scope))).result;
    refreshSoon();
  }
  const closed = () => (secret.current === undefined ? onClose() : setMade(secret.current));
  if (made !== undefined) return html`<${Secret} made=${made} onClose=${onClose} />`;
  const isEdit = scope === 'edit';
  return html`<${Confirm} title="Create a token" verb="Create" act=${act} onClose=${closed}>
    <${Field} label="Name" name="name" autofocus hint="Events show it." />
    <${Field} label="Scope" name="scope" as="select" value=${scope} onChange=${(/** @type {any} */ event) => setScope(event.currentTarget.value)}>
      <option value="read">read: sees everything</option>
      <option value="edit">edit: also changes pools, load balancers and records</option>
      <option value="admin">admin: everything, also tokens and zones</option>
    </${Field}>
    <${Field} label="Expires at (optional)" name="expires_on" type="datetime-local" />
    ${
      scope === 'admin'
        ? null
        : html`<fieldset><legend>Only zones and records (optional)</legend>
            <${Field} label="Zones" name="records.zones" placeholder="example.com" />
            <${Field} label="Names" name="records.names" placeholder="_acme-challenge.*" />
            <${Field} label="Types" name="records.types" placeholder="TXT" />
          </fieldset>`
    }
    ${
      isEdit
        ? html`<fieldset><legend>Other limits (optional)</legend>
            <${Field} label="Only pools whose name begins with" name="pool_prefix" />
            <${Field} label="Objects at most" name="documents_max" inputmode="numeric" />
            <${Field} label="Endpoints at most" name="endpoints_max" inputmode="numeric" />
          </fieldset>`
        : null
    }
  </${Confirm}>`;
}

/**
 * @param {FormData} fields
 * @param {string} scope
 */
function bodyOf(fields, scope) {
  const end = textIn(fields, 'expires_on');
  const records = {
    zones: listIn(fields, 'records.zones'),
    names: listIn(fields, 'records.names'),
    types: listIn(fields, 'records.types'),
  };
  const isBound = Object.values(records).some((list) => list !== undefined);
  return {
    name: textIn(fields, 'name') ?? '',
    scope,
    pool_prefix: textIn(fields, 'pool_prefix'),
    ...(isBound ? { records } : {}),
    documents_max: numberIn(fields, 'documents_max'),
    endpoints_max: numberIn(fields, 'endpoints_max'),
    ...(end === undefined ? {} : { expires_on: new Date(end).toISOString() }),
  };
}

/** @param {{ made: any, onClose: () => void }} props */
function Secret({ made, onClose }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => dialog.current?.showModal(), []);
  return html`<dialog ref=${dialog} onClose=${onClose} aria-labelledby="secret-title">
    <h2 id="secret-title">The token ${made.name}</h2>
    <p>This is its secret. Keep it now: nobody can see it again.</p>
    <pre class="command" tabindex="0" aria-label="Secret">${made.token}</pre>
    <div class="actions"><button type="button" class="primary" onClick=${() => dialog.current?.close()}>I have kept it</button></div>
  </dialog>`;
}
