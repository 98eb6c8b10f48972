import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { Confirm } from '../../parts/dialog.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { Ago } from '../../parts/time.js';
import { refreshSoon } from '../../shell/live.js';
import { request } from '../../shell/request.js';
import { session } from '../../shell/session.js';

/** The words for an override without an endpoint. */
const WHOLE = 'the whole pool';

/** What a person may decide about an endpoint, in words. */
const ACTIONS = /** @type {Record<string, { verb: string, says: string }>} */ ({
  out: { verb: 'Take out', says: 'It leaves answers, whatever its checks find.' },
  maintenance: {
    verb: 'Maintenance',
    says: 'It leaves answers, and the pool counts as if it did not have it.',
  },
  in: { verb: 'Put in', says: 'It is in answers, whatever its checks find.' },
});

/**
 * The buttons of one endpoint, or of the whole pool (a member without a name). Where an override is in force or will be, it can be
 * ended.
 * @param {{ pool: any, member: any, overrides: any[] }} props
 */
export function OverrideButtons({ pool, member, overrides }) {
  const [action, setAction] = useState(/** @type {string | undefined} */ (undefined));
  const own = overrides.find(({ endpoint, phase }) => endpoint === member.name && phase !== 'ended');
  const of = member.name ?? WHOLE;
  const close = () => setAction(undefined);
  const offered = ['out', 'maintenance', ...(member.state === 'healthy' ? [] : ['in'])];
  return html`<div class="buttons">
    ${
      own === undefined
        ? offered.map(
            (each) =>
              html`<button key=${each} type="button" aria-label=${`${ACTIONS[each]?.verb}: ${of}`} onClick=${() => setAction(each)}>${ACTIONS[each]?.verb}</button>`,
          )
        : html`<button type="button" aria-label=${`End the override of ${of}`} onClick=${() => setAction('end')}>End the override</button>`
    }
    ${
      action === 'end' && own !== undefined
        ? html`<${End} override=${own} onClose=${close} />`
        : action !== undefined && own === undefined
          ? html`<${Begin} pool=${pool} member=${member} action=${action} onClose=${close} />`
          : null
    }
  </div>`;
}

/** @param {{ pool: any, member: any, action: string, onClose: () => void }} props */
function Begin({ pool, member, action, onClose }) {
  const { verb, says } = ACTIONS[action] ?? { verb: action, says: '' };
  const leaving = member.name === null ? pool.answered : member.answered ? 1 : 0;
  const remains = pool.answered - (action === 'in' ? 0 : leaving);
  const isTooFew = action === 'out' && remains < pool.minimum;
  const isEmpty = action !== 'in' && remains === 0;
  /** @param {FormData} fields */
  async function act(fields) {
    const end = String(fields.get('end') ?? '');
    await request('POST', '/lifeguard/v1/overrides', {
      pool: pool.id,
      ...(member.name === null ? {} : { endpoint: member.name }),
      action,
      owner: session.value.who.name,
      reason: String(fields.get('reason')),
      ...(end === '' ? {} : { end: new Date(end).toISOString() }),
    });
    refreshSoon();
  }
  return html`<${Confirm} title=${`${verb}: ${member.name ?? WHOLE}`} verb=${verb} isGrave=${action !== 'in'} act=${act} onClose=${onClose}>
    <p>${says} ${action === 'in' ? null : html`<b>${remains} of ${pool.endpoints} stay in answers.</b>`}</p>
    ${isTooFew || isEmpty ? html`<p class="failure">${isEmpty ? 'No endpoint is left to answer with.' : `The pool needs ${pool.minimum}, and becomes unhealthy.`}</p>` : null}
    <label>Reason<input name="reason" required maxlength="1024" autofocus /></label>
    <label>Ends at (optional)<input name="end" type="datetime-local" /></label>
  </${Confirm}>`;
}

/** @param {{ override: any, onClose: () => void }} props */
function End({ override, onClose }) {
  async function act() {
    await request('DELETE', `/lifeguard/v1/overrides/${override.id}`);
    refreshSoon();
  }
  const of = override.endpoint ?? WHOLE;
  return html`<${Confirm} title=${`End the override of ${of}?`} verb="End the override" act=${act} onClose=${onClose}>
    <p>Its checks decide again at once. ${override.owner} made it: ${override.reason}</p>
  </${Confirm}>`;
}

/**
 * The overrides of a pool, with who made each, why, and until when, and the buttons of the whole pool.
 * @param {{ overrides: any[], mayChange: boolean, pool: any }} props
 */
export function OverrideList({ overrides, mayChange, pool }) {
  if (overrides.length === 0 && !mayChange) return null;
  const columns = [
    { title: 'Of', value: (/** @type {any} */ { endpoint }) => endpoint ?? WHOLE },
    {
      title: 'Override',
      value: (/** @type {any} */ { action }) => action,
      cell: (/** @type {any} */ { action }) => html`<${State} state=${action} />`,
    },
    { title: 'Phase', value: (/** @type {any} */ { phase }) => phase },
    { title: 'Reason', value: (/** @type {any} */ { reason }) => reason },
    { title: 'By', value: (/** @type {any} */ { owner }) => owner },
    {
      title: 'Since',
      value: (/** @type {any} */ each) => each.start ?? each.created_on,
      cell: (/** @type {any} */ each) => html`<${Ago} at=${each.start ?? each.created_on} />`,
    },
    {
      title: 'Ends',
      value: (/** @type {any} */ { end }) => end ?? '',
      cell: (/** @type {any} */ { end }) =>
        end === null ? 'when somebody ends it' : html`<${Ago} at=${end} />`,
    },
  ];
  // The state of the whole pool decides which buttons it has.
  const whole = { name: null, state: pool.state };
  return html`<section>
    <h2>Overrides</h2>
    ${overrides.length === 0 ? null : html`<${Table} label="Overrides" rows=${overrides} keyOf=${(/** @type {any} */ { id }) => id} columns=${columns} />`}
    ${mayChange ? html`<div class="buttons"><span class="quiet">The whole pool:</span><${OverrideButtons} pool=${pool} member=${whole} overrides=${overrides} /></div>` : null}
  </section>`;
}
