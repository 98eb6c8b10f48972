import type { ThreadCounters } from '../answer/counters.ts';
import type { LoadBalancerState } from '../event/event.ts';
import type { ConfigurationDigests } from '../event/node-status.ts';
import type { Standing } from '../pool/members.ts';
import type { AllDown } from '../pool/steering/all-down.ts';
import type { LatencyReading } from './latency.ts';

/** An endpoint of a pool, as one scrape shows it. */
export interface EndpointReading {
  readonly name: string;
  /** false also while it has no result; undefined: not monitored, or disabled. */
  readonly healthy: boolean | undefined;
  /** How long its verdict has been stale, milliseconds; 0: workers vote; undefined: unmonitored or disabled. */
  readonly staleMs: number | undefined;
}

/** What a node knows of its pools, in sum and one by one. */
export interface PoolReadings {
  readonly pools: number;
  readonly endpoints: Readonly<Record<Standing, number>>;
  /**
   * Addresses of host names: healthy and unhealthy ones by their checks, and those that are not probed. Absent: no host
   * name has any.
   */
  readonly addresses?: Readonly<Record<'healthy' | 'unhealthy' | 'unprobed', number>>;
  /** Endpoints with a stale verdict, and the age of the oldest. */
  readonly stale: { readonly endpoints: number; readonly oldestMs: number };
  /** The pools that are shown one by one: as many, in the order of their names, as have ENDPOINT_SERIES_MAX endpoints. */
  readonly shown: readonly {
    readonly name: string;
    /** false also while it is unknown; undefined: unmonitored, disabled, or all in maintenance. */
    readonly healthy: boolean | undefined;
    /** Health transitions of its endpoints so far. */
    readonly transitions: number;
    readonly endpoints: readonly EndpointReading[];
    /** The average times that load balancers order it by, milliseconds, by region; absent: none does, or none is known. */
    readonly rttsMs?: ReadonlyMap<string, number>;
  }[];
  /** Regions in `check_regions` of pools; some of them, where they are many. Absent: none. */
  readonly regions?: ReadonlySet<string>;
  /** Absent: there are none. */
  readonly loadBalancers?: LoadBalancerReadings;
}

/** What a node knows of its load balancers. */
export interface LoadBalancerReadings {
  /** How many are in each state. */
  readonly states: Readonly<Record<LoadBalancerState, number>>;
  /** Of how many the fallback pool answers without a healthy member, by what it answers. */
  readonly allDown: Readonly<Record<AllDown, number>>;
  /** Those that are shown one by one: the first LOAD_BALANCER_SERIES_MAX in the order of their names. */
  readonly shown: readonly {
    readonly name: string;
    readonly zone: string;
    readonly state: LoadBalancerState;
  }[];
}

/** The state of a worker in this process. Numbers count checks unless said otherwise. */
export interface WorkerReadings {
  /** It has a lease, as far as it knows. */
  readonly isMember: boolean;
  /** Assigned to this worker. */
  readonly held: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Ticks that found the check's last run not over, so far. */
  readonly skipped: number;
  /** Delay of checks, from when they were due until they began. */
  readonly late: LatencyReading;
  /** Checks that this machine could not run so far. */
  readonly faults: number;
  /** Publications made, and failed attempts, so far. */
  readonly published: number;
  readonly publishFailures: number;
  /** Why the store refuses what it publishes; undefined: it does not. */
  readonly refusal: string | undefined;
}

/** The outcomes of notifications of one destination by this process. */
export interface NotificationReading {
  readonly destination: string;
  /** Notifications taken, notifications refused and skipped, and failed attempts. */
  readonly delivered: number;
  readonly refused: number;
  readonly failed: number;
  /** Age of the oldest notification that it has not taken, milliseconds; 0: it has all, or another node notifies. */
  readonly behindMs: number;
}

/** What is known of the locator. */
export interface LocatorReading {
  /** Number of places, with the unknown one. */
  readonly places: number;
  /** Memory of the locator, octets. */
  readonly octets: number;
  readonly databases: readonly {
    readonly file: string;
    readonly type: string;
    /** Time since the database was built, milliseconds. */
    readonly ageMs: number;
  }[];
}

/** The source of the numbers, read for each scrape and only then. */
export interface MetricsSource {
  /** Digests of the configuration of this node. */
  configuration(): ConfigurationDigests;
  /** What each thread that answers has counted. */
  readonly counters: readonly ThreadCounters[];
  /** Threads that answered and died, and were started again. */
  readonly threadDeaths: number;
  /** Queries by UDP that the kernel dropped; undefined: the system does not count them. */
  kernelDrops(): number | undefined;
  /** Connections by TCP, TLS and HTTPS: those there are, and those closed since there were too many. */
  readonly connections: { readonly open: number; readonly refused: number; readonly displaced: number };
  /** Queries for pools and load balancers that are counted apart, and for zones. */
  readonly queries: {
    readonly names: Iterable<{
      readonly kind: 'pool' | 'load_balancer';
      readonly name: string;
      readonly queries: number;
    }>;
    readonly zones: Iterable<{ readonly name: string; readonly queries: number }>;
  };
  /** What became of queries that the query log copied, by output. */
  readonly queryLog: Readonly<Record<'written' | 'lost', Readonly<Record<'file' | 'dnstap', number>>>>;
  readonly generation: number;
  readonly revision: number;
  readonly isReady: boolean;
  /** Milliseconds; 0: the store is there. */
  readonly storeAwayMs: number;
  readonly table: { readonly arenaOctets: number; readonly usedOctets: number; readonly deadOctets: number };
  readonly liveWorkers: readonly { readonly region: string; readonly isAbstaining?: boolean }[];
  /** Milliseconds since a worker of a region was active last. */
  readonly regionsSilentMs: ReadonlyMap<string, number>;
  readonly verdictChanges: { readonly healthy: number; readonly unhealthy: number };
  /** Time from receiving an update to its published table, by source; and from sending a write of this node. */
  readonly updates: {
    readonly arrivedToPublished: Readonly<Record<string, LatencyReading>>;
    readonly sentToPublished: LatencyReading;
  };
  /** Verdicts that damping holds out, and checks that a mass failure keeps in answers, once for each region. */
  readonly heldOut: number;
  readonly heldBack: number;
  /** Overrides in force, by action. */
  overrides(): Readonly<Record<string, number>>;
  /** Alarms that are raised on this node, by name. */
  alarms(): Readonly<Record<string, number>>;
  /** Records of the store that cannot be read; absent: none. */
  readonly damagedRecords?: number;
  /** The locator; undefined or absent: none was needed yet. */
  readonly locator?: LocatorReading | undefined;
  /** What became of notifications, by destination. */
  notifications(): readonly NotificationReading[];
  readPools(): Promise<PoolReadings>;
  /** undefined: no worker runs in this process. */
  readWorker(): WorkerReadings | undefined;
}
