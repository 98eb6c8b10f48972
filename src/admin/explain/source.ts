import type { Choice } from '../../answer/compile/choice-image.ts';
import type { WireName } from '../../dns/name.ts';
import type { Sections } from '../../dns/sections.ts';
import type { Observation } from '../../health/observation.ts';
import type { PoolStatus } from '../../health/status.ts';
import type { Plan } from '../../load-balancer/steering/plan.ts';
import type { SteeringWorld } from '../../load-balancer/steering/steer.ts';
import type { EndpointHealth } from '../../pool/members.ts';
import type { Override } from '../../pool/override.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import type { AllDown, OwnAnswer } from '../../pool/steering/all-down.ts';
import type { HealthOf } from '../../pool/steering/whatever-health.ts';
import type { Lookup } from '../../zone/lookup.ts';

/** A pool that is answered at a name. */
export interface PoolAtName {
  /** Apex of the zone, with its final dot. */
  readonly zone: string;
  readonly pool: Pool;
}

/** The path of a question through aliases, which does not depend on health. */
export interface AnswerPath {
  readonly rcode: number;
  /** Targets of the aliases on the way, in the case they were written in. */
  readonly aliases: readonly Uint8Array[];
  /** Targets on the way of an alias that is answered with addresses, in the case they were written in; none: the answer has no such alias. */
  readonly flattened: readonly Uint8Array[];
  /** Pools at the names on the way, including disabled ones: one for each zone that ends there. */
  readonly pools: readonly PoolAtName[];
  /** The pool with the addresses of the answer; undefined: the answer is something else. */
  readonly end: Pool | undefined;
  /** Number of static records for the answer, which may have a window of them; 0: the answer has none. */
  readonly records: number;
  /** The load balancer that chooses the addresses; undefined: none does. */
  readonly steered: SteeredPath | undefined;
  /** Name of a disabled load balancer at the last name of the path; undefined: there is none. */
  readonly disabledLoadBalancer: string | undefined;
  /** How the question is answered by the zones, whatever the health; and the pools at the last name. */
  readonly found: Lookup;
  readonly poolsAtEnd: readonly PoolAtName[];
  /** The names of an alias loop; the first is also the last. undefined: there is no loop. */
  readonly loop: readonly WireName[] | undefined;
}

/** An observation of a worker, whether the worker is live, and whether the observation is from before an absence and does not count. */
export interface ObservationShown extends Observation {
  readonly isLive: boolean;
  readonly isFromBeforeAbsence: boolean;
}

/** The results of one monitor for an endpoint. */
export interface MonitorResults {
  /** Identifier of the monitor. */
  readonly monitor: string;
  /** false: it no longer runs for the pool, and what it found last is shown. */
  readonly runs: boolean;
  readonly monitoringOnly: boolean;
  readonly mustBeHealthy: boolean;
  /** Its verdict over all regions; undefined: no result yet. */
  readonly healthy: boolean | undefined;
  /** Milliseconds since the last live worker, for which the verdict is stale; undefined: a worker is live. */
  readonly staleMs: number | undefined;
  /** Milliseconds for which damping still keeps it unhealthy; undefined: damping does not. */
  readonly heldOutMs: number | undefined;
  /** In the order of their labels. */
  readonly regions: readonly {
    readonly region: string;
    /** True when `check_regions` of the pool has this region. */
    readonly counts: boolean;
    /** True when a mass failure keeps the endpoint in answers until its next check fails as well. */
    readonly isHeldBack: boolean;
    /** The verdict of the live workers in the region, or their last one where the check ended; undefined: none of them reports yet. */
    readonly healthy: boolean | undefined;
    readonly observations: readonly ObservationShown[];
  }[];
}

/** Everything that decides about an endpoint. */
export interface EndpointReasons {
  /** Its health, by its checks and overrides. */
  readonly health: EndpointHealth;
  readonly override: Override | undefined;
  readonly monitors: readonly MonitorResults[];
}

/** A load balancer at the end of a path. */
export interface SteeredPath {
  readonly plan: Plan;
  /** The name at which it answers. */
  readonly owner: WireName;
  readonly world: ExplainedWorld;
}

/** What a node steers by. */
export interface ExplainedWorld extends Omit<SteeringWorld, 'poolOf'> {
  /** undefined: there is no such pool. */
  pool(id: string): Pool | undefined;
  statusOf(pool: Pool): PoolStatus;
  /** The average time of checks of a pool from each region, milliseconds, as far as a load balancer orders it by latency. */
  rttsOf(pool: string): ReadonlyMap<string, number>;
  /** What load balancers must know of a pool that has this status. */
  choiceOf(id: string, pool: Pool | undefined, statusOf: (pool: Pool) => PoolStatus): Choice;
}

/** The answer of a node. */
export interface NodeAnswer {
  readonly rcode: number;
  readonly answers: readonly string[];
  /** The records; absent: the answer is supposed. */
  readonly sections?: Sections;
  /** Bits of the client subnet that the answer is for; absent: the query had none. */
  readonly scopeBits?: number;
}

/** Explains answers for the API. The process that answers queries provides it. */
export interface ExplainSource {
  /** Returns the answer of the node to a client (4 or 16 octets); undefined: no answer. */
  ask(query: Uint8Array, client: Uint8Array): NodeAnswer | undefined;
  /** Follows a question through the aliases of our own zones. Only one for addresses (A or AAAA) leads to pools. */
  path(name: WireName, type: number): AnswerPath;
  /** Suggests names instead of one at which there is nothing. */
  hint(name: WireName): string | null;
  /** Maximum number of addresses of a family in the answer of a pool; undefined: of records of a type in other answers. */
  recordsMaxOf(pool: Pool | undefined): number;
  /** Returns how a pool is answered, by this health of its endpoints. `allDown`: without a healthy member; absent: as at its own name. */
  answerOf(pool: Pool, healthOf: HealthOf, allDown?: AllDown): OwnAnswer;
  /** Returns the reasons for each endpoint of a pool. */
  reasons(pool: Pool): Promise<ReadonlyMap<Endpoint, EndpointReasons>>;
  /** The apexes of the zones that are served. */
  apexes(): readonly WireName[];
  readonly revision: number;
  readonly generation: number;
}
