import { createPieces } from '../../pace/next-turn.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import type { PoolHealthSource } from '../health-source.ts';
import { allPools } from '../pools/all-pools.ts';
import type { PoolState } from './pool-state.ts';
import type { POOL_STATES } from './schema.ts';
import { createTally } from './summary.ts';

/** Time for which all requests share one overview, milliseconds: many pages ask for it at each change. */
export const OVERVIEW_KEPT_MS = 250;
/** Time after which an overview is taken anew although nothing changed, milliseconds. */
export const OVERVIEW_OLD_MS = 5_000;

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
export type Overview = Awaited<ReturnType<typeof takeOverview>>;

/** The source of overviews. */
export interface Overviews {
  /** Returns the overview of now, or one of at most OVERVIEW_KEPT_MS before. Rejects as the store does. */
  look(): Promise<Overview>;
  /** Ends it. */
  stop(): void;
}

/** Creates the source of overviews. One is taken anew only after something changed, or after OVERVIEW_OLD_MS. */
export function createOverviews(
  store: DocumentStore,
  health: PoolHealthSource,
  monotonicMs: () => number = () => performance.now(),
): Overviews {
  let last:
    | { readonly atMs: number; readonly documents: unknown; readonly overview: Promise<Overview> }
    | undefined;
  let isChanged = false;
  const stop = health.watch(() => {
    isChanged = true;
  });
  return {
    stop,
    async look() {
      const { documents } = await store.read();
      const ageMs = monotonicMs() - (last?.atMs ?? Number.NEGATIVE_INFINITY);
      const isSame = last?.documents === documents && !isChanged && ageMs < OVERVIEW_OLD_MS;
      if (last !== undefined && (isSame || ageMs < OVERVIEW_KEPT_MS)) return last.overview;
      isChanged = false;
      const overview = takeOverview(store, health);
      last = { atMs: monotonicMs(), documents, overview };
      overview.catch(() => {
        last = undefined;
      });
      return overview;
    },
  };
}

/** Looks at all pools and load balancers, some at a time. */
async function takeOverview(store: DocumentStore, health: PoolHealthSource) {
  const { documents, revision } = await store.read();
  const pools = await allPools(store);
  const loadBalancers = documentsOf(documents, 'load_balancer').map(({ value }) => value);
  const tally = createTally(health, loadBalancers);
  const states: PoolState[] = [];
  const isLong = createPieces();
  for (const pool of pools) {
    states.push(tally.addPool(pool));
    const rest = isLong();
    if (rest) await rest;
  }
  // Pools come by name, which stays the order within a state.
  const byState = Map.groupBy(states, ({ state }) => state);
  const bySeverity = ORDER.flatMap((state) => byState.get(state) ?? []);
  return {
    revision,
    ...tally.result(),
    overrides: documentsOf(documents, 'override').length,
    pools_by_name: states,
    pools_by_state: bySeverity,
  };
}
