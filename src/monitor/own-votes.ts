import type { CheckKey } from '../check/check.ts';
import type { Monitor } from '../check/monitor.ts';
import { isSilent } from '../check/silence.ts';

/** Number of times in a row that a worker cannot run a check, after which it loses its vote on it. */
export const FAULTS_MAX = 3;

/** Tracks on which checks a worker has a vote. It loses its vote on a check that it cannot run, or that has no result. */
export interface OwnVotes {
  /** Notes that a check is due. Returns true where it had no result for too long. `lookupSeconds`: as in isSilent. */
  due(key: CheckKey, monitor: Monitor, lookupSeconds?: number): boolean;
  /** Notes that a check could not run. Returns true where that happened FAULTS_MAX times in a row. */
  failed(key: CheckKey): boolean;
  /** Notes that a probe ended. The check is not silent until settled(), which may take as long as the store does. */
  ended(key: CheckKey): void;
  /** Notes that the end of a probe is processed, if there was one. */
  settled(key: CheckKey): void;
  /** Notes a result of a check. */
  taken(key: CheckKey): void;
  forget(key: CheckKey): void;
}

/** Creates the votes of a worker, which has one on every check. Its memory is bounded by the checks that are not forgotten. */
export function createOwnVotes(): OwnVotes {
  /** How often a check was due since its latest probe ended, and below how often in a row it could not run. */
  const dues = new Map<CheckKey, number>();
  const faults = new Map<CheckKey, number>();
  /** Checks whose probe ended and is not processed yet. */
  const settling = new Set<CheckKey>();

  function count(map: Map<CheckKey, number>, key: CheckKey): number {
    const next = (map.get(key) ?? 0) + 1;
    map.set(key, next);
    return next;
  }

  return {
    due: (key, monitor, lookupSeconds) =>
      !settling.has(key) && isSilent(count(dues, key), monitor, lookupSeconds),
    failed: (key) => count(faults, key) >= FAULTS_MAX,
    ended(key) {
      dues.delete(key);
      settling.add(key);
    },
    settled: (key) => void settling.delete(key),
    taken: (key) => void faults.delete(key),
    forget(key) {
      dues.delete(key);
      settling.delete(key);
      faults.delete(key);
    },
  };
}
