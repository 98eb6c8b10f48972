import { createRepeats } from '../../telemetry/repeats.ts';

/** Between two attempts to load from a store that is away: doubles from the first to the second. */
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 2_000;
/** A feed that is lost again so soon after a load is not read anew at once, but after a pause as above, up to this one. */
const LOST_AGAIN_MS = 10_000;

/** Loads what there is from the store until it could, and whenever it must be loaded anew. */
export interface Loader {
  /** Loads now, unless it does already; resolves after the attempt. */
  now(): Promise<void>;
  /** The feed was lost. What createRepeats makes of saying so. */
  lost(): number | undefined;
  stop(): void;
}

/**
 * Nothing is loaded before it is asked to. `load` resolves with whether that is all for now, or else it is called again
 * after a pause, which gets longer; so it is where it rejects, which `failed` is told,
 * with what createRepeats makes of saying so.
 */
export function createLoader(
  load: () => Promise<boolean>,
  failed: (error: unknown, unsaid: number | undefined) => void,
): Loader {
  const repeats = createRepeats();
  const losses = createRepeats();
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let retryMs = RETRY_MIN_MS;
  let lostMs = RETRY_MIN_MS;
  let loadedMs = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | undefined;

  async function loadOnce(): Promise<void> {
    clearTimeout(timer);
    try {
      if (!(await load())) return later();
      repeats.over();
      retryMs = RETRY_MIN_MS;
      loadedMs = performance.now();
    } catch (error) {
      if (isStopped) return;
      failed(error, repeats.due(String(error)));
      later();
    }
  }
  /** One at a time: a second would follow the store a second time. */
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
      lostMs = Math.min(2 * lostMs, LOST_AGAIN_MS);
      return losses.due('');
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
