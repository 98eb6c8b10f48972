import { createPieces } from '../../pace/next-turn.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DocumentStore, StoredDocument } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import type { PoolHealthSource } from '../health-source.ts';
import { allPools } from '../pools/all-pools.ts';
import type { PoolState } from './pool-state.ts';
import type { POOL_STATES } from './schema.ts';
import { createTally, type Tally } from './summary.ts';

/** Time for which all requests share one overview, milliseconds: many pages ask for it at each change. */
export const OVERVIEW_KEPT_MS = 250;
/** Time after which an overview is taken anew although nothing changed, milliseconds. */
export const OVERVIEW_OLD_MS = 5_000;
/** Time without a request after which all counts are forgotten, because they take memory, milliseconds. */
export const OVERVIEW_UNUSED_MS = 60_000;

/** What is first in lists: what needs a person most. */
const ORDER: readonly (typeof POOL_STATES)[number][] = [
  'unhealthy',
  'unknown',
  'maintenance',
  'healthy',
  'unmonitored',
  'disabled',
];

/** All pools with their states, and what is wrong. */
export type Overview = ReturnType<typeof overviewOf>;

/** Orders all pools; what needs a person most comes first. */
type OrderByState = (pools: readonly Pool[]) => readonly Pool[];

/** The source of overviews. */
export interface Overviews {
  /** Returns the overview of now, or one of less than `keptMs` milliseconds before. Rejects as the store does. */
  look(keptMs?: number): Promise<Overview>;
  /** Ends it. */
  stop(): void;
}

/**
 * Creates the source of overviews. One is taken anew only after something changed, or after OVERVIEW_OLD_MS, and then counts only
 * those pools anew that changed.
 */
export function createOverviews(
  store: DocumentStore,
  health: PoolHealthSource,
  monotonicMs: () => number = () => performance.now(),
): Overviews {
  let tally = createTally(health);
  let byState = orderOf(tally);
  let last: { readonly atMs: number; readonly documents: unknown; readonly overview: Overview } | undefined;
  let taking: Promise<Overview> | undefined;
  /** Pools that may have changed since they were counted. */
  let changed = new Set<string>();
  let forgetting: NodeJS.Timeout | undefined;
  const unwatch = health.watch((pools) => {
    if (tally.size > 0) for (const id of pools) changed.add(id);
  });

  function forget(): void {
    tally = createTally(health);
    byState = orderOf(tally);
    last = undefined;
    changed.clear();
  }

  /** Counts what changed, some at a time. */
  async function take(): Promise<Overview> {
    const { documents, revision } = await store.read();
    const atMs = monotonicMs();
    const isRead = last?.documents === documents;
    if (last !== undefined && isRead && changed.size === 0 && atMs - last.atMs < OVERVIEW_OLD_MS)
      return last.overview;
    const pools = await allPools(store);
    const due = changed;
    changed = new Set();
    const isLong = createPieces();
    for (const id of due) {
      tally.putAgain(id);
      const rest = isLong();
      if (rest) await rest;
    }
    if (!isRead) {
      for (const pool of pools) {
        if (!tally.has(pool)) tally.put(pool);
        const rest = isLong();
        if (rest) await rest;
      }
      if (tally.size > pools.length) tally.keepOnly(new Set(pools.map(({ id }) => id)));
    }
    const overview = overviewOf(tally, byState, pools, documents, revision);
    last = { atMs, documents, overview };
    return overview;
  }

  return {
    stop() {
      clearTimeout(forgetting);
      unwatch();
    },
    async look(keptMs = OVERVIEW_KEPT_MS) {
      clearTimeout(forgetting);
      forgetting = setTimeout(forget, OVERVIEW_UNUSED_MS).unref();
      if (last !== undefined && monotonicMs() - last.atMs < keptMs) return last.overview;
      taking ??= take().finally(() => {
        taking = undefined;
      });
      return taking;
    },
  };
}

function overviewOf(
  tally: Tally,
  byState: OrderByState,
  pools: readonly Pool[],
  documents: readonly StoredDocument[],
  revision: number,
) {
  const loadBalancers = documentsOf(documents, 'load_balancer').map(({ value }) => value);
  return {
    summary: {
      revision,
      ...tally.result(loadBalancers),
      overrides: documentsOf(documents, 'override').length,
    },
    poolsByName: pools,
    /** What needs a person most comes first. */
    poolsByState: () => byState(pools),
    /** The states of some of its pools, without those that are deleted meanwhile. */
    viewsOf: (some: readonly Pool[]): readonly PoolState[] =>
      some.flatMap(({ id }) => tally.viewOf(id) ?? []),
  };
}

/** Pools by name stay in that order within a state. The order lasts until a pool has another state: most changes are within a pool. */
function orderOf(tally: Tally): OrderByState {
  let last:
    | { readonly pools: readonly Pool[]; readonly at: number; readonly ordered: readonly Pool[] }
    | undefined;
  return (pools) => {
    if (last?.pools === pools && last.at === tally.stateChanges) return last.ordered;
    const states = Map.groupBy(pools, ({ id }) => tally.viewOf(id)?.state);
    const ordered = ORDER.flatMap((state) => states.get(state) ?? []);
    last = { pools, at: tally.stateChanges, ordered };
    return ordered;
  };
}
