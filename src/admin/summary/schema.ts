import Type from 'typebox';
import { ALARMS, LOAD_BALANCER_STATES } from '../../event/event.ts';
import { STANDINGS } from '../../pool/members.ts';
import { OVERRIDE_ACTIONS } from '../../pool/override.ts';
import { NodeView, WorkerView } from '../nodes/schema.ts';
import { nullable, oneOf } from '../schema/nullable.ts';

/** The states that a pool can have. */
export const POOL_STATES = [...STANDINGS, 'maintenance'] as const;

const Named = Type.Object({ id: Type.String(), name: Type.String() });

/** Counts of objects, by state, and of all. */
function counts(states: readonly string[]) {
  return Type.Object(Object.fromEntries(['total', ...states].map((state) => [state, Type.Integer()])));
}

/** One thing that is wrong. */
const Problem = Type.Object({
  kind: oneOf(['load_balancer', 'pool', 'endpoint']),
  id: Type.String({ description: 'Identifier of the load balancer, or of the pool (of the endpoint).' }),
  name: Type.String({ description: 'Name of the load balancer or of the pool.' }),
  endpoint: Type.Optional(Type.String({ description: 'Name of the endpoint.' })),
  state: Type.String(),
  reason: Type.String({ description: 'A sentence.' }),
  affects: Type.Array(Named, { description: 'Load balancers that use the pool: the first few.' }),
  affects_count: Type.Integer({ description: 'Number of load balancers that use the pool.' }),
});

/** An alarm that is raised. */
const AlarmView = Type.Object({
  alarm: oneOf(ALARMS),
  about: Type.String(),
  reason: Type.String(),
  pools: Type.Array(Type.String({ description: 'Name of an affected pool.' })),
  region: Type.Optional(Type.String()),
  since: Type.String({ format: 'rfc3339-time' }),
});

/** What a person on call wants to know first. */
export const SummaryView = Type.Object({
  revision: Type.Integer({ description: 'Revision of the configuration.' }),
  ready: Type.Boolean({ description: 'The node can answer queries correctly.' }),
  store: nullable(Type.String({ description: 'What is wrong with the store; null: nothing.' })),
  pools: counts(POOL_STATES),
  endpoints: counts(STANDINGS),
  load_balancers: counts(LOAD_BALANCER_STATES),
  overrides: Type.Integer({ description: 'Number of overrides.' }),
  problems: Type.Array(Problem, {
    description: 'What is wrong now: what affects most comes first. The first 100.',
  }),
  problems_count: Type.Integer({ description: 'Number of all problems.' }),
  alarms: Type.Array(AlarmView),
  nodes: Type.Array(NodeView),
  workers: Type.Array(WorkerView),
});

/** A pool in the list of states. */
export const PoolStateView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  state: oneOf(POOL_STATES),
  endpoints: Type.Integer({ description: 'Number of its endpoints.' }),
  answered: Type.Integer({ description: 'Number of endpoints that answers may hold.' }),
  minimum: Type.Integer({ description: 'Number of such endpoints that makes the pool healthy.' }),
  overridden: Type.Integer({ description: 'Number of endpoints with an override in force.' }),
});

/** A pool, what it is used for, and its endpoints, each with its state. */
export const PoolDetailsView = Type.Object({
  ...PoolStateView.properties,
  names: Type.Array(Type.String({ description: 'A DNS name of the pool.' })),
  used_by: Type.Array(Named, { description: 'Load balancers that use it.' }),
  members: Type.Array(
    Type.Object({
      name: Type.String(),
      address: Type.String(),
      state: oneOf(STANDINGS, { description: 'By its checks, without overrides.' }),
      answered: Type.Boolean({ description: 'Whether answers may hold it.' }),
      override: nullable(oneOf(OVERRIDE_ACTIONS, { description: 'The override in force.' })),
    }),
    { description: 'Its endpoints.' },
  ),
});
