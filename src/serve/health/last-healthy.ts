import type { Pool } from '../../pool/pool.ts';

/** The names of endpoints by pool. */
export type EndpointsOfPools = ReadonlyMap<string, ReadonlySet<string>>;

/** Remembers which endpoints were in the last answer of a pool that had healthy members. */
export interface LastHealthy {
  /** Names of endpoints; undefined: none are known. */
  of(pool: string): ReadonlySet<string> | undefined;
  /** Takes in the names of the endpoints that answers of a pool hold now. It forgets those of a pool for which nobody wants them. */
  note(pool: Pool, answered: readonly string[]): void;
  forget(pool: string): void;
  /** Forgets the pools that do not exist. */
  retain(exists: (pool: string) => boolean): void;
}

/** Dependencies of createLastHealthy. */
export interface LastHealthyOptions {
  /** What was known before the start. */
  readonly known?: EndpointsOfPools | undefined;
  /** Whether a load balancer wants them of this pool, whatever the pool itself says. */
  readonly isWanted: (pool: string) => boolean;
  /** Called with all that is known when it changed. */
  readonly changed?: ((all: EndpointsOfPools) => void) | undefined;
}

/** Creates the memory. It holds only pools for which somebody wants it. */
export function createLastHealthy({
  known = new Map(),
  isWanted,
  changed = () => {},
}: LastHealthyOptions): LastHealthy {
  const all = new Map(known);

  function forget(pool: string): void {
    if (all.delete(pool)) changed(all);
  }

  return {
    of: (pool) => all.get(pool),
    note({ id, allDown }, answered) {
      if (allDown !== 'last_healthy' && !isWanted(id)) {
        forget(id);
        return;
      }
      if (answered.length === 0) return;
      const names = new Set(answered);
      const was = all.get(id);
      if (was !== undefined && was.size === names.size && names.isSubsetOf(was)) return;
      all.set(id, names);
      changed(all);
    },
    forget,
    retain(exists) {
      for (const pool of all.keys()) if (!exists(pool)) forget(pool);
    },
  };
}
