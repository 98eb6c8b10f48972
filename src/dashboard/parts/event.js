import { html } from '../html.js';
import { Shape, State } from './state.js';
import { Ago } from './time.js';

/** The reason of what is healthy, which says nothing more. */
const QUIET_REASON = 'No failures';

/**
 * A link to a pool.
 * @param {{ id: string, name: string }} pool
 */
export function PoolLink({ id, name }) {
  return html`<a href=${`/pools/${id}`}>${name}</a>`;
}

/**
 * A link to a load balancer.
 * @param {{ id: string, name: string }} loadBalancer
 */
export function LoadBalancerLink({ id, name }) {
  return html`<a href=${`/load-balancers/${id}`}>${name}</a>`;
}

/**
 * Says what an event is about, with a link to it.
 * @param {any} event
 */
function subjectOf(event) {
  switch (event.kind) {
    case 'health':
    case 'endpoint':
      return html`<b>${event.endpoint}</b> of <${PoolLink} ...${event.pool} />`;
    case 'pool':
      return html`Pool <${PoolLink} ...${event.pool} />`;
    case 'override':
      return html`Override (${event.action}) of ${event.endpoint ? html`<b>${event.endpoint}</b> of ` : ''}<${PoolLink} ...${event.pool} />`;
    case 'load_balancer':
      return html`Load balancer <${LoadBalancerLink} ...${event.load_balancer} />`;
    case 'region':
      return html`Region <b>${event.region}</b>`;
    case 'worker':
      return html`Worker <b>${event.worker}</b> in ${event.region}`;
    case 'alarm':
      return html`Alarm <b>${event.alarm}</b>${event.about === '' ? '' : `: ${event.about}`}`;
    default:
      return audited(event);
  }
}

/** @param {any} event */
function audited({ token, object, before, after }) {
  const verb = before === null ? 'created' : after === null ? 'deleted' : 'changed';
  const { kind, id, name = id, pool } = object;
  const named = kind === 'pool' ? html`<${PoolLink} id=${id} name=${name} />` : html`<b>${name}</b>`;
  const of = pool === undefined ? '' : html` of <${PoolLink} ...${pool} />`;
  return html`${token} ${verb} the ${kind.replaceAll('_', ' ')} ${kind === 'override' ? '' : named}${of}`;
}

/**
 * A list of events, newest first.
 * @param {{ events: any[], label: string }} props
 */
export function EventList({ events, label }) {
  return html`<ol class="events" aria-label=${label}>${events.map(
    (event) => html`<li key=${event.id}>
      <${Shape} state=${event.now ?? ''} />
      <div>
        <div>${subjectOf(event)}${event.now === undefined ? '' : html`: ${event.was} → <${State} state=${event.now} />`}</div>
        ${event.reason && event.reason !== QUIET_REASON ? html`<div class="quiet">${event.reason}${event.detail ? ` (${event.detail})` : ''}${event.kind === 'health' ? `, seen in ${event.region}` : ''}</div>` : null}
      </div>
      <${Ago} at=${event.time} />
    </li>`,
  )}</ol>`;
}

/**
 * Returns whether an event is about the pool with an identifier.
 * @param {any} event
 * @param {string} id
 */
export function isAbout({ pool, object }, id) {
  return pool?.id === id || object?.pool?.id === id || object?.id === id;
}
