import { createPoolWatchers, type PoolWatchers } from './pool-watchers.ts';
import type { PoolState, Publisher } from './publisher.ts';
import type { UpdateLatency, UpdateSource } from './update-latency.ts';
import type { Step } from './zone-table.ts';

/** How long pools and zones are written in one go before the event loop gets its turn, milliseconds. */
export const SLICE_MS = 8;
/** Short steps between two looks at the clock: each writes a pool, or a name of a zone. */
const STEPS_PER_LOOK = 16;

/** Dependencies of createPoolWriter. */
export interface PoolWriterOptions {
  readonly publisher: Publisher;
  /** The present state of a pool. */
  readonly stateOf: (id: string) => PoolState;
  /** The revision of all that is marked so far. */
  readonly revision: () => number;
  readonly latency: Pick<UpdateLatency, 'arrived' | 'begin' | 'published'>;
}

/** Why nothing is published: the store is being read, or the pools of a changed monitor get other checks. */
export type HoldReason = 'reading' | 'linking';

/** Brings the pools and zones that changed into the table, many at a time without holding up the event loop. */
export interface PoolWriter {
  /**
   * Marks pools whose answers may have changed. All that are marked in one turn of the event loop are published in one
   * generation, soon. `source`: the kind of change that arrived now, from which the time is measured; absent: none.
   */
  mark(pools: Iterable<string>, source?: UpdateSource): void;
  /** Calls back with the pools of each mark. Call the returned function to end that. */
  readonly watch: PoolWatchers['watch'];
  /** Publishes soon, even if only the revision changed. */
  publishSoon(source?: UpdateSource): void;
  /** Publishes nothing until release() for the same reason, because not everything is known yet. Without it release() does nothing. */
  hold(why: HoldReason): void;
  release(why: HoldReason): void;
  /** true: all that was marked up to some moment has been published. */
  readonly hasPublished: boolean;
  /** true: nothing is left to publish. */
  readonly isIdle: boolean;
  /** Publishes nothing more. */
  stop(): void;
}

/** Creates a writer with nothing marked. */
export function createPoolWriter({ publisher, stateOf, revision, latency }: PoolWriterOptions): PoolWriter {
  /** Marked, and in no generation yet. */
  let marked = new Set<string>();
  /** The steps that are left of the generation that is being written. */
  let writing: Iterator<Step, void> | undefined;
  let timer: NodeJS.Immediate | undefined;
  const watchers = createPoolWatchers();
  const held = new Set<HoldReason>();
  let hasPublished = false;
  let isStopped = false;

  function* steps(): Iterator<Step, void> {
    const ids = marked;
    marked = new Set();
    latency.begin();
    yield* publisher.begin(revision());
    for (const id of ids) {
      publisher.write(stateOf(id));
      yield;
    }
  }

  /** Goes on with the generation until it is published, or past `untilMs`. */
  function write(untilMs: number): void {
    writing ??= steps();
    for (let count = 1; ; count += 1) {
      const { done, value } = writing.next();
      if (done) break;
      if ((value === 'long' || count % STEPS_PER_LOOK === 0) && performance.now() >= untilMs) return;
    }
    writing = undefined;
    publisher.end();
    latency.published(publisher.revision);
    hasPublished = true;
  }

  function turn(): void {
    timer = undefined;
    write(performance.now() + SLICE_MS);
    // A revision that concerns no pool may have come while a generation was written.
    const isBehind = publisher.isBehind || publisher.revision !== revision();
    if (writing !== undefined || marked.size > 0 || isBehind) publishSoon();
  }

  function publishSoon(source?: UpdateSource): void {
    if (source !== undefined) latency.arrived(source);
    if (held.size === 0 && !isStopped) timer ??= setImmediate(turn);
  }

  function pause(): void {
    clearImmediate(timer);
    timer = undefined;
  }

  return {
    mark(pools, source) {
      const ids = [...pools];
      for (const id of ids) marked.add(id);
      if (source !== undefined && ids.length > 0) latency.arrived(source);
      watchers.notify(ids);
      if (marked.size > 0) publishSoon();
    },
    watch: watchers.watch,
    publishSoon,
    get hasPublished() {
      return hasPublished;
    },
    get isIdle() {
      return held.size === 0 && timer === undefined && writing === undefined && marked.size === 0;
    },
    hold(why) {
      held.add(why);
      pause();
    },
    release(why) {
      if (held.delete(why) && held.size === 0) publishSoon();
    },
    stop() {
      isStopped = true;
      pause();
    },
  };
}
