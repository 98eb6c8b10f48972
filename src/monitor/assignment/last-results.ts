import type { CheckKey } from '../../check/check.ts';
import type { Worker } from '../../check/worker.ts';
import { ENDED_POOLS_MAX, type Observation, type ObservationKey } from '../../health/observation.ts';
import { assigned } from '../../voting/assignment.ts';
import type { CheckIndex } from './check-index.ts';
import { createEndedResults, type EndedResult } from './ended-results.ts';
import type { Regional } from './regional.ts';

/** Dependencies of createLastResults. */
export interface LastResultsOptions {
  readonly worker: Worker;
  readonly index: CheckIndex;
  /** Returns milliseconds since the epoch. */
  readonly epochMs: () => number;
  /** Publishes an observation of this worker that is missing in the store, or that is the last one of its check. */
  readonly publish: (observation: Observation) => void;
  /** Deletes an observation from the store. */
  readonly drop: (key: ObservationKey) => void;
}

/** The last results of ended checks, and the observations of workers that are gone: this worker leaves or deletes them in the store. */
export interface LastResults {
  /** Takes in the live workers of the region, this one included. */
  setLive(workers: readonly string[]): void;
  /** Leaves an observation in the store as the last result of its check, for these pools. */
  leave(last: Observation, pools: readonly string[]): void;
  /** Returns true where this worker keeps its own last result of a check. */
  hasOwn(check: CheckKey): boolean;
  /** Notes that another observation replaced a last result. */
  replaced(key: ObservationKey): void;
  /** Drops this worker's last result of a check that another worker of the region found something of again. */
  foundAgain(observation: Observation): void;
  /**
   * Cleans up after workers that are gone, of a check that nobody has: one worker does, the same for all. What they found last
   * stays where pools are left that had it, and no live worker found anything since. `poolsLeft` finds these, and is called only
   * where that matters.
   */
  cleanUp(check: CheckKey, poolsLeft: () => readonly string[]): void;
  /** Drops the observations of workers that are gone. */
  dropGone(check: CheckKey): void;
  /** Drops the last results whose endpoints are gone; only those of these pools, unless absent. */
  sweep(pools?: ReadonlySet<string>): void;
}

/** Creates an empty set of last results. `regional`: what the other workers of the region observed. */
export function createLastResults(
  { worker, index, epochMs, publish, drop }: LastResultsOptions,
  regional: Regional,
): LastResults {
  const ended = createEndedResults(drop);
  let live: readonly string[] = [];
  const own = (check: CheckKey) => ({ check, region: worker.region, worker: worker.id });

  function leave(last: Observation, pools: readonly string[]): void {
    const result = { ...last, ended: { atMs: epochMs(), pools: pools.slice(0, ENDED_POOLS_MAX) } };
    publish(result);
    ended.add(result);
    regional.take(result);
  }

  function dropOf({ check, region, worker: id }: ObservationKey): void {
    ended.delete({ check, region, worker: id });
    drop({ check, region, worker: id });
    regional.remove(check, id);
  }

  return {
    setLive(workers) {
      live = workers;
      ended.expire(epochMs());
    },
    leave,
    hasOwn: (check) => ended.has(own(check)),
    replaced: (key) => ended.delete(key),
    foundAgain({ check, region, worker: id, ended: end }) {
      if (ended.size === 0 || end !== undefined || region !== worker.region || id === worker.id) return;
      if (!ended.has(own(check)) || !index.has(check)) return;
      ended.delete(own(check));
      drop(own(check));
    },
    cleanUp(check, poolsLeft) {
      if (assigned(check, live, 1)[0] !== worker.id) return;
      const found = regional.of(check);
      const last = found.reduce<Observation | undefined>(
        (newest, each) => (newest !== undefined && newest.atMs >= each.atMs ? newest : each),
        undefined,
      );
      for (const other of found) {
        if (live.includes(other.worker)) continue;
        if (other === last && isEnded(other)) ended.add(other);
        else {
          const pools = other === last ? poolsLeft() : [];
          if (pools.length > 0) leave(other, pools);
          else dropOf(other);
        }
      }
    },
    dropGone(check) {
      for (const other of regional.of(check)) if (!live.includes(other.worker)) dropOf(other);
    },
    sweep: (pools) => ended.sweep(index.endpointsOf, pools),
  };
}

/** Returns the same observations; the store keeps no order, and of those that ended the oldest goes first. */
export function* endedLast(observations: Iterable<Observation>): Generator<Observation> {
  const ended: EndedResult[] = [];
  for (const each of observations)
    if (isEnded(each)) ended.push(each);
    else yield each;
  yield* ended.sort((a, b) => a.ended.atMs - b.ended.atMs);
}

function isEnded(observation: Observation): observation is EndedResult {
  return observation.ended !== undefined;
}
