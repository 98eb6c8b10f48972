import { type Check, type CheckKey, checksOf } from '../../check/check.ts';
import { createFollowed } from '../../store/followed.ts';
import { link, unlink } from '../../store/multimap.ts';
import type { Change, StoredDocument } from '../../store/store.ts';
import { regionScopeOf, scopeIncludes } from '../../voting/region-scope.ts';

/** The checks of a configuration, updated change by change: the same as checksOf() returns for it. */
export interface CheckIndex {
  /** Replaces everything. Returns the keys of all checks, those that ended included. */
  load(documents: readonly StoredDocument[]): Set<CheckKey>;
  /** Takes in one revision. Returns the keys of the checks that may have begun, ended or changed. */
  apply(change: Change): Set<CheckKey>;
  get(key: CheckKey): Check | undefined;
  has(key: CheckKey): boolean;
  keys(): Iterable<CheckKey>;
  readonly size: number;
}

/** Creates an empty index. It leaves out the pools that workers of `region` do not check; absent: none. */
export function createCheckIndex(region?: string): CheckIndex {
  const documents = createFollowed();
  const checksOfPool = new Map<string, ReadonlyMap<CheckKey, Check>>();
  const poolsOfCheck = new Map<CheckKey, Set<string>>();

  /** Updates the checks of a pool. Adds those it had and those it has to `touched`. */
  function checkAgain(id: string, touched: Set<CheckKey>): void {
    for (const key of checksOfPool.get(id)?.keys() ?? []) {
      unlink(poolsOfCheck, key, id);
      touched.add(key);
    }
    const pool = documents.pools.get(id);
    const isChecked =
      pool !== undefined && (region === undefined || scopeIncludes(regionScopeOf(pool), region));
    const checks = checksOf(isChecked ? [pool] : [], documents.poolMonitorsOf);
    if (checks.size > 0) checksOfPool.set(id, checks);
    else checksOfPool.delete(id);
    for (const key of checks.keys()) {
      link(poolsOfCheck, key, id);
      touched.add(key);
    }
  }

  function touch(poolIds: ReadonlySet<string>): Set<CheckKey> {
    const touched = new Set<CheckKey>();
    for (const id of poolIds) checkAgain(id, touched);
    return touched;
  }

  return {
    load: (all) => touch(documents.load(all)),
    apply: (change) => touch(documents.apply(change)),
    get(key) {
      const checks = [...(poolsOfCheck.get(key) ?? [])].map((id) => checksOfPool.get(id)!.get(key)!);
      const [first] = checks;
      return first && { ...first, users: checks.flatMap(({ users }) => users) };
    },
    has: (key) => poolsOfCheck.has(key),
    keys: () => poolsOfCheck.keys(),
    get size() {
      return poolsOfCheck.size;
    },
  };
}
