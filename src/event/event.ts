import type { Standing } from '../pool/members.ts';
import type { OverrideAction, OverridePhase } from '../pool/override.ts';
import type { Audience } from '../pool/pool.ts';

/** A transition of an endpoint's health as one region sees it by one monitor. */
export interface HealthEvent {
  readonly kind: 'health';
  /** Pool id and name at the time. */
  readonly pool: string;
  readonly poolName: string;
  readonly endpoint: string;
  readonly address: string;
  /** Which address of the host name turned; absent: the endpoint as a whole. */
  readonly resolved?: string;
  /** Id of the monitor. */
  readonly monitor: string;
  readonly was: 'healthy' | 'unhealthy' | 'unknown';
  readonly now: 'healthy' | 'unhealthy';
  readonly reason: string;
  /** As in Outcome. */
  readonly detail?: string;
  readonly region: string;
  readonly worker: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** A change of one configured object, and who made it. */
export interface AuditEvent {
  readonly kind: 'audit';
  /** Name of the token it was made with. */
  readonly token: string;
  /** HTTP method of the request. */
  readonly method: string;
  readonly object: {
    readonly kind: string;
    readonly id: string;
    /** Its name, or its description where it has none; absent: neither. */
    readonly name?: string;
    /** The pool that an override is about; absent: it is none, or the pool was gone already. */
    readonly pool?: { readonly id: string; readonly name: string };
  };
  /** The object as it was and as it is, secrets left out; null: there was none, or is none any more. */
  readonly before: unknown;
  readonly after: unknown;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** Stands in an audit event for an object that is too long to be kept in it. */
export interface LeftOut {
  readonly leftOut: true;
  /** Octets of the object as JSON. */
  readonly length: number;
}

/** What is common to all transitions that the leading node tells. */
interface Transition {
  /** Why it is so now; one sentence or less, for people. */
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** A transition of an endpoint as the leading node serves it: of what all regions, monitors and rules come to. */
export interface EndpointEvent extends Transition {
  readonly kind: 'endpoint';
  /** Pool id and name at the time. */
  readonly pool: string;
  readonly poolName: string;
  readonly endpoint: string;
  /** Absent: it was deleted. */
  readonly address?: string;
  readonly was: Standing;
  /** `deleted`: with its pool or alone, while it was unhealthy. */
  readonly now: Standing | 'deleted';
  /** What somebody decided in the place of the checks, which the transition is beneath. */
  readonly override?: OverrideAction;
  /** Of the observation that the reason is of, as in Outcome. */
  readonly detail?: string;
  /** Region of the newest observation that speaks for it; absent: none does. */
  readonly region?: string;
  /** Whom its pool let hear of it, which was deleted with it; absent: see Audience, or it is there. */
  readonly audience?: Audience;
}

/** How a pool as a whole stands; `maintenance`: that leaves none of its endpoints. */
export type PoolStanding = Standing | 'maintenance';

/** A transition of a pool as a whole, as the leading node serves it. */
export interface PoolEvent extends Transition {
  readonly kind: 'pool';
  /** Pool id and name at the time. */
  readonly pool: string;
  readonly poolName: string;
  readonly was: PoolStanding;
  /** `deleted`: while it was unhealthy. */
  readonly now: PoolStanding | 'deleted';
  /** Whom it let hear of it, when it was deleted; absent: see Audience, or it is there. */
  readonly audience?: Audience;
}

/** Whether workers are there: none is, at least one is and has a vote, or all that are abstain. */
export const PRESENCES = ['absent', 'live', 'abstaining'] as const;
export type Presence = (typeof PRESENCES)[number];

/** Workers of a region came or went, or all of them abstain or no longer do. */
export interface RegionEvent extends Transition {
  readonly kind: 'region';
  readonly region: string;
  readonly was: Presence;
  readonly now: Presence;
}

/** A worker joined, left, abstains or no longer does. */
export interface WorkerEvent extends Transition {
  readonly kind: 'worker';
  readonly worker: string;
  readonly region: string;
  readonly was: Presence;
  readonly now: Presence;
}

/** An override began (`now` is `active`) or ceased to hold; `deleted`: before its end. */
export interface OverrideEvent extends Transition {
  readonly kind: 'override';
  readonly override: string;
  /** Pool id and name at the time. */
  readonly pool: string;
  readonly poolName: string;
  /** Name of the endpoint; absent: the whole pool. */
  readonly endpoint?: string;
  readonly action: OverrideAction;
  readonly owner: string;
  readonly was: OverridePhase | 'deleted';
  readonly now: OverridePhase | 'deleted';
}

/**
 * What somebody must hear of:
 * - `mass_failure`: too much turned unhealthy in one region at a time, and waits for a second failure;
 * - `flapping`: an endpoint is held out for its flapping;
 * - `no_workers`: no worker is live, or all abstain, so that the last verdicts hold;
 * - `unwatched_pools`: no worker is in any of the `check_regions` of some pools;
 * - `certificate`: the certificate of an endpoint ends soon or has ended;
 * - `store_away`: the leading node did not reach the store, told when it does again;
 * - `store_refuses`: the store is there and refuses writes, of the node or of workers in a region, as a full Redis does;
 * - `store_evicts`: the store is set to throw away what it was given, when it is full;
 * - `store_set_back`: the store's history is not the one that was served, as after the restoring of an old copy;
 * - `store_emptied`: the store lost its configuration, and what was served before is served on;
 * - `store_damaged`: records of the store cannot be read, and what they said last holds;
 * - `notifications_lost`: events were forgotten before a destination was notified of them.
 */
export const ALARMS = [
  'mass_failure',
  'flapping',
  'no_workers',
  'unwatched_pools',
  'certificate',
  'store_away',
  'store_refuses',
  'store_evicts',
  'store_set_back',
  'store_emptied',
  'store_damaged',
  'notifications_lost',
] as const;
export type Alarm = (typeof ALARMS)[number];

/** An alarm was raised, or is over. */
export interface AlarmEvent extends Transition {
  readonly kind: 'alarm';
  readonly alarm: Alarm;
  /** What it is about, equal for the raising and the end of one alarm: a region, a check, a destination; '' where there is one of its sort. */
  readonly about: string;
  readonly was: 'quiet' | 'raised';
  readonly now: 'quiet' | 'raised';
  /** Names of the pools that it concerns, some of them where they are many. */
  readonly pools: readonly string[];
  readonly region?: string;
}

/** What the one leading node tells, each transition once. */
export type ToldEvent = EndpointEvent | PoolEvent | RegionEvent | WorkerEvent | OverrideEvent | AlarmEvent;

/** All that is kept of what happened. */
export type Event = HealthEvent | AuditEvent | ToldEvent;

/** The kinds of events. */
export const EVENT_KINDS = [
  'health',
  'audit',
  'endpoint',
  'pool',
  'region',
  'worker',
  'override',
  'alarm',
] as const satisfies readonly Event['kind'][];

/** What is kept apart, so that much of one does not push out the other: what workers saw, what was told, who changed what. */
export const TRAILS = ['health', 'told', 'audit'] as const;
export type Trail = (typeof TRAILS)[number];

/** The trail that an event is kept in. */
export function trailOf({ kind }: Pick<Event, 'kind'>): Trail {
  return kind === 'health' || kind === 'audit' ? kind : 'told';
}
