import Type from 'typebox';
import { ALARMS, LOAD_BALANCER_STATES, PRESENCES } from '../../event/event.ts';
import { STANDINGS } from '../../pool/members.ts';
import { OVERRIDE_ACTIONS } from '../../pool/override.ts';
import { ALL_DOWN } from '../../pool/steering/all-down.ts';
import { nullable, oneOf } from '../schema/nullable.ts';

const common = {
  id: Type.String({ description: 'Identifier, which gives the order of events.' }),
  time: Type.String({ format: 'rfc3339-time' }),
};

const detail = Type.Optional(Type.String({ description: 'Details of the reason.' }));

/** A change of the health of an endpoint, by one region and one monitor. */
const HealthEvent = Type.Object({
  ...common,
  kind: Type.Literal('health'),
  pool: Type.Object({ id: Type.String(), name: Type.String() }),
  endpoint: Type.String(),
  address: Type.String(),
  resolved: Type.Optional(
    Type.String({
      description: 'The address of the host name that changed; absent: the whole endpoint.',
    }),
  ),
  monitor: Type.String({ description: 'Its identifier.' }),
  was: oneOf(['healthy', 'unhealthy', 'unknown']),
  now: oneOf(['healthy', 'unhealthy']),
  reason: Type.String(),
  detail,
  region: Type.String(),
  worker: Type.String(),
});

/** A change of an object by this API. */
const AuditEvent = Type.Object({
  ...common,
  kind: Type.Literal('audit'),
  token: Type.String({ description: 'Name of the token.' }),
  method: Type.String(),
  object: Type.Object({
    kind: Type.String(),
    id: Type.String(),
    name: Type.Optional(Type.String()),
    pool: Type.Optional(
      Type.Object(
        { id: Type.String(), name: Type.String() },
        { description: 'The pool that an override is about.' },
      ),
    ),
  }),
  before: Type.Unknown({ description: 'The object before the change; null: it did not exist.' }),
  after: Type.Unknown({ description: 'The object after the change; null: it was deleted.' }),
  revision: Type.Integer(),
});

const pool = Type.Object({ id: Type.String(), name: Type.String() });
const reason = Type.String();

/** A transition of an endpoint, by all regions, monitors and overrides. */
const EndpointEvent = Type.Object({
  ...common,
  kind: Type.Literal('endpoint'),
  pool,
  endpoint: Type.String(),
  address: Type.Optional(Type.String({ description: 'Its address; absent when the endpoint was removed.' })),
  was: oneOf(STANDINGS),
  now: oneOf([...STANDINGS, 'deleted']),
  override: Type.Optional(oneOf(OVERRIDE_ACTIONS, { description: 'The override that was in force.' })),
  reason,
  detail,
  region: Type.Optional(Type.String({ description: 'Region of the newest observation with this result.' })),
});

/** A transition of a pool. */
const PoolEvent = Type.Object({
  ...common,
  kind: Type.Literal('pool'),
  pool,
  was: oneOf([...STANDINGS, 'maintenance']),
  now: oneOf([...STANDINGS, 'maintenance', 'deleted']),
  reason,
});

/** A transition of a load balancer. */
const LoadBalancerEvent = Type.Object({
  ...common,
  kind: Type.Literal('load_balancer'),
  load_balancer: Type.Object({ id: Type.String(), name: Type.String() }),
  was: oneOf([...LOAD_BALANCER_STATES, 'unknown']),
  now: oneOf([...LOAD_BALANCER_STATES, 'deleted']),
  was_pools: Type.Array(pool, { description: 'Pools that answered before, at most 20.' }),
  pools: Type.Array(pool, { description: 'Pools that answer now, at most 20.' }),
  all_down: nullable(
    oneOf(ALL_DOWN, {
      description:
        'What the fallback pool answers without a healthy endpoint; null: it has one, or does not answer.',
    }),
  ),
  reason,
});

/** A change of the workers of a region: live, abstaining or absent. */
const RegionEvent = Type.Object({
  ...common,
  kind: Type.Literal('region'),
  region: Type.String(),
  was: oneOf(PRESENCES),
  now: oneOf(PRESENCES),
  reason,
});

/** A change of a worker: live, abstaining or absent. */
const WorkerEvent = Type.Object({
  ...common,
  kind: Type.Literal('worker'),
  worker: Type.String(),
  region: Type.String(),
  was: oneOf(PRESENCES),
  now: oneOf(PRESENCES),
  reason,
});

const OVERRIDE_STATES = ['pending', 'active', 'ended', 'deleted'] as const;

/** A change of an override: pending, active, ended or deleted. */
const OverrideEvent = Type.Object({
  ...common,
  kind: Type.Literal('override'),
  override: Type.String({ description: 'Its identifier.' }),
  pool,
  endpoint: Type.Optional(Type.String()),
  action: oneOf(OVERRIDE_ACTIONS),
  owner: Type.String(),
  was: oneOf(OVERRIDE_STATES),
  now: oneOf(OVERRIDE_STATES),
  reason,
});

/** The beginning or the end of an alarm. */
const AlarmEvent = Type.Object({
  ...common,
  kind: Type.Literal('alarm'),
  alarm: oneOf(ALARMS),
  about: Type.String({ description: 'Its subject; the same at the beginning and at the end.' }),
  was: oneOf(['quiet', 'raised']),
  now: oneOf(['quiet', 'raised']),
  pools: Type.Array(Type.String({ description: 'Name of an affected pool.' })),
  reason,
  region: Type.Optional(Type.String()),
});

/** A page of events, newest first. */
export const EventPage = Type.Object({
  events: Type.Array(
    Type.Union([
      HealthEvent,
      AuditEvent,
      EndpointEvent,
      PoolEvent,
      LoadBalancerEvent,
      RegionEvent,
      WorkerEvent,
      OverrideEvent,
      AlarmEvent,
    ]),
  ),
  next: nullable(Type.String({ description: '`before` of the next page; null: this is the last page.' })),
});
