import type { Check, CheckKey } from '../../check/check.ts';
import type { Worker } from '../../check/worker.ts';
import type { Observation, ObservationKey } from '../../health/observation.ts';
import { assigned } from '../../voting/assignment.ts';
import type { CheckIndex } from './check-index.ts';
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
  /** Publishes an observation of this worker that is missing in the store. */
  readonly publish: (observation: Observation) => void;
  /** Deletes an observation from the store. */
  readonly drop: (key: ObservationKey) => void;
}

/**
 * Tracks which checks are assigned to this worker, its observations of them, and what it takes over from others. Each
 * worker deletes its own observations. The observations of a worker that is gone are deleted by the one that has its
 * checks now. When a check moves to another live worker, this one's observation stays until the other's is there, so
 * that the region always has a vote on it.
 */
export interface AssignedChecks {
  /** Takes in the live workers of the region, this one included. reassign() follows. */
  setLive(workers: readonly string[]): void;
  /** Decides anew which of these checks are assigned to this worker. */
  reassign(keys: Iterable<CheckKey>): void;
  /** Takes in observations that others of the region published. */
  observed(observations: readonly Observation[]): void;
  /** Takes in all observations of the store, and corrects the store where it differs from what this worker observed. */
  resync(observations: readonly Observation[]): void;
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
  const { worker, index, probersPerRegion, begin, end, publish, drop } = options;
  const regional = createRegional(worker.region, worker.id);
  const assignedKeys = new Set<CheckKey>();
  const own = new Map<CheckKey, Observation>();
  const releasing = new Set<CheckKey>();
  let live: readonly string[] = [];

  const assigneesOf = (key: CheckKey) => assigned(key, live, probersPerRegion);
  const isTakenOver = (key: CheckKey) => {
    const assignees = assigneesOf(key);
    return regional.of(key).some((other) => assignees.includes(other.worker));
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

  /** Forgets a check that no longer exists. */
  function forget(key: CheckKey): void {
    if (assignedKeys.delete(key)) end(key);
    forgetMine(key);
    dropOrphans(key);
  }

  function forgetMine(key: CheckKey): void {
    releasing.delete(key);
    if (own.delete(key)) drop({ check: key, region: worker.region, worker: worker.id });
  }

  /** Deletes the observations of a check without workers: one worker, the same for all, does it. */
  function dropOrphans(key: CheckKey): void {
    if (assigned(key, live, 1)[0] === worker.id) dropGone(key);
  }

  function dropGone(key: CheckKey): void {
    for (const other of regional.of(key)) {
      if (live.includes(other.worker)) continue;
      drop(other);
      regional.remove(key, other.worker);
    }
  }

  return {
    setLive(workers) {
      live = workers;
    },
    reassign(keys) {
      for (const key of keys) {
        const check = index.get(key);
        if (check === undefined) forget(key);
        else if (assigneesOf(key).includes(worker.id)) assign(check);
        else release(key);
      }
    },
    observed(observations) {
      for (const observation of observations) {
        regional.take(observation);
        if (releasing.has(observation.check) && isTakenOver(observation.check)) forgetMine(observation.check);
      }
    },
    resync(observations) {
      regional.load(observations);
      const stored = new Set<CheckKey>();
      for (const { check, worker: id } of observations) {
        if (id !== worker.id) continue;
        stored.add(check);
        if (!own.has(check) && !assignedKeys.has(check)) drop({ check, region: worker.region, worker: id });
      }
      for (const [key, observation] of own) {
        if (!assignedKeys.has(key) || stored.has(key)) continue;
        const newest = regional.newest(key);
        // Another worker had the check while this one abstained: the health and streak of that one go on.
        if (newest !== undefined && newest.atMs > observation.atMs) forgetMine(key);
        else publish(observation);
      }
      for (const key of releasing) if (isTakenOver(key)) forgetMine(key);
      for (const key of [...regional.checks()]) {
        if (!index.has(key)) dropOrphans(key);
        else if (assignedKeys.has(key) && own.has(key)) dropGone(key);
      }
    },
    has: (key) => assignedKeys.has(key),
    before: (key) => own.get(key) ?? regional.newest(key),
    record(observation) {
      const { check } = observation;
      const replaced: ObservationKey[] = [];
      if (!own.has(check)) {
        for (const { region, worker: id } of regional.of(check)) {
          if (live.includes(id)) continue;
          regional.remove(check, id);
          replaced.push({ check, region, worker: id });
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
