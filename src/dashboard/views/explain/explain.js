import { html } from '../../html.js';
import { Empty, Loading } from '../../parts/notice.js';
import { QueryInput } from '../../parts/query-input.js';
import { useData } from '../../shell/data.js';
import { setQuery } from '../../shell/router.js';
import { Answer } from './answer.js';
import { Suppositions } from './suppositions.js';

const TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS', 'SOA', 'CAA', 'SRV', 'HTTPS', 'ANY'];
/** What a question consists of, and the names of it in the address of the page and in that of the API. */
const QUESTION = ['name', 'type', 'client', 'ecs'];
/** Types for which something may be supposed. */
const ADDRESS_TYPES = ['A', 'AAAA'];

/**
 * Why a name has its answer, and which one it would have if something were otherwise.
 * @param {{ query: URLSearchParams }} props
 */
export function Explain({ query }) {
  const name = query.get('name') ?? '';
  const type = query.get('type') ?? 'A';
  const asked = new URLSearchParams();
  for (const part of QUESTION) if (query.get(part)) asked.set(part, String(query.get(part)));
  const supposed = new URLSearchParams(asked);
  const isForAddresses = ADDRESS_TYPES.includes(type);
  if (isForAddresses) {
    for (const pool of query.getAll('pool_down')) supposed.append('what_if_pool', `${pool}:unhealthy`);
    for (const endpoint of query.getAll('down')) supposed.append('what_if', `${endpoint}:unhealthy`);
    if (query.get('place')) supposed.set('place', String(query.get('place')));
  }
  const isSupposed = supposed.size > asked.size;
  const today = useData(name === '' ? undefined : `/lifeguard/v1/explain?${asked}`);
  const other = useData(name === '' || !isSupposed ? undefined : `/lifeguard/v1/explain?${supposed}`, {
    keep: true,
  });
  return html`<h1>Explain</h1>
    <form class="filters" role="search" onSubmit=${submit}>
      <label>Name<${QueryInput} name="name" class="wide" value=${name} placeholder="www.example.com" spellcheck=${false} autocapitalize="off" onChange=${change} /></label>
      <label>Type<select name="type" value=${type} onChange=${change}>${(TYPES.includes(type) ? TYPES : [...TYPES, type]).map((each) => html`<option key=${each} value=${each} selected=${each === type}>${each}</option>`)}</select></label>
      <label>Address that asks<${QueryInput} name="client" value=${query.get('client') ?? ''} placeholder="127.0.0.1" spellcheck=${false} onChange=${change} /></label>
      <label>Client subnet (ECS)<${QueryInput} name="ecs" value=${query.get('ecs') ?? ''} placeholder="none" spellcheck=${false} onChange=${change} /></label>
      <button class="primary">Explain</button>
    </form>
    ${
      name === ''
        ? html`<${Empty} title="Write a name, and this page says what DNS answers, and why." command="lifeguard explain www.example.com">
            Then suppose that pools are down, or that the client is elsewhere, and compare. The same on the command line:</${Empty}>`
        : html`<${Loading} loaded=${today} />
          ${today.data !== undefined && isForAddresses ? html`<${Suppositions} query=${query} answers=${[today.data, other.data].filter((each) => each !== undefined)} />` : null}
          <div class=${isSupposed ? 'beside' : ''}>
            ${today.data === undefined ? null : html`<${Answer} title="Now" explained=${today.data} />`}
            ${isSupposed ? html`<div><${Loading} loaded=${other} />${other.data === undefined ? null : html`<${Answer} title="Supposed" explained=${other.data} against=${today.data} />`}</div>` : null}
          </div>`
    }`;
}

/** @param {any} event */
function change({ currentTarget: { name, value } }) {
  setQuery(name, value.trim());
}

/** @param {SubmitEvent} event */
function submit(event) {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  for (const part of QUESTION) setQuery(part, String(fields.get(part) ?? '').trim());
}
