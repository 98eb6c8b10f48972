import type { FailureReason } from '../check/outcome.ts';
import type { OverrideAction } from '../pool/override.ts';
import type { Endpoint, Pool } from '../pool/pool.ts';
import type { LoadBalancerHealthSource } from './load-balancers/health/source.ts';

/** The health of an endpoint; fields are absent while it is unknown. */
export interface OriginHealth {
  readonly healthy?: boolean;
  /** Of the newest check. */
  readonly failureReason?: FailureReason;
  /** The override in force. */
  readonly override?: OverrideAction;
}

/** The health of a pool and its endpoints. */
export interface PoolHealth {
  /** True when it is healthy; undefined while that is unknown, and for a pool without a monitor. */
  readonly healthy: boolean | undefined;
  /** Of each of its endpoints, in their order. */
  readonly endpoints: readonly OriginHealth[];
}

/** The result of the workers of one region for one address. */
export interface AddressHealth {
  readonly address: string;
  /** false also where it cannot be checked there (isUnmade). */
  readonly healthy: boolean;
  readonly rttMs: number;
  readonly failureReason: FailureReason;
  /** Details of the reason, or why no check can run; absent: the reason is enough. */
  readonly failureDetail?: string;
  /** HTTP status; 0 where there is none. */
  readonly responseCode: number;
}

/** The result of the workers of one region for one endpoint. */
export interface RegionHealth extends AddressHealth {
  /** The results for each address of a host name; absent: it is an address, or the name had none. */
  readonly addresses?: readonly AddressHealth[];
}

/** The workers of a pool, and the last result. */
export interface PoolWorkers {
  /** Live workers in the regions that count for it, and how many of them abstain. */
  readonly workers: number;
  readonly abstaining: number;
  /** What the monitors of its group do where none decides: those that run only monitor, or none runs. Absent: a monitor decides. */
  readonly undecided?: 'only monitored' | 'not checked';
  /** The newest stored result, of a worker that is live or gone; undefined: there is none. */
  readonly last: { readonly worker: string; readonly atMs: number; readonly isLive: boolean } | undefined;
}

/** A trouble of the store because of which health may not be up to date. */
export interface StoreTrouble {
  /** It is unreachable, refuses writes, or has content that is not served. */
  readonly kind: 'away' | 'refuses' | 'disbelieved';
  /** Sentences, with since when. */
  readonly text: string;
}

/** The source of the health of pools. The process that follows the observations of workers provides it. */
export interface PoolHealthSource {
  /** Of load balancers; absent: nothing answers DNS here, and they have no state. */
  readonly loadBalancers?: LoadBalancerHealthSource;
  /** Returns the health of a pool: the same object until the pool or its health changes. */
  of(pool: Pool): PoolHealth;
  /** Number of pools that it knows. */
  readonly pools: number;
  /** Calls back with the identifiers of pools for which the result of `of` may have changed. Returns the function that ends this. */
  watch(changed: (pools: Iterable<string>) => void): () => void;
  /** By region, the endpoints that were checked there, in the pool's order; empty when nothing was. */
  regions(pool: Pool): Promise<ReadonlyMap<string, readonly RegionHealth[]>>;
  /**
   * Returns the response times of an endpoint by region, `count` minutes from that of a moment on, milliseconds since the epoch; null
   * where nothing was measured. Absent: this source measures none.
   */
  responseTimes?(
    pool: Pool,
    endpoint: Endpoint,
    fromMs: number,
    count: number,
  ): readonly { readonly region: string; readonly timesMs: readonly (number | null)[] }[];
  /** Returns the workers of a pool. Absent: this source does not know workers. */
  workersOf?(pool: Pool): Promise<PoolWorkers>;
  /** Returns the troubles of the store that affect a pool; empty: none. Absent: this source does not know the store. */
  trouble?(pool: Pool): readonly StoreTrouble[];
  /** Says why no worker can run a preview now; undefined: one can, or the reason is unknown. Absent: this source does not know the store. */
  previewTrouble?(): StoreTrouble | undefined;
}
