import type { Check, CheckKey } from '../../check/check.ts';
import type { Worker } from '../../check/worker.ts';
import { ENDED_POOLS_MAX, type Observation, type ObservationKey } from '../../health/observation.ts';
import { assigned } from '../../voting/assignment.ts';
import type { CheckIndex } from './check-index.ts';
import { createEndedResults, type EndedResult } from './ended-results.ts';
import { createRegional } from './regional.ts';

/** Dependencies of createAssignedChecks. */
export interface AssignedChecksOptions {
  readonly worker: Worker;
  readonly index: CheckIndex;
  /** Number of workers of the region that run each check. */
  readonly probersPerRegion: number;
  /** Called when a check is assigned to this worker, and when an assigned one may have changed. */
  readonly begin: (check: Check) => void;
  /** Called when a check is no longer assigned to this worker. */
  readonly end: (key: CheckKey) => void;
  /** Returns milliseconds since the epoch. */
  readonly epochMs: () => number;
  /** Publishes an observation of this worker that is missing in the store, or that is the last one of its check. */
  readonly publish: (observation: Observation) => void;
  /** Deletes an observation from the store. */
  readonly drop: (key: ObservationKey) => void;
}

/**
 * Tracks which checks are assigned to this worker, its observations of them, and what it takes over from others. Each
 * worker deletes its own observations. The observations of a worker that is gone are deleted by the one that has its
 * checks now. When a check moves to another live worker, this one's observation stays until the other's is there, so
 * that the region always has a vote on it. The last result of an ended check stays in the store for
 * explain while its endpoint is configured; their number and age are bounded (ended-results.ts).
 */
export interface AssignedChecks {
  /** Takes in the live workers of the region, this one included. reassign() follows. */
  setLive(workers: readonly string[]): void;
  /** Decides anew whether a check is assigned to this worker. sweep() follows when all of them are decided. */
  reassign(key: CheckKey): void;
  /** Drops the last results of ended checks whose endpoints are gone. `pools`: only those of these pools; absent: all. */
  sweep(pools?: ReadonlySet<string>): void;
  /** Takes in observations that others of the region published. */
  observed(observations: readonly Observation[]): void;
  /**
   * Takes in all observations of the store, and corrects the store where it differs from what this worker observed: one
   * observation or check a step, between which other work may go on.
   */
  resync(observations: readonly Observation[]): Iterable<void>;
  /** Returns true for a check that is assigned to this worker. */
  has(key: CheckKey): boolean;
  /** Returns the observation that the next result of a check continues: this worker's, or the newest of its region. */
  before(key: CheckKey): Observation | undefined;
  /** Notes this worker's newest observation. Returns those of other workers that it replaces. */
  record(observation: Observation): readonly ObservationKey[];
  /** Number of assigned checks. */
  readonly size: number;
  /** Number of checks handed over that their new worker has not observed yet. */
  readonly releasing: number;
}

/** Creates the assigned checks of a worker, of which there are none yet. */
export function createAssignedChecks(options: AssignedChecksOptions): AssignedChecks {
  const { worker, index, probersPerRegion, epochMs, begin, end, publish, drop } = options;
  const regional = createRegional(worker.region, worker.id);
  const assignedKeys = new Set<CheckKey>();
  const own = new Map<CheckKey, Observation>();
  const releasing = new Set<CheckKey>();
  const ended = createEndedResults(drop);
  let live: readonly string[] = [];

  const assigneesOf = (key: CheckKey) => assigned(key, live, probersPerRegion);
  const isTakenOver = (key: CheckKey) => {
    const assignees = assigneesOf(key);
    return regional.of(key).some((other) => other.ended === undefined && assignees.includes(other.worker));
  };

  function assign(check: Check): void {
    const { key } = check;
    if (!assignedKeys.has(key)) {
      const newest = regional.newest(key);
      // Also in the store, where a result of this worker may still arrive: nothing else would delete it.
      if (newest !== undefined && newest.atMs > (own.get(key)?.atMs ?? 0)) forgetMine(key);
    }
    assignedKeys.add(key);
    releasing.delete(key);
    begin(check);
  }

  function release(key: CheckKey): void {
    if (assignedKeys.delete(key)) end(key);
    if (!own.has(key)) return;
    if (isTakenOver(key)) forgetMine(key);
    else releasing.add(key);
  }

  const keyOfMine = (check: CheckKey) => ({ check, region: worker.region, worker: worker.id });

  /** Forgets a check that no longer exists. */
  function forget(key: CheckKey): void {
    if (assignedKeys.delete(key)) end(key);
    const last = own.get(key);
    const pools = [...index.restingIn(key)];
    if (last !== undefined && pools.length > 0) {
      releasing.delete(key);
      own.delete(key);
      rest(last, pools);
    } else forgetMine(key);
    clearUp(key, () => (last === undefined ? pools : []));
  }

  /** Leaves an observation in the store as the last of its check, and tells it. */
  function rest(last: Observation, pools: readonly string[]): void {
    const result = { ...last, ended: { atMs: epochMs(), pools: pools.slice(0, ENDED_POOLS_MAX) } };
    publish(result);
    ended.add(result);
    regional.take(result);
  }

  function forgetMine(key: CheckKey): void {
    releasing.delete(key);
    if (own.delete(key)) drop(keyOfMine(key));
  }

  /**
   * Of a check that nobody has: one worker, the same for all, clears up after those that are gone. What they found last stays
   * where pools are left that had it, and nobody who lives found anything since. `poolsLeft` finds these, and is called only
   * where that matters.
   */
  function clearUp(key: CheckKey, poolsLeft: () => readonly string[]): void {
    if (assigned(key, live, 1)[0] !== worker.id) return;
    const found = regional.of(key);
    const last = found.reduce<Observation | undefined>(
      (newest, each) => (newest !== undefined && newest.atMs >= each.atMs ? newest : each),
      undefined,
    );
    for (const other of found) {
      if (live.includes(other.worker)) continue;
      if (other === last && isEnded(other)) ended.add(other);
      else {
        const pools = other === last ? poolsLeft() : [];
        if (pools.length > 0) rest(other, pools);
        else dropOf(other);
      }
    }
  }

  function dropOf({ check, region, worker: id }: ObservationKey): void {
    ended.delete({ check, region, worker: id });
    drop({ check, region, worker: id });
    regional.remove(check, id);
  }

  /** Another of the region has a check again of which this worker keeps the last result. */
  function noteFoundAgain({ check, region, worker: id, ended: end }: Observation): void {
    const mine = keyOfMine(check);
    if (ended.size === 0 || end !== undefined || region !== worker.region || id === worker.id) return;
    if (!ended.has(mine) || !index.has(check)) return;
    ended.delete(mine);
    drop(mine);
  }

  function dropGone(key: CheckKey): void {
    for (const other of regional.of(key)) {
      if (!live.includes(other.worker)) dropOf(other);
    }
  }

  return {
    setLive(workers) {
      live = workers;
      ended.expire(epochMs());
    },
    reassign(key) {
      const check = index.get(key);
      if (check === undefined) forget(key);
      else if (assigneesOf(key).includes(worker.id)) assign(check);
      else release(key);
    },
    sweep: (pools) => ended.sweep(index.endpointsOf, pools),
    observed(observations) {
      for (const observation of observations) {
        regional.take(observation);
        noteFoundAgain(observation);
        if (releasing.has(observation.check) && isTakenOver(observation.check)) forgetMine(observation.check);
      }
    },
    *resync(observations) {
      yield* regional.load(endedLast(observations));
      const stored = new Set<CheckKey>();
      for (const observation of observations) {
        yield;
        const { check, worker: id } = observation;
        noteFoundAgain(observation);
        if (id !== worker.id) continue;
        stored.add(check);
        if (!own.has(check) && !assignedKeys.has(check) && !ended.has(keyOfMine(check)))
          drop(keyOfMine(check));
      }
      for (const key of own.keys()) {
        yield;
        // Looked up only now: this worker may have a newer result since the last step.
        const observation = own.get(key);
        if (observation === undefined || !assignedKeys.has(key) || stored.has(key)) continue;
        const newest = regional.newest(key);
        // Another worker had the check while this one abstained: the health and streak of that one go on.
        if (newest !== undefined && newest.atMs > observation.atMs) forgetMine(key);
        else publish(observation);
      }
      for (const key of releasing) if (isTakenOver(key)) forgetMine(key);
      /** Found where it is needed, as nearly always it is not. */
      let resting: ReturnType<typeof index.resting> | undefined;
      for (const key of regional.checks()) {
        yield;
        const poolsLeft = () => (own.has(key) ? [] : [...((resting ??= index.resting()).get(key) ?? [])]);
        if (!index.has(key)) clearUp(key, poolsLeft);
        else if (assignedKeys.has(key) && own.has(key)) dropGone(key);
      }
      ended.sweep(index.endpointsOf);
    },
    has: (key) => assignedKeys.has(key),
    before: (key) => own.get(key) ?? regional.newest(key),
    record(observation) {
      const { check } = observation;
      const replaced: ObservationKey[] = [];
      ended.delete(keyOfMine(check));
      if (!own.has(check)) {
        for (const { region, worker: id } of regional.of(check)) {
          if (live.includes(id)) continue;
          const key = { check, region, worker: id };
          regional.remove(check, id);
          ended.delete(key);
          replaced.push(key);
        }
      }
      own.set(check, observation);
      return replaced;
    },
    get size() {
      return assignedKeys.size;
    },
    get releasing() {
      return releasing.size;
    },
  };
}

/** Returns the same observations; the store keeps no order, and of those that ended the oldest goes first. */
function* endedLast(observations: Iterable<Observation>): Generator<Observation> {
  const ended: EndedResult[] = [];
  for (const each of observations)
    if (isEnded(each)) ended.push(each);
    else yield each;
  yield* ended.sort((a, b) => a.ended.atMs - b.ended.atMs);
}

function isEnded(observation: Observation): observation is EndedResult {
  return observation.ended !== undefined;
}
