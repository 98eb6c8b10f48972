import Type, { type Static } from 'typebox';
import type { AuditEvent } from '../../event/event.ts';
import { EVENT_KINDS } from '../../event/event.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { StoredEvent } from '../../store/contract/events.ts';
import { oneOf } from '../schema/nullable.ts';

/** Query parameters that select events; an event must match all that are given. */
export const EventQuery = {
  kind: Type.Optional(oneOf(EVENT_KINDS)),
  without: Type.Optional(oneOf(EVENT_KINDS)),
  pool: Type.Optional(Type.String({ description: 'Identifier or name of the pool of the event.' })),
  load_balancer: Type.Optional(
    Type.String({ description: 'Identifier or name of the load balancer of the event.' }),
  ),
  endpoint: Type.Optional(Type.String({ description: 'Name of an endpoint.' })),
  region: Type.Optional(Type.String({ description: 'Region that observed the event, or that it is about.' })),
};
const Filter = Type.Object(EventQuery);
/** Selects events. */
export type EventFilter = Static<typeof Filter>;

/** Returns true when an event matches a filter. */
export function isPicked(
  event: StoredEvent,
  { kind, without, pool, load_balancer: loadBalancer, endpoint, region }: EventFilter,
): boolean {
  return (
    (kind === undefined || event.kind === kind) &&
    event.kind !== without &&
    (pool === undefined || isAbout(event, pool)) &&
    (loadBalancer === undefined || loadBalancersOf(event).includes(loadBalancer.toLowerCase())) &&
    (endpoint === undefined || ('endpoint' in event && event.endpoint === endpoint)) &&
    (region === undefined || ('region' in event && event.region === region))
  );
}

/** Returns true when an event is about the pool with an identifier, or with a name in any case. */
function isAbout(event: StoredEvent, pool: string): boolean {
  return poolsOf(event).some((each) => each !== undefined && poolNameKey(each) === poolNameKey(pool));
}

/** Returns the identifiers and names of the pools of an event. */
export function poolsOf(event: StoredEvent): readonly (string | undefined)[] {
  switch (event.kind) {
    case 'health':
    case 'endpoint':
    case 'pool':
    case 'override':
      return [event.pool, event.poolName];
    case 'load_balancer':
      return [...event.wasPools, ...event.pools].flatMap(({ id, name }) => [id, name]);
    case 'alarm':
      return event.pools;
    case 'audit':
      return audited(event.object);
    case 'region':
    case 'worker':
      return [];
  }
}

/** Returns the identifier and the name, in lower case, of the load balancer of an event. */
export function loadBalancersOf(event: StoredEvent): readonly string[] {
  if (event.kind === 'load_balancer') return [event.loadBalancer, event.loadBalancerName];
  if (event.kind !== 'audit' || event.object.kind !== 'load_balancer') return [];
  return [event.object.id, event.object.name ?? ''];
}

function audited({ kind, id, name, pool }: AuditEvent['object']): readonly (string | undefined)[] {
  if (pool !== undefined) return [pool.id, pool.name];
  return kind === 'pool' ? [id, name] : [];
}
