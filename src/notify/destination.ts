import type { Pool } from '../pool/pool.ts';
import type { Attempt } from './attempt.ts';
import type { Notice } from './notice.ts';

/** Somebody who is notified. */
export interface Destination {
  /** Names it in the log, and its cursor in the store: `webhook/ops`, `mail`. */
  readonly key: string;
  wants(notice: Notice): boolean;
  /** Tries once, within a bounded time; ends early when the signal aborts. Never rejects. */
  attempt(notice: Notice, signal: AbortSignal): Promise<Attempt>;
}

/** A destination to which a test can be sent, by which nobody is told of anything. */
export interface TestedDestination extends Destination {
  /** As attempt. */
  test(signal: AbortSignal): Promise<Attempt>;
}

/** A pool as it is configured now; undefined where there is none of that id any more. */
export type PoolOf = (id: string) => Pool | undefined;
