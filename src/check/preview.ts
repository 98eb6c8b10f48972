import type { Override } from '../pool/override.ts';
import type { Pool } from '../pool/pool.ts';
import type { Monitor } from './monitor.ts';
import type { FailureReason } from './outcome.ts';

/** A monitor to be tried on pools as they were when it was asked for. Nothing of pool or monitor comes of it. */
export interface PreviewRequest {
  /** 32 lower-case hex digits. */
  readonly id: string;
  /** Need not exist: its fields are what is tried. */
  readonly monitor: Monitor;
  readonly pools: readonly Pool[];
  /** Those of these pools. Absent: an older node asked. */
  readonly overrides?: readonly Override[];
}

/** What the probes of one endpoint found. */
export interface EndpointPreview extends AddressPreview {
  /** What was found at each address of a host name; absent: it is an address, or the name had none. */
  readonly addresses?: readonly AddressPreview[];
}

/** What the probes of one address found. */
export interface AddressPreview {
  /** Of an endpoint as authored. */
  readonly address: string;
  /** false also where the check could not be made (isUnmade). */
  readonly healthy: boolean;
  readonly rttMs: number;
  readonly reason: FailureReason;
  /** What exactly was wrong, or why the check could not be made, DETAIL_CHARACTERS_MAX at most. */
  readonly detail?: string;
  readonly responseCode: number;
}

/** What a preview found of one pool. */
export interface PoolPreview {
  readonly pool: string;
  /** What the pool would be by these results and its overrides (poolStatus). */
  readonly healthy: boolean;
  /** Nothing is known of it, since the checks could not be made, or maintenance leaves no endpoint. Absent: something is. */
  readonly isUnknown?: boolean;
  /** Enabled endpoints, in the pool's order. */
  readonly endpoints: readonly EndpointPreview[];
}

/** Whose token asks for a preview. */
export interface Asker {
  readonly id: string;
  readonly isAdmin: boolean;
}
