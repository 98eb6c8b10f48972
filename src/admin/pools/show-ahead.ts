import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../../store/store.ts';
import type { PoolHealthSource } from '../health-source.ts';
import { allPools } from './all-pools.ts';
import { poolText } from './view.ts';

/** Of more pools none is shown ahead: their texts would take more memory than lists are worth. */
export const AHEAD_POOLS_MAX = 20_000;
/** From a change to the work it makes, so that changes that come together make it once. Milliseconds. */
const CALM_MS = 250;
/** It pauses for this multiple of the time of its work, so that permanent changes take only this share of the main thread. */
const REST_FACTOR = 30;
/** How long it works in one go, and then lets others work, milliseconds. */
const SLICE_MS = 4;
/** Pools between two looks at the clock. */
const POOLS_PER_LOOK = 16;

/**
 * Makes the texts of pools before a list wants them: who lists all of many, first or after much was found, would wait
 * for every one. Ends when what it returns is called.
 */
export function showAhead(store: Store, health: PoolHealthSource): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isUnderWay = false;
  let isDue = false;
  let isStopped = false;
  let workedMs = 0;
  let restUntilMs = 0;

  async function show(): Promise<void> {
    if (health.pools > AHEAD_POOLS_MAX) return;
    const readMs = performance.now();
    const pools = await allPools(store);
    let fromMs = performance.now();
    workedMs = fromMs - readMs;
    for (const [i, pool] of pools.entries()) {
      if (i % POOLS_PER_LOOK === 0 && performance.now() >= fromMs + SLICE_MS) {
        workedMs += performance.now() - fromMs;
        await sleep(SLICE_MS);
        if (isStopped) return;
        fromMs = performance.now();
      }
      poolText(pool, health);
    }
    workedMs += performance.now() - fromMs;
  }

  async function begin(): Promise<void> {
    timer = undefined;
    isDue = false;
    isUnderWay = true;
    // While the store is away nothing new is there to show, and its return is a change. Any other fault is a list's, too.
    await show().catch(() => undefined);
    restUntilMs = performance.now() + REST_FACTOR * workedMs;
    isUnderWay = false;
    if (isDue) soon();
  }

  function soon(): void {
    isDue = true;
    if (isStopped || isUnderWay) return;
    timer ??= setTimeout(begin, Math.max(CALM_MS, restUntilMs - performance.now())).unref();
  }

  const unwatch = health.watch(soon);
  soon();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    unwatch();
  };
}
