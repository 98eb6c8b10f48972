import type { Standing } from '../pool/members.ts';
import type { OverrideAction, OverridePhase } from '../pool/override.ts';
import type { Audience } from '../pool/pool.ts';
import type { AllDown } from '../pool/steering/all-down.ts';

/** A change of an endpoint's health in one region by one monitor. */
export interface HealthEvent {
  readonly kind: 'health';
  /** Pool id and name at the time. */
  readonly pool: string;
  readonly poolName: string;
  readonly endpoint: string;
  readonly address: string;
  /** The address of the host name whose health changed; absent: the endpoint as a whole. */
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

/** A change of one configured object, and who made it (audit). */
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
    /** The pool of an override; absent: it is another object, or the pool was gone already. */
    readonly pool?: { readonly id: string; readonly name: string };
  };
  /** The object before and after, without secrets; null: it did not exist. */
  readonly before: unknown;
  readonly after: unknown;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** Replaces an object in an audit event that is too long to be kept there. */
export interface LeftOut {
  readonly leftOut: true;
  /** Octets of the object as JSON. */
  readonly length: number;
}

/** What all events of the leading node have. */
interface Transition {
  /** Why it changed, for people: one sentence, or a part of one. */
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** A transition of an endpoint as the leading node serves it, by all regions, monitors and rules. */
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
  /** The override that decides at the moment; absent: none. */
  readonly override?: OverrideAction;
  /** Detail of the observation that gave the reason, as in Outcome. */
  readonly detail?: string;
  /** Region of the newest observation that agrees; absent: none does. */
  readonly region?: string;
  /** Who is notified, of a pool that was deleted with it; absent: see Audience, or the pool exists. */
  readonly audience?: Audience;
}

/** The status of a pool as a whole; `maintenance`: that leaves none of its endpoints. */
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
  /** Who is notified, of a pool that was deleted; absent: see Audience, or the pool exists. */
  readonly audience?: Audience;
}

/**
 * The state of a load balancer: all pools of its lists are usable; some are not; none of its default pools is, so that the fallback
 * pool answers, or nothing; it is disabled.
 */
export const LOAD_BALANCER_STATES = ['healthy', 'degraded', 'critical', 'disabled'] as const;
export type LoadBalancerState = (typeof LOAD_BALANCER_STATES)[number];

/** A pool in an event of a load balancer, by its id, and its name at the time. */
export interface NamedPool {
  readonly id: string;
  readonly name: string;
}

/** A transition of a load balancer, as the leading node serves it: of its state, or of the pools that answer. */
export interface LoadBalancerEvent extends Transition {
  readonly kind: 'load_balancer';
  /** Its id, and its name at the time. */
  readonly loadBalancer: string;
  readonly loadBalancerName: string;
  readonly was: LoadBalancerState | 'unknown';
  /** `deleted`: while it was degraded or critical. */
  readonly now: LoadBalancerState | 'deleted';
  /** Pools that answered and that answer now where nothing else decides, in the order of preference; of many only some. */
  readonly wasPools: readonly NamedPool[];
  readonly pools: readonly NamedPool[];
  /** What the fallback pool answers without a healthy member; absent: it has one, or does not answer. */
  readonly allDown?: AllDown;
}

/** Presence of workers: none is live, at least one is live and votes, or all live ones abstain. */
export const PRESENCES = ['absent', 'live', 'abstaining'] as const;
export type Presence = (typeof PRESENCES)[number];

/** The presence of workers in a region changed. */
export interface RegionEvent extends Transition {
  readonly kind: 'region';
  readonly region: string;
  readonly was: Presence;
  readonly now: Presence;
}

/** A worker joined, left, began or stopped to abstain. */
export interface WorkerEvent extends Transition {
  readonly kind: 'worker';
  readonly worker: string;
  readonly region: string;
  readonly was: Presence;
  readonly now: Presence;
}

/** An override began (`now` is `active`) or is over; `deleted`: before its end time. */
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
 * The states that a person should look at:
 * - `mass_failure`: many checks of one region failed at once, and their endpoints stay in answers until they fail again;
 * - `flapping`: an endpoint is held out of answers because its verdict changes too often;
 * - `all_down`: no member of a pool is healthy, and its answers have others, as its `all_down` says;
 * - `no_workers`: no worker is live, or all abstain, and the last verdicts stay in force;
 * - `region_lost`: a region had workers, and none of them is live any more, though workers of other regions are;
 * - `node_lost`: a server stopped to announce itself without saying goodbye;
 * - `nodes_differ`: servers differ in what they must have in common: their version, zones, health policy or limits;
 * - `unwatched_pools`: no worker is in any of the `check_regions` of some pools;
 * - `certificate`: the certificate of an endpoint ends soon or has ended;
 * - `store_away`: the leading node could not reach the store; reported once it can again;
 * - `store_refuses`: the store is there and refuses writes, of the node or of workers in a region, as a full Redis does;
 * - `store_evicts`: the store is set to throw away data when it is full;
 * - `store_set_back`: the store's history is not the one that was served, as after the restoring of an old copy;
 * - `store_emptied`: the store lost its configuration, and the last good state is served;
 * - `store_damaged`: records of the store cannot be read, and their last good values stay in force;
 * - `notifications_lost`: events were deleted before a destination was notified of them;
 * - `geo_database`: a database of places cannot be used, and the locator, if any, stays as it was;
 * - `bad_configuration`: a reload found problems in the configuration, and the settings stay as they were;
 * - `unserved_zones`: zones of the store are not served, because they break a rule beside those that are.
 */
export const ALARMS = [
  'mass_failure',
  'flapping',
  'all_down',
  'no_workers',
  'region_lost',
  'node_lost',
  'nodes_differ',
  'unwatched_pools',
  'certificate',
  'store_away',
  'store_refuses',
  'store_evicts',
  'store_set_back',
  'store_emptied',
  'store_damaged',
  'notifications_lost',
  'geo_database',
  'bad_configuration',
  'unserved_zones',
] as const;
export type Alarm = (typeof ALARMS)[number];

/** An alarm was raised or is over. */
export interface AlarmEvent extends Transition {
  readonly kind: 'alarm';
  readonly alarm: Alarm;
  /** The region, check, destination, server or setting of the alarm, the same at its raising and its end; '' where there is only one alarm of its kind. */
  readonly about: string;
  readonly was: 'quiet' | 'raised';
  readonly now: 'quiet' | 'raised';
  /** Names of pools that it concerns; of many only some. */
  readonly pools: readonly string[];
  readonly region?: string;
}

/** The events that the leading node reports, each transition once. */
export type ReportedEvent =
  | EndpointEvent
  | PoolEvent
  | LoadBalancerEvent
  | RegionEvent
  | WorkerEvent
  | OverrideEvent
  | AlarmEvent;

/** Every kind of event. */
export type Event = HealthEvent | AuditEvent | ReportedEvent;

/** The kinds of events. */
export const EVENT_KINDS = [
  'health',
  'audit',
  'endpoint',
  'pool',
  'load_balancer',
  'region',
  'worker',
  'override',
  'alarm',
] as const satisfies readonly Event['kind'][];

/**
 * Parts of the record that are kept apart, so that many events of one part do not push out those of another: `health`
 * by workers, `told` by the leading node (the stored name of reports), `audit` by the API.
 */
export const TRAILS = ['health', 'told', 'audit'] as const;
export type Trail = (typeof TRAILS)[number];

/** Returns the trail that an event is kept in. */
export function trailOf({ kind }: Pick<Event, 'kind'>): Trail {
  return kind === 'health' || kind === 'audit' ? kind : 'told';
}
