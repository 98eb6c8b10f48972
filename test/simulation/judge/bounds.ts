import type { ReportedState } from '../../../src/event/reported.ts';
import { servedPool } from '../../../src/serve/health/pool-view.ts';
import { regionScopeOf, scopeIncludes } from '../../../src/voting/region-scope.ts';
import type { SimulatedNode, World } from '../world/world.ts';
import { Broken } from './broken.ts';

/** Timers and answers that one process waits for at a time, beyond some for each check. */
const PENDING_MAX = 50;

/** What is kept is bounded by what there is; `voting`: the regions that must have come to rest, none while there is unrest. */
export function checkBounds(world: World, voting: readonly string[]): void {
  const { administrator, plan, server, time } = world;
  const fail = (rule: string, details: object): never => {
    throw new Broken(rule, time.nowMs, details);
  };
  const checksIn = (region?: string) =>
    administrator.pools.reduce((sum, pool, at) => {
      const isSeen = region === undefined || scopeIncludes(regionScopeOf(pool), region);
      return isSeen ? sum + pool.endpoints.length * (plan.pools[at]?.group?.length ?? 1) : sum;
    }, 0);
  for (const { process } of [...world.workers, ...world.nodes])
    if (process.state === 'running' && process.pending > PENDING_MAX + 6 * checksIn())
      fail('a process waits for ever more', { process: process.name, pending: process.pending });
  if (server.followers > world.workers.length + world.nodes.length)
    fail('followers are left behind', { followers: server.followers });
  // What ended is bounded by itself. Of a region whose workers are all gone nobody is left to forget what its last ones said.
  for (const region of voting) {
    const most = checksIn(region) * plan.probersPerRegion;
    const held = [...server.held.values()].filter((each) => each.region === region && !each.ended);
    if (held.length > most)
      fail('observations are left behind in the store', { region, held: held.length, most });
  }
}

/** Whether a node reads all that is written: it runs, reaches the store, and has no reason not to believe it. */
export function isFollowing(world: World, { link, process, isBeingReplaced }: SimulatedNode): boolean {
  const { administrator } = world;
  if (!link.isUp || process.state !== 'running' || isBeingReplaced || !administrator.isSettled) return false;
  // What is written after a replica took over is not followed before somebody adopts it.
  const touchedMs = Math.max(...administrator.pools.map(({ id }) => administrator.touchedMs(id)));
  return touchedMs < (world.setBackMs ?? Number.POSITIVE_INFINITY);
}

/** What was acknowledged is there, and all nodes have it once they had `settledMs` for it. */
export function checkRevisions(world: World, settledMs: number): void {
  const { administrator, server, time } = world;
  if (world.isEmptied || world.setBackMs !== undefined || !administrator.isSettled) return;
  if (server.revision < administrator.acknowledged)
    throw new Broken('an acknowledged write is lost', time.nowMs, {
      acknowledged: administrator.acknowledged,
    });
  const touchedMs = Math.max(...administrator.pools.map(({ id }) => administrator.touchedMs(id)));
  if (time.nowMs <= Math.max(world.disturbedMs, touchedMs) + settledMs) return;
  for (const { name, link, node } of world.nodes)
    if (link.isUp && node.refresh.revision !== server.revision)
      throw new Broken('a node is behind', time.nowMs, {
        node: name,
        at: node.refresh.revision,
        store: server.revision,
      });
}

/**
 * Whether what was reported last is what the node that leads serves (another may be in another region): nothing that turned
 * was left out, whichever node led meanwhile.
 */
export function isReported(world: World, reported: ReadonlyMap<string, ReportedState>): boolean {
  const leading = world.nodes.find(({ node }) => node.leadership.lead !== undefined);
  if (leading === undefined) return false;
  return world.administrator.pools.every((pool) => {
    const state = reported.get(`pool/${pool.id}`);
    const { standing, endpoints } = servedPool(pool, leading.node.refresh);
    const served = endpoints.map((each) => [each.name, each.standing]);
    const said = state?.kind === 'pool' ? [state.standing, state.endpoints] : [];
    return JSON.stringify(said) === JSON.stringify([standing, served]);
  });
}
