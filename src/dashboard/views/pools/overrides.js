import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { Confirm } from '../../parts/dialog.js';
import { State } from '../../parts/state.js';
import { Table } from '../../parts/table.js';
import { Ago } from '../../parts/time.js';
import { refreshSoon } from '../../shell/live.js';
import { request } from '../../shell/request.js';
import { session } from '../../shell/session.js';

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
 * The buttons of one endpoint. Where an override is in force or will be, it can be ended.
 * @param {{ pool: any, member: any, overrides: any[] }} props
 */
export function OverrideButtons({ pool, member, overrides }) {
  const [action, setAction] = useState(/** @type {string | undefined} */ (undefined));
  const own = overrides.find(({ endpoint, phase }) => endpoint === member.name && phase !== 'ended');
  const close = () => setAction(undefined);
  const offered = ['out', 'maintenance', ...(member.state === 'healthy' ? [] : ['in'])];
  return html`<div class="buttons">
    ${
      own === undefined
        ? offered.map(
            (each) =>
              html`<button key=${each} type="button" aria-label=${`${ACTIONS[each]?.verb}: ${member.name}`} onClick=${() => setAction(each)}>${ACTIONS[each]?.verb}</button>`,
          )
        : html`<button type="button" aria-label=${`End the override of ${member.name}`} onClick=${() => setAction('end')}>End the override</button>`
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
  const remains = pool.answered - (member.answered && action !== 'in' ? 1 : 0);
  const isTooFew = action === 'out' && remains < pool.minimum;
  /** @param {FormData} fields */
  async function act(fields) {
    const end = String(fields.get('end') ?? '');
    await request('POST', '/lifeguard/v1/overrides', {
      pool: pool.id,
      endpoint: member.name,
      action,
      owner: session.value.who.name,
      reason: String(fields.get('reason')),
      ...(end === '' ? {} : { end: new Date(end).toISOString() }),
    });
    refreshSoon();
  }
  return html`<${Confirm} title=${`${verb}: ${member.name}`} verb=${verb} isGrave=${action !== 'in'} act=${act} onClose=${onClose}>
    <p>${says} ${action === 'in' ? null : html`<b>${remains} of ${pool.endpoints} stay in answers.</b>`}</p>
    ${isTooFew ? html`<p class="failure">${remains === 0 ? 'Queries for the pool get no address then.' : `The pool needs ${pool.minimum}, and becomes unhealthy.`}</p>` : null}
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
  const of = override.endpoint ?? 'the whole pool';
  return html`<${Confirm} title=${`End the override of ${of}?`} verb="End the override" act=${act} onClose=${onClose}>
    <p>Its checks decide again at once. ${override.owner} made it: ${override.reason}</p>
  </${Confirm}>`;
}

/**
 * The overrides of a pool, with who made each, why, and until when.
 * @param {{ overrides: any[], mayChange: boolean, pool: any }} props
 */
export function OverrideList({ overrides, mayChange }) {
  const [ending, setEnding] = useState(/** @type {any} */ (undefined));
  if (overrides.length === 0) return null;
  const columns = [
    { title: 'Of', value: (/** @type {any} */ { endpoint }) => endpoint ?? 'the whole pool' },
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
    ...(mayChange && overrides.some(({ endpoint }) => endpoint === null)
      ? [
          {
            title: 'Actions',
            value: () => '',
            cell: (/** @type {any} */ each) =>
              each.endpoint === null
                ? html`<button type="button" onClick=${() => setEnding(each)}>End</button>`
                : null,
          },
        ]
      : []),
  ];
  return html`<section>
    <h2>Overrides</h2>
    <${Table} label="Overrides" rows=${overrides} keyOf=${(/** @type {any} */ { id }) => id} columns=${columns} />
    ${ending === undefined ? null : html`<${End} override=${ending} onClose=${() => setEnding(undefined)} />`}
  </section>`;
}
