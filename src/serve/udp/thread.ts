import type { Prefix } from '../../answer/rate-limit.ts';
import type { ResponderSettings } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';

/** A thread that waits for queries, or for room to send, looks up so often to see whether it should stop. */
export const WAIT_MS = 100;

/** What a data-plane thread is started with. */
export interface ThreadData {
  /** Its sockets, opened by the main thread and closed there, so that a thread that dies loses no query. */
  readonly fds: readonly number[];
  readonly table: TableBuffers;
  readonly settings: ResponderSettings;
  /** The thread's own block, which the main thread reads. */
  readonly counters: Float64Array<SharedArrayBuffer>;
  /** Starts the sequence that orders and picks records. */
  readonly seed: number;
  /** Who must, and alone may, begin a query with a PROXY protocol header; the last that was dropped is noted. */
  readonly proxies: readonly Prefix[];
  readonly misproxied: SharedArrayBuffer;
  /** Words (Signal) by which the main thread says that there is a message, or that it is over. */
  readonly signals: SharedArrayBuffer;
}

/** What the main thread tells a data-plane thread: fresh buffers to change over to. */
export type ThreadMessage = TableBuffers;

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
} as const;
