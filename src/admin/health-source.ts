import type { FailureReason } from '../pool/outcome.ts';
import type { Pool } from '../pool/pool.ts';

/** What is known of an endpoint's health; fields are absent while it is not known. */
export interface EndpointHealth {
  readonly healthy?: boolean;
  /** Of the newest check. */
  readonly failureReason?: FailureReason;
}

/** What is known of a pool. */
export interface PoolHealth {
  /** Whether it is healthy; undefined while that is not known, and for a pool without a monitor. */
  readonly healthy: boolean | undefined;
  /** Of each of its endpoints, in their order. */
  readonly endpoints: readonly EndpointHealth[];
}

/** What the workers of one region say of one endpoint. */
export interface RegionHealth {
  readonly address: string;
  readonly healthy: boolean;
  readonly rttMs: number;
  readonly failureReason: FailureReason;
  /** What exactly was wrong, or why no check can be made; absent: the reason says it all. */
  readonly failureDetail?: string;
  /** HTTP status; 0 where there is none. */
  readonly responseCode: number;
}

/** Where this API learns how pools are: the process that follows the workers' observations provides it. */
export interface PoolHealthSource {
  /** The same object as long as it is the same pool, and the same is known of it. */
  of(pool: Pool): PoolHealth;
  /** How many pools it knows. */
  readonly pools: number;
  /** Calls back when what `of` says may have become another; ends when what it returns is called. */
  watch(changed: () => void): () => void;
  /** By region, the endpoints that were checked there, in the pool's order; empty when nothing was. */
  regions(pool: Pool): Promise<ReadonlyMap<string, readonly RegionHealth[]>>;
}
