import type { WireName } from '../../dns/name.ts';
import type { Observation } from '../../health/observation.ts';
import type { EndpointHealth } from '../../pool/members.ts';
import type { Override } from '../../pool/override.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';

/** A pool that answers at a name. */
export interface PoolAtName {
  /** Apex of the zone, with its final dot. */
  readonly zone: string;
  readonly pool: Pool;
}

/** Where a question leads, which no health changes. */
export interface AnswerPath {
  readonly rcode: number;
  /** Targets of the aliases on the way, in the case they were written in. */
  readonly aliases: readonly Uint8Array[];
  /** Pools that answer at the names on the way, disabled ones among them: one for each zone that ends there. */
  readonly pools: readonly PoolAtName[];
  /** The one of them whose addresses are the answer; undefined: something else is. */
  readonly end: Pool | undefined;
  /** Static records that are the answer, of which it may hold a window; 0: they are not, or a pool's addresses are. */
  readonly records: number;
  /** The names of the loop that the aliases make, the one they come back to first and last; undefined: they end. */
  readonly loop: readonly WireName[] | undefined;
}

/** What a worker found, whether it lives, and whether that is from before it was away, so that it does not count. */
export interface ObservationShown extends Observation {
  readonly isLive: boolean;
  readonly isFromBeforeAbsence: boolean;
}

/** What one monitor makes of an endpoint. */
export interface MonitorSays {
  /** Id of the monitor. */
  readonly monitor: string;
  readonly monitoringOnly: boolean;
  readonly mustBeHealthy: boolean;
  /** Its verdict over all regions; undefined: no result yet. */
  readonly healthy: boolean | undefined;
  /** For so long no live worker reports, and the verdict is the last one; undefined: one does. */
  readonly staleMs: number | undefined;
  /** It flaps, and is unhealthy for so long yet; undefined: it does not. */
  readonly heldOutMs: number | undefined;
  /** In the order of their labels. */
  readonly regions: readonly {
    readonly region: string;
    /** Whether the pool's `check_regions` let it count. */
    readonly counts: boolean;
    /** What it says waits to be confirmed, since too much became unhealthy there at once. */
    readonly isHeldBack: boolean;
    /** What the region's live workers say; undefined: it has none that reports (yet). */
    readonly healthy: boolean | undefined;
    readonly observations: readonly ObservationShown[];
  }[];
}

/** All that decides about an endpoint. */
export interface EndpointReasons {
  /** What its checks say, and what was decided in their place. */
  readonly health: EndpointHealth;
  readonly override: Override | undefined;
  readonly monitors: readonly MonitorSays[];
}

/** Where the API learns why a node answers as it does: the process that answers provides it. */
export interface ExplainSource {
  /** What the node answers to a client (4 or 16 octets); undefined: nothing. */
  ask(
    query: Uint8Array,
    client: Uint8Array,
  ): { readonly rcode: number; readonly answers: readonly string[] } | undefined;
  /** Where a question for addresses (A or AAAA) leads, through the aliases of our own zones. */
  path(name: WireName, type: number): AnswerPath;
  /** What to ask for instead of a name at which nothing is. */
  hint(name: WireName): string;
  /** For each endpoint of a pool. */
  reasons(pool: Pool): Promise<ReadonlyMap<Endpoint, EndpointReasons>>;
  readonly revision: number;
  readonly generation: number;
}
