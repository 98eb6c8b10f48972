import type { CheckKey } from '../check/check.ts';
import type { Monitor } from '../check/monitor.ts';
import { isSilent } from '../check/silence.ts';

/** A worker that was unable to make a check so often in a row has no say in it any more. */
export const FAULTS_MAX = 3;

/** In which checks a worker has a say: it loses it when it cannot make a check, or gets no result of it. */
export interface Say {
  /** A check is due; says whether it has had no result for too long. `lookupSeconds`: as in isSilent. */
  due(key: CheckKey, monitor: Monitor, lookupSeconds?: number): boolean;
  /** A check could not be made; says whether that was so too often in a row. */
  failed(key: CheckKey): boolean;
  /** A check came to an end, whatever is made of it: until settled(), which may take as long as the store, it is not silent. */
  ended(key: CheckKey): void;
  /** What is to be made of its end was made, if it came to one. */
  settled(key: CheckKey): void;
  /** A result was taken in. */
  taken(key: CheckKey): void;
  forget(key: CheckKey): void;
}

/** Has a say in every check. What it remembers is bounded by the checks that it is told of and has not to forget. */
export function createSay(): Say {
  /** How often a check was due since it came to an end, and how often in a row it could not be made. */
  const dues = new Map<CheckKey, number>();
  const faults = new Map<CheckKey, number>();
  /** Checks that came to an end of which nothing is made yet. */
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
