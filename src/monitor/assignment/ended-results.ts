import { type CheckKeyParts, mayHaveHad, readCheckKey } from '../../check/check.ts';
import type { Ended, Observation, ObservationKey } from '../../health/observation.ts';
import { link, unlink } from '../../store/multimap.ts';
import type { CheckIndex } from './check-index.ts';

/** Most last results of ended checks that one worker keeps in the store. Further ones replace the oldest. */
export const ENDED_RESULTS_MAX = 10_000;
/** How long the store keeps the last result of an ended check, milliseconds. */
export const ENDED_KEPT_MS = 30 * 24 * 3_600_000;

/** The last result of a check that ended. */
export type EndedResult = Observation & { readonly ended: Ended };

/** The last results of ended checks that this worker keeps in the store, and must delete there. */
export interface EndedResults {
  /** Adds a result, unless it is there already. */
  add(result: EndedResult): void;
  has(key: ObservationKey): boolean;
  /** Removes a result without a deletion in the store, since another one replaced it there. */
  delete(key: ObservationKey): void;
  /**
   * Drops results whose check no endpoint can have had any more: `endpointsOf` gives those of a pool by their
   * addresses. Only the results of these pools are looked at; absent: all.
   */
  sweep(endpointsOf: CheckIndex['endpointsOf'], pools?: ReadonlySet<string>): void;
  /** Drops results older than ENDED_KEPT_MS. */
  expire(nowMs: number): void;
  readonly size: number;
}

/** Creates an empty set. `drop` deletes a result in the store. */
export function createEndedResults(drop: (key: ObservationKey) => void): EndedResults {
  /** The one that was added first is first. */
  const results = new Map<string, ObservationKey & Pick<EndedResult, 'ended'>>();
  const namesOfPool = new Map<string, Set<string>>();

  function forget(name: string): ObservationKey | undefined {
    const known = results.get(name);
    if (known === undefined) return undefined;
    results.delete(name);
    for (const pool of known.ended.pools) unlink(namesOfPool, pool, name);
    return { check: known.check, region: known.region, worker: known.worker };
  }

  const dropFirst = () => drop(forget(results.keys().next().value!)!);

  return {
    add({ check, region, worker, ended }) {
      const name = nameOf({ check, region, worker });
      if (results.has(name)) return;
      results.set(name, { check, region, worker, ended });
      for (const pool of ended.pools) link(namesOfPool, pool, name);
      if (results.size > ENDED_RESULTS_MAX) dropFirst();
    },
    has: (key) => results.has(nameOf(key)),
    delete: (key) => void forget(nameOf(key)),
    sweep(endpointsOf, pools) {
      const looked = new Map<string, ReturnType<typeof endpointsOf>>();
      const isLeft = (pool: string, parts: CheckKeyParts) => {
        const endpoints = looked.get(pool) ?? endpointsOf(pool);
        looked.set(pool, endpoints);
        return endpoints.get(parts.address)?.some((each) => mayHaveHad(each, parts)) ?? false;
      };
      for (const id of [...namesOfPool.keys()]) {
        if (pools !== undefined && !pools.has(id)) continue;
        for (const name of [...(namesOfPool.get(id) ?? [])]) {
          const { check, ended } = results.get(name)!;
          const parts = readCheckKey(check);
          if (parts === undefined || !ended.pools.some((pool) => isLeft(pool, parts))) drop(forget(name)!);
        }
      }
    },
    expire(nowMs) {
      for (const { ended } of results.values()) {
        if (ended.atMs > nowMs - ENDED_KEPT_MS) return;
        dropFirst();
      }
    },
    get size() {
      return results.size;
    },
  };
}

function nameOf({ check, region, worker }: ObservationKey): string {
  return JSON.stringify([check, region, worker]);
}
