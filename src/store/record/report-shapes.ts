import { LOAD_BALANCER_STATES, PRESENCES } from '../../event/event.ts';
import { STANDINGS } from '../../pool/members.ts';
import { OVERRIDE_ACTIONS } from '../../pool/override.ts';
import {
  boolean,
  type Flaw,
  listOf,
  numberFrom,
  objectOf,
  oneOf,
  orNull,
  type Shape,
  shallow,
  taggedBy,
  text,
  wholeFrom,
} from '../../pool/shape.ts';
import { ALL_DOWN } from '../../pool/steering/all-down.ts';
import { MONITOR_SHAPE, POOL_SHAPE } from './document-shapes.ts';

/** The last moment that a date can name (ECMA-262 §21.4.1.1), milliseconds since the epoch. */
const TIME_MAX = 8.64e15;

const atMs = numberFrom(0, TIME_MAX);
const spanMs = numberFrom(0, TIME_MAX);
const number = wholeFrom(0, Number.MAX_SAFE_INTEGER);
const action = oneOf(OVERRIDE_ACTIONS);

/** The health of a check, or of one address, as a worker knows it, and its last result. */
const held = {
  reason: text,
  responseCode: numberFrom(0, Number.MAX_SAFE_INTEGER),
  rttMs: spanMs,
  healthy: boolean,
  lastOk: boolean,
  streak: number,
  sinceMs: atMs,
};
const heldMaybe = { sinceResults: number, detail: text, fault: text };

/** An observation as a store keeps it. */
export const OBSERVATION_SHAPE = objectOf(
  { check: text, region: text, worker: text, atMs, ...held },
  {
    ...heldMaybe,
    stay: number,
    addresses: listOf(text),
    byAddress: listOf(objectOf({ address: text, ...held }, heldMaybe)),
    unprobed: number,
    addressesKept: objectOf({ sinceMs: atMs, why: text }),
    addressTtlSeconds: spanMs,
    certificateEndsAtMs: numberFrom(-TIME_MAX, TIME_MAX),
    ended: objectOf({ atMs, pools: listOf(text) }),
  },
);

/** A worker as it joins. */
export const WORKER_SHAPE = objectOf(
  { id: text, region: text, startedAtMs: atMs },
  { host: text, version: text, isAbstaining: boolean, refusal: text, stay: number },
);

/** A node as it announces itself. */
export const NODE_SHAPE = objectOf(
  {
    id: text,
    host: text,
    dns: listOf(text),
    api: text,
    revision: wholeFrom(-1, Number.MAX_SAFE_INTEGER),
    generation: number,
    isConnected: boolean,
    staleChecks: number,
    staleMs: spanMs,
    startedAtMs: atMs,
  },
  {
    version: text,
    disbelief: text,
    configuration: objectOf({ all: text, zones: text, health: text, limits: text }),
    isLeaving: boolean,
  },
);

const status = oneOf(STANDINGS);
const poolStatus = oneOf([...STANDINGS, 'maintenance']);
const presence = oneOf(PRESENCES);
const audience = objectOf({ notificationEmail: text }, { notificationFilter: orNull(shallow) });
const NO_PAIR: Flaw = { field: '', rule: 'must be a name and a status' };
const namedStatus: Shape = (value) =>
  Array.isArray(value) && value.length === 2 ? (text(value[0]) ?? status(value[1]) ?? undefined) : NO_PAIR;

const pools = listOf(objectOf({ id: text, name: text }));

/** The latest reported state of a subject. */
export const REPORTED_SHAPE = taggedBy('kind', {
  pool: objectOf({ standing: poolStatus, endpoints: listOf(namedStatus) }, { name: text, audience }),
  load_balancer: objectOf(
    { name: text, state: oneOf(LOAD_BALANCER_STATES), pools },
    { allDown: oneOf(ALL_DOWN) },
  ),
  worker: objectOf({ region: text, presence }),
  region: objectOf({ presence }),
  override: objectOf({ pool: text, poolName: text, action, owner: text }, { endpoint: text }),
  alarm: objectOf({ alarm: text, about: text, pools: listOf(text) }, { region: text, cause: text }),
  first_look: objectOf({}),
});

/** A requested preview. */
export const PREVIEW_SHAPE = objectOf({ id: text, monitor: MONITOR_SHAPE, pools: listOf(POOL_SHAPE) });

const previewed = {
  address: text,
  healthy: boolean,
  rttMs: spanMs,
  reason: text,
  responseCode: numberFrom(0, Number.MAX_SAFE_INTEGER),
};

/** The results of a preview so far. */
export const PREVIEW_FOUND_SHAPE = listOf(
  objectOf({
    pool: text,
    healthy: boolean,
    endpoints: listOf(
      objectOf(previewed, { detail: text, addresses: listOf(objectOf(previewed, { detail: text })) }),
    ),
  }),
);

const happened = { reason: text, atMs };
const turn = { was: text, now: text };
const ofPool = { pool: text, poolName: text };

/** An event as a store keeps it, with its kind. */
export const EVENT_SHAPE = taggedBy('kind', {
  health: objectOf(
    {
      ...happened,
      ...turn,
      ...ofPool,
      endpoint: text,
      address: text,
      monitor: text,
      region: text,
      worker: text,
    },
    { resolved: text, detail: text },
  ),
  audit: objectOf({
    token: text,
    method: text,
    object: objectOf({ kind: text, id: text }, { name: text, pool: objectOf({ id: text, name: text }) }),
    before: shallow,
    after: shallow,
    atMs,
  }),
  endpoint: objectOf(
    { ...happened, ...turn, ...ofPool, endpoint: text },
    { address: text, override: action, detail: text, region: text, audience },
  ),
  pool: objectOf({ ...happened, ...turn, ...ofPool }, { audience }),
  load_balancer: objectOf(
    { ...happened, ...turn, loadBalancer: text, loadBalancerName: text, wasPools: pools, pools },
    { allDown: oneOf(ALL_DOWN) },
  ),
  region: objectOf({ ...happened, ...turn, region: text }),
  worker: objectOf({ ...happened, ...turn, worker: text, region: text }),
  override: objectOf(
    { ...happened, ...turn, ...ofPool, override: text, action, owner: text },
    { endpoint: text },
  ),
  alarm: objectOf({ ...happened, ...turn, alarm: text, about: text, pools: listOf(text) }, { region: text }),
});
