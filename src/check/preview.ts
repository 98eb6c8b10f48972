import type { Override } from '../pool/override.ts';
import type { Pool } from '../pool/pool.ts';
import type { Monitor } from './monitor.ts';
import type { FailureReason } from './outcome.ts';

/** A request to try a monitor on pools as they are at the time of the request, without any effect on them. */
export interface PreviewRequest {
  /** 32 lower-case hex digits. */
  readonly id: string;
  /** The monitor to try. It need not exist in the configuration. */
  readonly monitor: Monitor;
  readonly pools: readonly Pool[];
  /** The overrides of these pools; absent: the request is of an older node. */
  readonly overrides?: readonly Override[];
}

/** The results of the probes of one endpoint. */
export interface EndpointPreview extends AddressPreview {
  /** The result at each address of a host name; absent: it is an address, or the name had none. */
  readonly addresses?: readonly AddressPreview[];
}

/** The result of the probe of one address. */
export interface AddressPreview {
  /** As authored for an endpoint. */
  readonly address: string;
  /** false also where the probe could not run (isUnmade). */
  readonly healthy: boolean;
  readonly rttMs: number;
  readonly reason: FailureReason;
  /** What exactly was wrong, or why the probe could not run; at most DETAIL_CHARACTERS_MAX. */
  readonly detail?: string;
  readonly responseCode: number;
}

/** The result of a preview for one pool. */
export interface PoolPreview {
  readonly pool: string;
  /** Whether the pool would be healthy by these results and its overrides (poolStatus). */
  readonly healthy: boolean;
  /** true: the health is unknown, because the probes could not run, or maintenance leaves no endpoint. */
  readonly isUnknown?: boolean;
  /** Enabled endpoints, in the pool's order. */
  readonly endpoints: readonly EndpointPreview[];
}

/** The token that asks for a preview. */
export interface Asker {
  readonly id: string;
  readonly isAdmin: boolean;
}
