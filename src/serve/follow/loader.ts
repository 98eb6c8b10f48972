import { createRepeats } from '../../telemetry/repeats.ts';

/** Shortest and longest pause between attempts to load from a store that is away, milliseconds; each is twice the one before. */
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 2_000;
/** A change feed that is lost again within this time after a load is reloaded after a pause, which grows up to this time. */
const LOST_AGAIN_MS = 10_000;
/** Where a load takes little time, the pause grows up to so many times its length, or up to RETRY_MAX_MS. */
const PAUSE_LOADS = 20;

/** Loads from the store until that works, and again whenever the change feed is lost. */
export interface Loader {
  /** Loads now, unless it is loading already. Resolves after the attempt. */
  now(): Promise<void>;
  /**
   * Loads again after the change feed was lost. Returns how many log lines were left out, if one is to be logged now
   * (Repeats.due).
   */
  lost(): number | undefined;
  /** Notes that a change could not be taken in; lost() follows. Returns as lost(). */
  fault(error: unknown): number | undefined;
  stop(): void;
}

/**
 * Creates a loader, which loads nothing before now() is called. `load` resolves with true when it is done. Otherwise,
 * and when it rejects, it is called again after a growing pause. `failed` gets the error, and how many log lines were
 * left out, if one is to be logged now.
 */
export function createLoader(
  load: () => Promise<boolean>,
  failed: (error: unknown, unsaid: number | undefined) => void,
): Loader {
  const repeats = createRepeats();
  const losses = createRepeats();
  const faults = createRepeats();
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let retryMs = RETRY_MIN_MS;
  let lostMs = RETRY_MIN_MS;
  let loadedMs = Number.NEGATIVE_INFINITY;
  let loadingMs = 0;
  let loading: Promise<void> | undefined;

  async function loadOnce(): Promise<void> {
    clearTimeout(timer);
    const beganMs = performance.now();
    try {
      if (!(await load())) return later();
      repeats.over();
      retryMs = RETRY_MIN_MS;
      loadedMs = performance.now();
      loadingMs = loadedMs - beganMs;
    } catch (error) {
      if (isStopped) return;
      failed(error, repeats.due(String(error)));
      later();
    }
  }
  /** Only one load runs at a time: a second one would follow the store a second time. */
  function now(): Promise<void> {
    loading ??= loadOnce().finally(() => {
      loading = undefined;
    });
    return loading;
  }
  function after(ms: number): void {
    if (isStopped) return;
    clearTimeout(timer);
    timer = setTimeout(() => void now(), ms);
  }
  function later(): void {
    after(retryMs);
    retryMs = Math.min(2 * retryMs, RETRY_MAX_MS);
  }
  return {
    now,
    lost() {
      if (performance.now() - loadedMs > LOST_AGAIN_MS + lostMs) {
        lostMs = RETRY_MIN_MS;
        losses.over();
      }
      const isFirst = lostMs === RETRY_MIN_MS;
      after(isFirst ? 0 : lostMs);
      lostMs = Math.min(2 * lostMs, LOST_AGAIN_MS, Math.max(RETRY_MAX_MS, PAUSE_LOADS * loadingMs));
      return losses.due('');
    },
    fault: (error) => faults.due(String(error)),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
