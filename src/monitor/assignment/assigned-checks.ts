import type { Check, CheckKey } from '../../check/check.ts';
import type { Worker } from '../../check/worker.ts';
import type { Observation, ObservationKey } from '../../health/observation.ts';
import { assigned } from '../../voting/assignment.ts';
import type { CheckIndex } from './check-index.ts';
import { createRegional } from './regional.ts';

/** Who this worker is, and what tells it which checks there are. */
export interface AssignedChecksOptions {
  readonly worker: Worker;
  readonly index: CheckIndex;
  /** Workers of the region that run each check. */
  readonly probersPerRegion: number;
  /** A check is this worker's, or still is and may have another interval. */
  readonly begin: (check: Check) => void;
  /** A check is no longer this worker's. */
  readonly end: (key: CheckKey) => void;
  /** An observation of this worker is missing in the store. */
  readonly publish: (observation: Observation) => void;
  /** An observation is to be forgotten by the store. */
  readonly drop: (key: ObservationKey) => void;
}

/**
 * Which checks are this worker's, what it holds about them, and what it takes over. Each worker forgets its own
 * observations; those of workers that are gone are forgotten by whoever has their checks now. A check handed to
 * another live worker leaves this one's observation in place until the other's is there, so that the region never
 * falls silent about it.
 */
export interface AssignedChecks {
  /** Takes in who is live in the region, this worker included. reassign() follows. */
  setLive(workers: readonly string[]): void;
  /** Decides anew about these checks. */
  reassign(keys: Iterable<CheckKey>): void;
  /** Takes in what others of the region published. */
  observed(observations: readonly Observation[]): void;
  /** Takes in all that the store holds, and brings the store in line with what is held here. */
  resync(observations: readonly Observation[]): void;
  has(key: CheckKey): boolean;
  /** What the next result of a check continues: this worker's observation, or the newest of its region. */
  before(key: CheckKey): Observation | undefined;
  /** Notes this worker's newest observation; returns what of others it replaces. */
  record(observation: Observation): readonly ObservationKey[];
  readonly size: number;
  /** Checks handed over, whose new holder was not heard of yet. */
  readonly releasing: number;
}

/** Holds nothing yet. */
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
      // In the store as well, where a result of ours may still be on its way: nothing else would ever take it out.
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

  /** The check exists no more. */
  function forget(key: CheckKey): void {
    if (assignedKeys.delete(key)) end(key);
    forgetMine(key);
    dropOrphans(key);
  }

  function forgetMine(key: CheckKey): void {
    releasing.delete(key);
    if (own.delete(key)) drop({ check: key, region: worker.region, worker: worker.id });
  }

  /** Of a check that nobody has: one worker, the same for all, clears up after those that are gone. */
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
        // Another had the check meanwhile, while this worker abstained: its health and streak go on.
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
