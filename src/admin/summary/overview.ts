import { createPieces } from '../../pace/next-turn.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import type { PoolHealthSource } from '../health-source.ts';
import { allPools } from '../pools/all-pools.ts';
import { type PoolState, poolStateOf } from './pool-state.ts';
import type { POOL_STATES } from './schema.ts';
import { createTally } from './summary.ts';

/** Time for which all requests share one overview, milliseconds: many pages ask for it at each change. */
export const OVERVIEW_KEPT_MS = 250;

/** What is first in lists: what needs a person most. */
const ORDER: Readonly<Record<(typeof POOL_STATES)[number], number>> = {
  unhealthy: 0,
  unknown: 1,
  maintenance: 2,
  healthy: 3,
  unmonitored: 4,
  disabled: 5,
};

/** All pools with their states, and what is wrong. */
export type Overview = Awaited<ReturnType<typeof takeOverview>>;

/** Creates the source of overviews. Those that are asked for within OVERVIEW_KEPT_MS are one. It rejects as the store does. */
export function createOverviews(
  store: DocumentStore,
  health: PoolHealthSource,
  monotonicMs: () => number = () => performance.now(),
): () => Promise<Overview> {
  let last: { readonly atMs: number; readonly overview: Promise<Overview> } | undefined;
  return () => {
    const now = monotonicMs();
    if (last !== undefined && now - last.atMs < OVERVIEW_KEPT_MS) return last.overview;
    const overview = takeOverview(store, health);
    last = { atMs: now, overview };
    overview.catch(() => {
      last = undefined;
    });
    return overview;
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
    tally.addPool(pool);
    states.push(poolStateOf(pool, health).view);
    const rest = isLong();
    if (rest) await rest;
  }
  // Pools come by name, and a stable sort keeps that within a state.
  const bySeverity = states.toSorted((a, b) => ORDER[a.state] - ORDER[b.state]);
  return {
    revision,
    ...tally.result(),
    overrides: documentsOf(documents, 'override').length,
    pools_by_name: states,
    pools_by_state: bySeverity,
  };
}
