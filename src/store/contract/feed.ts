import type { Observation } from '../../health/observation.ts';
import type { Change, StorePosition } from './documents.ts';

/** The position of a follower: the newest configuration revision and the newest observation it has seen. */
export interface Position extends StorePosition {
  /** Opaque; made by the store. */
  readonly observation: string;
}

/** The callbacks of a follower, called one at a time. */
export interface Follower {
  /** Revisions after the position, in order, none left out. */
  changed(change: Change): void;
  /** Observations that were published as changed, in order. */
  observed(observations: readonly Observation[], position: string): void;
  /** The feed no longer reaches back to the position (or is of another epoch): read everything again, then follow from there. Called once; nothing follows it. */
  lost(): void;
  /** One of these calls threw. `lost` follows, so that nothing stays half taken in. */
  failed?(error: unknown): void;
  /**
   * The store went away (false) or is back (true). While away nothing is delivered and nothing is forgotten. A
   * following starts as if connected: the first call, if any, says false. `refusal`: it is there and refuses to be
   * read, for this reason (see StoreRefused.why). It is called again when the reason changes.
   */
  connected(up: boolean, refusal?: string): void;
}

/** A running follower. After stop() it is called no more. */
export interface Following {
  stop(): Promise<void>;
}

/** Reports changes of documents and observations as they are written. */
export interface Feed {
  /**
   * Reports everything after `from`, until stopped; never from inside a call of the store. Reconnects by itself. It
   * misses nothing, or calls `lost`.
   */
  follow(from: Position, follower: Follower): Following;
}
