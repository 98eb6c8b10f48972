import type { ThreadCounters } from '../answer/counters.ts';
import type { Standing } from '../pool/members.ts';
import type { LatencyReading } from './latency.ts';

/** An endpoint of a pool, as one scrape shows it. */
export interface EndpointReading {
  readonly name: string;
  /** false also while it has no result; undefined: not monitored, or disabled. */
  readonly healthy: boolean | undefined;
  /** Milliseconds since nobody reports it any more; 0: somebody does; undefined: not monitored, or disabled. */
  readonly staleMs: number | undefined;
}

/** What a node knows of its pools, in sum and one by one. */
export interface PoolReadings {
  readonly pools: number;
  readonly endpoints: Readonly<Record<Standing, number>>;
  /** Addresses of host names: those that are well or not by their checks, and those that are not probed. Absent: no host name has any. */
  readonly addresses?: Readonly<Record<'healthy' | 'unhealthy' | 'unprobed', number>>;
  /** Endpoints whose verdict is no more than held, and for how long the oldest has been. */
  readonly stale: { readonly endpoints: number; readonly oldestMs: number };
  /** The pools that are shown one by one: as many, in the order of their names, as have ENDPOINT_SERIES_MAX endpoints. */
  readonly shown: readonly {
    readonly name: string;
    /** false also while nothing is known; undefined: not monitored, disabled, or all of it in maintenance. */
    readonly healthy: boolean | undefined;
    /** Endpoints that turned, so far. */
    readonly transitions: number;
    readonly endpoints: readonly EndpointReading[];
  }[];
  /** Regions that pools want to be checked from; some of them, where they are many. Absent: none. */
  readonly regions?: ReadonlySet<string>;
}

/** What a worker in this process tells of itself; numbers of checks unless said otherwise. */
export interface WorkerReadings {
  /** It has a lease, as far as it knows. */
  readonly isMember: boolean;
  /** Held by this worker. */
  readonly held: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Ticks that found the check's last run not over, so far. */
  readonly skipped: number;
  /** How long after they were due checks were begun. */
  readonly late: LatencyReading;
  /** Checks this machine was unable to make, so far. */
  readonly faults: number;
  /** Publications made, and failed attempts, so far. */
  readonly published: number;
  readonly publishFailures: number;
  /** Why the store refuses what it publishes; undefined: it does not. */
  readonly refusal: string | undefined;
}

/** What became of what one destination was to be notified of by this process. */
export interface NotificationReading {
  readonly destination: string;
  /** Notices taken, notices refused and passed over, and attempts that failed. */
  readonly delivered: number;
  readonly refused: number;
  readonly failed: number;
  /** How old the oldest notice is that it has not, milliseconds; 0: it has all, or another node notifies. */
  readonly behindMs: number;
}

/** Where the numbers come from; looked at for every scrape, and only then. */
export interface MetricsSource {
  /** What each thread that answers has counted. */
  readonly counters: readonly ThreadCounters[];
  /** Threads that answered and died, and were started again. */
  readonly threadDeaths: number;
  /** Queries by UDP that the kernel dropped; undefined: it does not tell. */
  kernelDrops(): number | undefined;
  /** Connections by TCP, TLS and HTTPS: those there are, and those closed since there were too many. */
  readonly connections: { readonly open: number; readonly refused: number; readonly displaced: number };
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
  /** From hearing of an update to its published table, by what it is; and from the sending of a write of this node. */
  readonly updates: {
    readonly arrivedToPublished: Readonly<Record<string, LatencyReading>>;
    readonly sentToPublished: LatencyReading;
  };
  /** Checks that are out since they flap, and those that a mass failure holds back; each as often as somebody sees it so. */
  readonly heldOut: number;
  readonly heldBack: number;
  /** Overrides that hold now, by what they do. */
  overrides(): Readonly<Record<string, number>>;
  /** Alarms that are raised here now, by what they are. */
  alarms(): Readonly<Record<string, number>>;
  /** Records of the store that cannot be read; absent: none. */
  readonly damagedRecords?: number;
  /** What became of notifications, by destination. */
  notifications(): readonly NotificationReading[];
  readPools(): Promise<PoolReadings>;
  /** undefined: no worker runs in this process. */
  readWorker(): WorkerReadings | undefined;
}
