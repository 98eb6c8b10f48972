import { type Check, type CheckKey, checkKeyOf, checksOf, oneSpelling } from '../../check/check.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import type { Change, StoredDocument } from '../../store/contract/documents.ts';
import { createFollowed } from '../../store/followed.ts';
import { link, unlink } from '../../store/multimap.ts';
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
  /**
   * Returns the pools with an endpoint that had a check which the latest change ended, by disabling the pool or the
   * endpoint or by removing the monitor. None: those endpoints are gone, or another check replaced it.
   */
  restingIn(key: CheckKey): Iterable<string>;
  /** The endpoints of a pool by their addresses in one spelling; none: the pool is gone, or is not checked in this region. */
  endpointsOf(pool: string): ReadonlyMap<string, readonly Endpoint[]>;
  /** Pools that the change taken in last concerned. */
  readonly touchedPools: ReadonlySet<string>;
  /** The checks that disabled endpoints, and those of disabled pools, would have, with these pools. It looks through all pools. */
  resting(): ReadonlyMap<CheckKey, ReadonlySet<string>>;
  readonly size: number;
}

/** Creates an empty index. It leaves out the pools that workers of `region` do not check; absent: none. */
export function createCheckIndex(region?: string): CheckIndex {
  const documents = createFollowed();
  const checksOfPool = new Map<string, ReadonlyMap<CheckKey, Check>>();
  const poolsOfCheck = new Map<CheckKey, Set<string>>();
  const ended = new Map<CheckKey, Set<string>>();
  let touchedPools: ReadonlySet<string> = new Set();

  const isSeen = (pool: Pool) => region === undefined || scopeIncludes(regionScopeOf(pool), region);

  /** Updates the checks of a pool. Adds those it had and those it has to `touched`. */
  function checkAgain(id: string, touched: Set<CheckKey>): void {
    const before = checksOfPool.get(id);
    for (const key of before?.keys() ?? []) {
      unlink(poolsOfCheck, key, id);
      touched.add(key);
    }
    const pool = documents.pools.get(id);
    const isChecked = pool !== undefined && isSeen(pool);
    const checks = checksOf(isChecked ? [pool] : [], documents.poolMonitorsOf);
    if (isChecked && before !== undefined) noteEnded(pool, before, checks);
    if (checks.size > 0) checksOfPool.set(id, checks);
    else checksOfPool.delete(id);
    for (const key of checks.keys()) {
      link(poolsOfCheck, key, id);
      touched.add(key);
    }
  }

  function noteEnded(
    pool: Pool,
    before: ReadonlyMap<CheckKey, Check>,
    checks: ReadonlyMap<CheckKey, Check>,
  ): void {
    const over = [...before.values()].filter(({ key }) => !checks.has(key));
    if (over.length === 0) return;
    const endpoints = new Map(pool.endpoints.map((each) => [each.name, each]));
    const monitors = new Map(documents.poolMonitorsOf(pool).map(({ monitor }) => [monitor.id, monitor]));
    for (const { key, monitor, users } of over) {
      const now = monitors.get(monitor.id) ?? monitor;
      const isThere = users.some(({ endpoint }) => {
        const left = endpoints.get(endpoint.name);
        return left !== undefined && checkKeyOf(now, left) === key;
      });
      if (isThere) link(ended, key, pool.id);
    }
  }

  function touch(poolIds: ReadonlySet<string>): Set<CheckKey> {
    ended.clear();
    touchedPools = poolIds;
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
    restingIn: (key) => ended.get(key) ?? [],
    endpointsOf(id) {
      const pool = documents.pools.get(id);
      const endpoints = pool !== undefined && isSeen(pool) ? pool.endpoints : [];
      return Map.groupBy(endpoints, ({ address }) => oneSpelling(address));
    },
    get touchedPools() {
      return touchedPools;
    },
    resting() {
      const found = new Map<CheckKey, Set<string>>();
      for (const pool of documents.pools.values()) {
        if (!isSeen(pool)) continue;
        const off = pool.endpoints.filter(({ enabled }) => !(enabled && pool.enabled));
        if (off.length === 0) continue;
        const on = { ...pool, enabled: true, endpoints: off.map((each) => ({ ...each, enabled: true })) };
        for (const key of checksOf([on], documents.poolMonitorsOf).keys()) link(found, key, pool.id);
      }
      return found;
    },
    get size() {
      return poolsOfCheck.size;
    },
  };
}
