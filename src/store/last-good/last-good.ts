import type { CheckKey } from '../../check/check.ts';
import { createPieces } from '../../pace/next-turn.ts';
import type { VerdictKey } from '../../voting/region-scope.ts';
import type { Change, Configuration, StorePosition } from '../contract/documents.ts';
import { StoreTooLarge } from '../heap-bound.ts';
import { isDamage, setAside } from './damage.ts';
import { finished, type LastGoodFile, openLastGoodFile, type Remembered } from './file.ts';
import type { HeldVerdict } from './held-verdict.ts';
import { createGathering, merged, NOTHING, type Waiting } from './waiting.ts';

/** The configuration and verdicts that a node keeps on its own disk, to start from while the store is away. */
export interface LastGood {
  /** Reads the last good state; undefined: there is none, or it is damaged. Call it before anything is written. */
  load(): Remembered | undefined;
  /** The same in pieces, between which others work; nothing may be written before it ends. undefined where close() comes first. */
  loadInPieces(): Promise<Remembered | undefined>;
  /** The store and the revision that load() would return; undefined where it would return nothing, or fail. */
  position(): StorePosition | undefined;
  /** Replaces the kept configuration. Verdicts stay. */
  replace(configuration: Configuration): void;
  apply(change: Change): void;
  /** Remembers a verdict. */
  hold(check: CheckKey | VerdictKey, verdict: HeldVerdict): void;
  forget(check: CheckKey | VerdictKey): void;
  /** Writes what is not written yet. */
  close(): void;
}

/** Time for which changes are gathered before they are written together. */
export const LAST_GOOD_WRITE_MS = 10;
/** Time after which a failed write is tried again. */
export const LAST_GOOD_RETRY_MS = 5_000;
/** How long rows are written in one go, and the pause before what is left: others have most of the time. */
export const LAST_GOOD_SLICE_MS = 4;
export const LAST_GOOD_PAUSE_MS = 20;
/**
 * After a write it rests for this multiple of the time that the write took, up to the longest rest. So what changes
 * again and again is written once, and a storm of changes leaves the main thread to others.
 */
const REST_FACTOR = 9;
/** The longest rest between two writes. */
export const LAST_GOOD_REST_MS_MAX = 5_000;
/** Rows between two looks at the clock. */
const ROWS_PER_LOOK = 32;

/**
 * Opens (or makes) the file. It is a copy, so that losing the last moments of it in a crash is harmless, and so is
 * losing all of it while the store is there: a file that is damaged, when it is opened or loaded, is set aside under the
 * name that `damaged` is given, and a new one begun. Throws where the file cannot be used. A failed write is handed to
 * `failed` and tried again; until then the file is as it was before.
 */
export function openLastGood(
  path: string,
  failed: (error: unknown) => void,
  damaged: (aside: string, error: unknown) => void = () => {},
): LastGood {
  let file: LastGoodFile;
  try {
    file = openLastGoodFile(path);
  } catch (error) {
    file = begunAnew(error);
  }
  const gathering = createGathering();
  /** What is not in the file yet, and how far it is written. */
  let unwritten: Waiting = NOTHING;
  let begun: Iterator<undefined> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  /** Time that the present write has taken so far, and the end of the rest after the one before. */
  let tookMs = 0;
  let restUntilMs = 0;

  function begunAnew(error: unknown): LastGoodFile {
    if (!isDamage(error)) throw error;
    damaged(setAside(path), error);
    return openLastGoodFile(path);
  }

  function load(): Remembered | undefined {
    try {
      return finished(file.read());
    } catch (error) {
      return unread(error);
    }
  }

  async function loadInPieces(): Promise<Remembered | undefined> {
    const isLong = createPieces();
    try {
      const rows = file.read();
      for (let count = 1; ; count += 1) {
        const { done, value } = rows.next();
        if (done) return value;
        const rest = count % ROWS_PER_LOOK === 0 ? isLong() : undefined;
        if (rest) await rest;
      }
    } catch (error) {
      return unread(error);
    }
  }

  function unread(error: unknown): undefined {
    if (isClosed) return undefined;
    if (error instanceof StoreTooLarge) throw error;
    file.close();
    file = begunAnew(error);
    return undefined;
  }

  function later(delayMs = Math.max(LAST_GOOD_WRITE_MS, restUntilMs - performance.now())): void {
    timer ??= setTimeout(onTimer, delayMs).unref();
  }

  function onTimer(): void {
    timer = undefined;
    const fromMs = performance.now();
    write(fromMs + LAST_GOOD_SLICE_MS);
    tookMs += performance.now() - fromMs;
    if (begun !== undefined) later(LAST_GOOD_PAUSE_MS);
    else {
      restUntilMs = performance.now() + Math.min(LAST_GOOD_REST_MS_MAX, REST_FACTOR * tookMs);
      tookMs = 0;
      if (isWaiting()) later();
    }
  }

  const isWaiting = () => begun !== undefined || unwritten !== NOTHING || !gathering.isEmpty;

  /** Writes what waits, until all is written or `untilMs` is past. What comes meanwhile waits. Returns false where it failed. */
  function write(untilMs: number): boolean {
    try {
      if (begun === undefined) {
        const waiting = unwritten === NOTHING ? gathering.take() : merged(unwritten, gathering.take());
        unwritten = waiting;
        begun = file.write(waiting);
      }
      if (!advance(begun, untilMs)) return true;
      begun = undefined;
      unwritten = NOTHING;
      return true;
    } catch (error) {
      file.giveUp();
      begun = undefined;
      // What waits stays: later changes without it would make a state that never existed.
      later(LAST_GOOD_RETRY_MS);
      failed(error);
      return false;
    }
  }

  function position() {
    try {
      return file.position();
    } catch {
      // load() reports the error.
      return undefined;
    }
  }

  return {
    load,
    loadInPieces,
    position,
    replace(configuration) {
      gathering.replace(configuration);
      later();
    },
    apply(change) {
      gathering.apply(change);
      later();
    },
    hold(check, verdict) {
      gathering.hold(check, verdict);
      later();
    },
    forget(check) {
      gathering.hold(check, undefined);
      later();
    },
    close() {
      while (isWaiting() && write(Number.POSITIVE_INFINITY));
      clearTimeout(timer);
      isClosed = true;
      file.close();
    },
  };
}

/** Returns true when the iterator ended before `untilMs`. */
function advance(rows: Iterator<undefined>, untilMs: number): boolean {
  for (let count = 1; !rows.next().done; count += 1)
    if (count % ROWS_PER_LOOK === 0 && performance.now() >= untilMs) return false;
  return true;
}
