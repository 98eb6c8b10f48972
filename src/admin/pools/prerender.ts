import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../../pool/pool.ts';
import type { Store } from '../../store/store.ts';
import type { PoolHealthSource } from '../health-source.ts';
import { allPools } from './all-pools.ts';
import { poolText } from './view.ts';

/** Maximum number of pools that are prerendered: more texts would take too much memory. */
export const PRERENDERED_POOLS_MAX = 20_000;
/** Delay after a change, so that changes in quick succession cause one run, milliseconds. */
const CALM_MS = 250;
/** It pauses for this multiple of the time of its work, so that permanent changes take only this share of the main thread. */
const REST_FACTOR = 30;
/** Longest piece of work, after which it yields, milliseconds. */
const SLICE_MS = 4;
/** Number of pools between two reads of the clock. */
const POOLS_PER_LOOK = 16;

/**
 * Formats the texts of pools before a list needs them. Otherwise the first list of many pools, or one after many changes, would wait
 * for every one. After the first run it formats only the pools whose health changed, until the configuration changes. Returns the
 * function that ends this.
 */
export function prerenderPools(store: Store, health: PoolHealthSource): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isUnderWay = false;
  let isDue = false;
  let isStopped = false;
  let workedMs = 0;
  let restUntilMs = 0;
  /** The pools of the last complete run, and the same by identifier; undefined: the next run formats all. */
  let rendered: { readonly pools: readonly Pool[]; readonly byId: ReadonlyMap<string, Pool> } | undefined;
  /** Identifiers of pools whose health may have changed since the last run began. */
  let changed = new Set<string>();

  async function render(): Promise<void> {
    const due = changed;
    changed = new Set();
    const before = rendered;
    rendered = undefined;
    if (health.pools > PRERENDERED_POOLS_MAX) return;
    const readMs = performance.now();
    const pools = await allPools(store);
    const known = before?.pools === pools ? before : { pools, byId: mapOf(pools) };
    const wanted = known === before ? [...due].flatMap((id) => known.byId.get(id) ?? []) : pools;
    let fromMs = performance.now();
    workedMs = fromMs - readMs;
    for (const [i, pool] of wanted.entries()) {
      if (i % POOLS_PER_LOOK === 0 && performance.now() >= fromMs + SLICE_MS) {
        workedMs += performance.now() - fromMs;
        await sleep(SLICE_MS);
        if (isStopped) return;
        fromMs = performance.now();
      }
      poolText(pool, health);
    }
    workedMs += performance.now() - fromMs;
    rendered = known;
  }

  async function begin(): Promise<void> {
    timer = undefined;
    isDue = false;
    isUnderWay = true;
    // While the store is unreachable there is nothing new, and its return is a change. A list reports any other error.
    await render().catch(() => undefined);
    restUntilMs = performance.now() + REST_FACTOR * workedMs;
    isUnderWay = false;
    if (isDue) soon();
  }

  function soon(): void {
    isDue = true;
    if (isStopped || isUnderWay) return;
    timer ??= setTimeout(begin, Math.max(CALM_MS, restUntilMs - performance.now())).unref();
  }

  const unwatch = health.watch((pools) => {
    if (rendered !== undefined || isUnderWay) for (const id of pools) changed.add(id);
    soon();
  });
  // Pools whose health is not known yet are marked once it is.
  if (health.pools > 0) soon();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    unwatch();
  };
}

function mapOf(pools: readonly Pool[]): Map<string, Pool> {
  return new Map(pools.map((pool) => [pool.id, pool]));
}
