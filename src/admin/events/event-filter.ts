import Type, { type Static } from 'typebox';
import type { StoredEvent } from '../../store/store.ts';

/** Query parameters by which events are picked; all that are given must hold. */
export const EventQuery = {
  kind: Type.Optional(Type.String({ enum: ['health', 'audit'] })),
  pool: Type.Optional(Type.String({ description: 'Id or name of a pool that the event is about.' })),
  endpoint: Type.Optional(Type.String({ description: 'Name of an endpoint.' })),
  region: Type.Optional(Type.String({ description: 'Region that saw it.' })),
};
const Filter = Type.Object(EventQuery);

/** Whether an event is what is asked for. */
export function isPicked(
  event: StoredEvent,
  { kind, pool, endpoint, region }: Static<typeof Filter>,
): boolean {
  if (kind !== undefined && event.kind !== kind) return false;
  if (event.kind === 'audit') {
    if (endpoint !== undefined || region !== undefined) return false;
    const { object } = event;
    return pool === undefined || (object.kind === 'pool' && [object.id, object.name].includes(pool));
  }
  return (
    (pool === undefined || event.pool === pool || event.poolName === pool) &&
    (endpoint === undefined || event.endpoint === endpoint) &&
    (region === undefined || event.region === region)
  );
}
