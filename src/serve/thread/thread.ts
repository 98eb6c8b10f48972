import type { Prefix } from '../../answer/rate-limit.ts';
import type { ResponderSettings } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';

/** What every data-plane thread is started with. */
export interface ThreadData {
  readonly table: TableBuffers;
  readonly settings: ResponderSettings;
  /** The thread's own block, which the main thread reads. */
  readonly counters: Float64Array<SharedArrayBuffer>;
  /** Starts the sequence that orders and picks records. */
  readonly seed: number;
  /** Clients that must, and alone may, begin with a PROXY protocol header. */
  readonly proxies: readonly Prefix[];
  /** Words (Signal) with which the two threads show their progress. */
  readonly signals: SharedArrayBuffer;
}

/**
 * A message of the main thread to a data-plane thread: buffers, or settings, to change over to; or the path at which another server
 * answers once this one drains.
 */
export type ThreadMessage =
  | { readonly table: TableBuffers }
  | { readonly settings: ResponderSettings }
  | { readonly successor: string };

/** Words of ThreadData.signals. */
export const Signal = {
  /** Messages posted so far. */
  POSTED: 0,
  /** 1: stop. */
  STOP: 1,
  /** Messages the thread has acted on. */
  TAKEN: 2,
  /** 1: the thread answers. */
  ANSWERS: 3,
  /** 1: accept nothing more, end what there is gently, and then stop. */
  DRAIN: 4,
} as const;
