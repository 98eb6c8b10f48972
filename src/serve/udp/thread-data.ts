import type { ThreadData } from '../thread/thread.ts';

/** A thread that waits for queries, or for room to send, looks this often whether it has to stop, milliseconds. */
export const WAIT_MS = 100;

/** What a thread that answers UDP is started with. */
export interface UdpThreadData extends ThreadData {
  /** Its sockets, opened by the main thread and closed there, so that a thread that dies loses no query. */
  readonly fds: readonly number[];
  /** The last query of a proxy that was dropped is noted here (readMisproxiedNote). */
  readonly misproxied: SharedArrayBuffer;
}
