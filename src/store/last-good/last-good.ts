import type { CheckKey } from '../../check/check.ts';
import type { VerdictKey } from '../../voting/region-scope.ts';
import type { Change, Configuration, StorePosition } from '../contract/documents.ts';
import { StoreTooLarge } from '../heap-bound.ts';
import { isDamage, setAside } from './damage.ts';
import { type LastGoodFile, openLastGoodFile } from './file.ts';
import type { HeldVerdict } from './held-verdict.ts';
import { createGathering, merged, NOTHING, type Waiting } from './waiting.ts';

/** What a node remembers of the store on its own disk, to start from when the store is away. */
export interface LastGood {
  /** What was remembered; undefined: nothing yet, or what was is damaged. To be called before anything is remembered. */
  load():
    | { readonly configuration: Configuration; readonly verdicts: ReadonlyMap<CheckKey, HeldVerdict> }
    | undefined;
  /** The store and the revision that load() would give; undefined where it would give nothing, or fails. */
  position(): StorePosition | undefined;
  /** Remembers this configuration in the place of the one before; verdicts stay. */
  replace(configuration: Configuration): void;
  apply(change: Change): void;
  /** Remembers a verdict. */
  hold(check: CheckKey | VerdictKey, verdict: HeldVerdict): void;
  forget(check: CheckKey | VerdictKey): void;
  /** Writes what is not written yet. */
  close(): void;
}

/** Changes are gathered for so long and written together. */
export const LAST_GOOD_WRITE_MS = 10;
/** A write that failed is tried again after so long. */
export const LAST_GOOD_RETRY_MS = 5_000;
/** How long rows are written in one go, and the pause before what is left: others have most of the time. */
export const LAST_GOOD_SLICE_MS = 4;
export const LAST_GOOD_PAUSE_MS = 20;
/**
 * After a write it rests for so many times what that took, up to the longest rest: what changes again and again is then
 * written once, and a flip storm leaves the main thread to others.
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
  /** What was taken from the gathering and is not in the file yet, and how far it is written. */
  let unwritten: Waiting = NOTHING;
  let begun: Iterator<undefined> | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** What the present write has taken, and until when to rest after the one before. */
  let tookMs = 0;
  let restUntilMs = 0;

  function begunAnew(error: unknown): LastGoodFile {
    if (!isDamage(error)) throw error;
    damaged(setAside(path), error);
    return openLastGoodFile(path);
  }

  function load() {
    try {
      return file.read();
    } catch (error) {
      if (error instanceof StoreTooLarge) throw error;
      file.close();
      file = begunAnew(error);
      return undefined;
    }
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

  /** Writes what waits now, until it is written or past `untilMs`; what comes meanwhile waits. Whether it could. */
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
      // What waits stays: without it, what comes later would make a state that never was.
      later(LAST_GOOD_RETRY_MS);
      failed(error);
      return false;
    }
  }

  function position() {
    try {
      return file.position();
    } catch {
      // What it is, load() says.
      return undefined;
    }
  }

  return {
    load,
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
      file.close();
    },
  };
}

/** Whether the iterator came to its end before `untilMs`. */
function advance(rows: Iterator<undefined>, untilMs: number): boolean {
  for (let count = 1; !rows.next().done; count += 1)
    if (count % ROWS_PER_LOOK === 0 && performance.now() >= untilMs) return false;
  return true;
}
