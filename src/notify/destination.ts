import type { Pool } from '../pool/pool.ts';
import type { Attempt } from './attempt.ts';
import type { Notice } from './notice.ts';

/** A destination of notifications. */
export interface Destination {
  /** Its name in the log and of its cursor in the store: `webhook/ops`, `mail`. */
  readonly key: string;
  wants(notice: Notice): boolean;
  /** Tries once, within a bounded time; ends early when the signal aborts. Never rejects. */
  attempt(notice: Notice, signal: AbortSignal): Promise<Attempt>;
}

/** A destination to which a test can be sent, which notifies of no event. */
export interface TestedDestination extends Destination {
  /** As attempt. */
  test(signal: AbortSignal): Promise<Attempt>;
}

/** Returns a pool as it is configured now; undefined: it no longer exists. */
export type PoolOf = (id: string) => Pool | undefined;
