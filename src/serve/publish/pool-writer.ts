import { createPoolWatchers, type PoolWatchers } from './pool-watchers.ts';
import type { PoolState, Publisher } from './publisher.ts';
import type { UpdateLatency, UpdateSource } from './update-latency.ts';

/** How long pools are written in one go before the event loop gets its turn, milliseconds. */
export const SLICE_MS = 8;
/** Pools written between two looks at the clock. */
const POOLS_PER_LOOK = 16;

/** What createPoolWriter works with. */
export interface PoolWriterOptions {
  readonly publisher: Publisher;
  /** The present state of a pool. */
  readonly stateOf: (id: string) => PoolState;
  /** The revision that all that was marked so far belongs to. */
  readonly revision: () => number;
  readonly latency: Pick<UpdateLatency, 'heard' | 'begin' | 'published'>;
}

/** Brings the pools that changed into the table, many at a time without holding up the event loop. */
export interface PoolWriter {
  /**
   * These pools may have other answers now: all that are marked in one turn of the event loop come in one generation,
   * soon. `source`: what was heard just now that it is measured from; absent: nothing.
   */
  mark(pools: Iterable<string>, source?: UpdateSource): void;
  /** Calls back with all that is marked, each time; ends when what it returns is called. */
  readonly watch: PoolWatchers['watch'];
  /** Publishes soon, even if nothing but the revision became another. */
  publishSoon(source?: UpdateSource): void;
  /** Publishes nothing until release(), which does nothing without it: what there is to know is not all known. */
  hold(): void;
  release(): void;
  /** Whether all that was marked up to some moment has been published. */
  readonly hasPublished: boolean;
  /** Whether there is nothing left to publish. */
  readonly isIdle: boolean;
  stop(): void;
}

/** Nothing marked yet. */
export function createPoolWriter({ publisher, stateOf, revision, latency }: PoolWriterOptions): PoolWriter {
  /** Marked, and in no generation yet. */
  let marked = new Set<string>();
  /** What is left of the generation that is being written. */
  let writing: Iterator<string> | undefined;
  let timer: NodeJS.Immediate | undefined;
  const watchers = createPoolWatchers();
  let isHeld = false;
  let hasPublished = false;

  function begin(): Iterator<string> {
    const pools = marked.values();
    marked = new Set();
    publisher.begin(revision());
    latency.begin();
    return pools;
  }

  /** Goes on with the generation until it is published, or past `untilMs`. */
  function write(untilMs: number): void {
    writing ??= begin();
    for (let count = 1; ; count += 1) {
      const { value: id, done } = writing.next();
      if (done) break;
      publisher.write(stateOf(id));
      if (count % POOLS_PER_LOOK === 0 && performance.now() >= untilMs) return;
    }
    writing = undefined;
    publisher.end();
    latency.published(publisher.serial);
    hasPublished = true;
  }

  function turn(): void {
    timer = undefined;
    // With other zones no pool is to be seen where it was, nor missed where it comes, for longer than it takes.
    write(publisher.hasNewZones && hasPublished ? Number.POSITIVE_INFINITY : performance.now() + SLICE_MS);
    // A revision that concerns no pool may have come while a generation was written.
    if (writing !== undefined || marked.size > 0 || publisher.serial !== revision()) publishSoon();
  }

  function publishSoon(source?: UpdateSource): void {
    if (source !== undefined) latency.heard(source);
    if (!isHeld) timer ??= setImmediate(turn);
  }

  function pause(): void {
    clearImmediate(timer);
    timer = undefined;
  }

  return {
    mark(pools, source) {
      const ids = [...pools];
      for (const id of ids) marked.add(id);
      if (source !== undefined && ids.length > 0) latency.heard(source);
      watchers.tell(ids);
      if (marked.size > 0) publishSoon();
    },
    watch: watchers.watch,
    publishSoon,
    get hasPublished() {
      return hasPublished;
    },
    get isIdle() {
      return !isHeld && timer === undefined && writing === undefined && marked.size === 0;
    },
    hold() {
      isHeld = true;
      pause();
    },
    release() {
      if (!isHeld) return;
      isHeld = false;
      publishSoon();
    },
    stop: pause,
  };
}
