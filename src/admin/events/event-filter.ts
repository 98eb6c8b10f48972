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
  endpoint: Type.Optional(Type.String({ description: 'Name of an endpoint.' })),
  region: Type.Optional(Type.String({ description: 'Region that observed the event, or that it is about.' })),
};
const Filter = Type.Object(EventQuery);
/** Selects events. */
export type EventFilter = Static<typeof Filter>;

/** Returns true when an event matches a filter. */
export function isPicked(
  event: StoredEvent,
  { kind, without, pool, endpoint, region }: EventFilter,
): boolean {
  return (
    (kind === undefined || event.kind === kind) &&
    event.kind !== without &&
    (pool === undefined || isAbout(event, pool)) &&
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

function audited({ kind, id, name, pool }: AuditEvent['object']): readonly (string | undefined)[] {
  if (pool !== undefined) return [pool.id, pool.name];
  return kind === 'pool' ? [id, name] : [];
}
