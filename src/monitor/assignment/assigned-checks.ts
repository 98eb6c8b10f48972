import type { Check, CheckKey } from '../../check/check.ts';
import type { Observation, ObservationKey } from '../../health/observation.ts';
import { assigned } from '../../voting/assignment.ts';
import { createLastResults, endedLast, type LastResultsOptions } from './last-results.ts';
import { createRegional } from './regional.ts';

/** Dependencies of createAssignedChecks. */
export interface AssignedChecksOptions extends LastResultsOptions {
  /** Number of workers of the region that run each check. */
  readonly probersPerRegion: number;
  /** Called when a check is assigned to this worker, and when an assigned one may have changed. */
  readonly begin: (check: Check) => void;
  /** Called when a check is no longer assigned to this worker. */
  readonly end: (key: CheckKey) => void;
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
  /** Returns the keys of some observations of this worker, each time of the next ones; at most as many as it has. */
  sample(count: number): readonly ObservationKey[];
  /** Notes this worker's newest observation. Returns those of other workers that it replaces. */
  record(observation: Observation): readonly ObservationKey[];
  /** Number of assigned checks. */
  readonly size: number;
  /** Number of checks handed over that their new worker has not observed yet. */
  readonly releasing: number;
}

/** Creates the assigned checks of a worker, of which there are none yet. */
export function createAssignedChecks(options: AssignedChecksOptions): AssignedChecks {
  const { worker, index, probersPerRegion, begin, end, publish, drop } = options;
  const regional = createRegional(worker.region, worker.id);
  const lastResults = createLastResults(options, regional);
  const assignedKeys = new Set<CheckKey>();
  const own = new Map<CheckKey, Observation>();
  const releasing = new Set<CheckKey>();
  /** Goes round this worker's observations for sample(). */
  let sampled = own.keys();
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
      if (newest !== undefined && newest.atMs > (own.get(key)?.atMs ?? 0)) forgetOwn(key);
    }
    assignedKeys.add(key);
    releasing.delete(key);
    begin(check);
  }

  function release(key: CheckKey): void {
    if (assignedKeys.delete(key)) end(key);
    if (!own.has(key)) return;
    if (isTakenOver(key)) forgetOwn(key);
    else releasing.add(key);
  }

  const keyOfOwn = (check: CheckKey) => ({ check, region: worker.region, worker: worker.id });

  /** Forgets a check that no longer exists. */
  function forget(key: CheckKey): void {
    if (assignedKeys.delete(key)) end(key);
    const last = own.get(key);
    const pools = [...index.restingIn(key)];
    if (last !== undefined && pools.length > 0) {
      releasing.delete(key);
      own.delete(key);
      lastResults.leave(last, pools);
    } else forgetOwn(key);
    lastResults.cleanUp(key, () => (last === undefined ? pools : []));
  }

  function forgetOwn(key: CheckKey): void {
    releasing.delete(key);
    if (own.delete(key)) drop(keyOfOwn(key));
  }

  /** Drops what the store has of this worker and it no longer knows. Returns the checks that the store has of it. */
  function* dropUnknown(observations: readonly Observation[]): Generator<void, Set<CheckKey>> {
    const stored = new Set<CheckKey>();
    for (const observation of observations) {
      yield;
      const { check, worker: id } = observation;
      lastResults.foundAgain(observation);
      if (id !== worker.id) continue;
      stored.add(check);
      if (!own.has(check) && !assignedKeys.has(check) && !lastResults.hasOwn(check)) drop(keyOfOwn(check));
    }
    return stored;
  }

  /** Publishes what the store lacks of this worker. */
  function* publishMissing(stored: ReadonlySet<CheckKey>): Generator<void> {
    for (const key of own.keys()) {
      yield;
      // Looked up only now: this worker may have a newer result since the last step.
      const observation = own.get(key);
      if (observation === undefined || !assignedKeys.has(key) || stored.has(key)) continue;
      const newest = regional.newest(key);
      // Another worker had the check while this one abstained: the health and streak of that one go on.
      if (newest !== undefined && newest.atMs > observation.atMs) forgetOwn(key);
      else publish(observation);
    }
  }

  /** Cleans up after other workers of the region that are gone. */
  function* cleanUpAll(): Generator<void> {
    /** Found where it is needed, as nearly always it is not. */
    let resting: ReturnType<typeof index.resting> | undefined;
    for (const key of regional.checks()) {
      yield;
      const poolsLeft = () => (own.has(key) ? [] : [...((resting ??= index.resting()).get(key) ?? [])]);
      if (!index.has(key)) lastResults.cleanUp(key, poolsLeft);
      else if (assignedKeys.has(key) && own.has(key)) lastResults.dropGone(key);
    }
  }

  return {
    setLive(workers) {
      live = workers;
      lastResults.setLive(workers);
    },
    reassign(key) {
      const check = index.get(key);
      if (check === undefined) forget(key);
      else if (assigneesOf(key).includes(worker.id)) assign(check);
      else release(key);
    },
    sweep: lastResults.sweep,
    observed(observations) {
      for (const observation of observations) {
        regional.take(observation);
        lastResults.foundAgain(observation);
        if (releasing.has(observation.check) && isTakenOver(observation.check)) forgetOwn(observation.check);
      }
    },
    *resync(observations) {
      yield* regional.load(endedLast(observations));
      const stored = yield* dropUnknown(observations);
      yield* publishMissing(stored);
      for (const key of releasing) if (isTakenOver(key)) forgetOwn(key);
      yield* cleanUpAll();
      lastResults.sweep();
    },
    has: (key) => assignedKeys.has(key),
    before: (key) => own.get(key) ?? regional.newest(key),
    sample(count) {
      const keys: ObservationKey[] = [];
      for (let left = Math.min(count, own.size); left > 0; left--) {
        let next = sampled.next();
        if (next.done) {
          sampled = own.keys();
          next = sampled.next();
        }
        if (!next.done) keys.push(keyOfOwn(next.value));
      }
      return keys;
    },
    record(observation) {
      const { check } = observation;
      const replaced: ObservationKey[] = [];
      lastResults.replaced(keyOfOwn(check));
      if (!own.has(check)) {
        for (const { region, worker: id } of regional.of(check)) {
          if (live.includes(id)) continue;
          const key = { check, region, worker: id };
          regional.remove(check, id);
          lastResults.replaced(key);
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
