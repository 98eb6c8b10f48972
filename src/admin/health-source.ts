import type { FailureReason } from '../check/outcome.ts';
import type { OverrideAction } from '../pool/override.ts';
import type { Pool } from '../pool/pool.ts';

/** What is known of an endpoint's health; fields are absent while it is not known. */
export interface EndpointHealth {
  readonly healthy?: boolean;
  /** Of the newest check. */
  readonly failureReason?: FailureReason;
  /** What somebody decided in the place of the checks. */
  readonly override?: OverrideAction;
}

/** What is known of a pool. */
export interface PoolHealth {
  /** Whether it is healthy; undefined while that is not known, and for a pool without a monitor. */
  readonly healthy: boolean | undefined;
  /** Of each of its endpoints, in their order. */
  readonly endpoints: readonly EndpointHealth[];
}

/** What the workers of one region say of one address. */
export interface AddressHealth {
  readonly address: string;
  /** false also where it cannot be checked there (isUnmade). */
  readonly healthy: boolean;
  readonly rttMs: number;
  readonly failureReason: FailureReason;
  /** What exactly was wrong, or why no check can be made; absent: the reason says it all. */
  readonly failureDetail?: string;
  /** HTTP status; 0 where there is none. */
  readonly responseCode: number;
}

/** What the workers of one region say of one endpoint. */
export interface RegionHealth extends AddressHealth {
  /** What they say of each address of a host name; absent: it is an address, or the name had none. */
  readonly addresses?: readonly AddressHealth[];
}

/** Who checks a pool, and what came of it last. */
export interface PoolWatch {
  /** Live workers in the regions that count for it, and how many of them abstain. */
  readonly workers: number;
  readonly abstaining: number;
  /** The newest result that is kept, of a worker that is live or gone; undefined: there is none. */
  readonly last: { readonly worker: string; readonly atMs: number; readonly isLive: boolean } | undefined;
}

/** Something about the store that keeps what is told of health from being the newest. */
export interface StoreTrouble {
  /** It cannot be reached, refuses writes, or has what is not served. */
  readonly kind: 'away' | 'refuses' | 'disbelieved';
  /** Sentences, with since when. */
  readonly text: string;
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
  /** Who checks a pool. Absent: this source does not know workers. */
  watchOf?(pool: Pool): Promise<PoolWatch>;
  /** What is wrong with the store, as far as it concerns the pool; empty: nothing. Absent: this source does not know the store. */
  trouble?(pool: Pool): readonly StoreTrouble[];
  /** Why no worker can answer a preview now; undefined: one can, or nobody knows why not. Absent: this source does not know the store. */
  previewTrouble?(): StoreTrouble | undefined;
}
