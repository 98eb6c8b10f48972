import type { Monitor } from '../check/monitor.ts';
import type { MonitorGroup } from '../check/monitor-group.ts';
import { type PoolMonitor, poolMonitorsOf } from '../check/pool-monitors.ts';
import type { Pool } from '../pool/pool.ts';
import type { Change, Documents, Kind, StoredDocument } from './contract/documents.ts';
import { link, unlink } from './multimap.ts';
import { documentsOf } from './reading/of-kind.ts';

/** The configured documents, with indexes that find the pools that a change concerns. */
export interface Followed {
  /** Replaces everything; returns the ids of all pools, those that are gone included. */
  load(documents: readonly StoredDocument[]): Set<string>;
  /** Takes one revision in; returns the ids of the pools that it concerns by themselves, their monitor or their group. */
  apply(change: Change): Set<string>;
  /** The monitors that run for a pool. */
  poolMonitorsOf(pool: Pool): readonly PoolMonitor[];
  readonly pools: ReadonlyMap<string, Pool>;
}

/** How one kind of documents is followed. */
interface Index<K extends Kind> {
  put(id: string, value: Documents[K]): void;
  drop(id: string): void;
  clear(): void;
  /** Adds the pools that a change of a document concerns. */
  addConcerned(id: string, concerned: Set<string>): void;
}

/** Marks a kind that does not change how pools are checked. */
const OF_NO_POOL = 'of no pool';

/** Creates an empty configuration. A kind that it does not name below does not compile. */
export function createFollowed(): Followed {
  const pools = createPoolIndex();
  const groups = createGroupIndex(pools);
  const monitors = createMonitorIndex(pools, groups);
  const indexes: { readonly [K in Kind]: Index<K> | typeof OF_NO_POOL } = {
    load_balancer: OF_NO_POOL,
    pool: pools,
    monitor_group: groups,
    monitor: monitors,
    override: OF_NO_POOL,
    zone: OF_NO_POOL,
    record: OF_NO_POOL,
    token: OF_NO_POOL,
  };
  const indexOf = (kind: Kind) => {
    const index = indexes[kind] as Index<Kind> | typeof OF_NO_POOL;
    return index === OF_NO_POOL ? undefined : index;
  };
  const put = ({ kind, id, value }: StoredDocument) => {
    const index = indexOf(kind);
    index?.drop(id);
    index?.put(id, value);
  };
  return {
    load(documents) {
      const concerned = new Set(pools.values.keys());
      for (const index of [pools, groups, monitors]) index.clear();
      for (const { id, value } of documentsOf(documents, 'pool')) pools.put(id, value);
      for (const { id, value } of documentsOf(documents, 'monitor_group')) groups.put(id, value);
      for (const { id, value } of documentsOf(documents, 'monitor')) monitors.put(id, value);
      for (const id of pools.values.keys()) concerned.add(id);
      return concerned;
    },
    apply({ entries }) {
      const concerned = new Set<string>();
      for (const entry of entries) {
        const { kind, id } = entry.op === 'put' ? entry.document : entry;
        if (entry.op === 'put') put(entry.document);
        else indexOf(kind)?.drop(id);
        indexOf(kind)?.addConcerned(id, concerned);
      }
      return concerned;
    },
    poolMonitorsOf: (pool) => poolMonitorsOf(pool, monitors.values, groups.values),
    pools: pools.values,
  };
}

function createPoolIndex() {
  const values = new Map<string, Pool>();
  const ofMonitor = new Map<string, Set<string>>();
  const ofGroup = new Map<string, Set<string>>();
  return {
    values,
    ofMonitor,
    ofGroup,
    put(id, pool) {
      values.set(id, pool);
      if (pool.monitor) link(ofMonitor, pool.monitor, id);
      if (pool.monitorGroup) link(ofGroup, pool.monitorGroup, id);
    },
    drop(id) {
      const was = values.get(id);
      if (was?.monitor) unlink(ofMonitor, was.monitor, id);
      if (was?.monitorGroup) unlink(ofGroup, was.monitorGroup, id);
      values.delete(id);
    },
    clear() {
      for (const all of [values, ofMonitor, ofGroup]) all.clear();
    },
    addConcerned: (id, concerned) => void concerned.add(id),
  } satisfies Index<'pool'> & Record<string, unknown>;
}

function createGroupIndex(pools: ReturnType<typeof createPoolIndex>) {
  const values = new Map<string, MonitorGroup>();
  const ofMonitor = new Map<string, Set<string>>();
  return {
    values,
    ofMonitor,
    put(id, group) {
      values.set(id, group);
      for (const { monitorId } of group.members) link(ofMonitor, monitorId, id);
    },
    drop(id) {
      for (const { monitorId } of values.get(id)?.members ?? []) unlink(ofMonitor, monitorId, id);
      values.delete(id);
    },
    clear() {
      for (const all of [values, ofMonitor]) all.clear();
    },
    addConcerned(id, concerned) {
      for (const pool of pools.ofGroup.get(id) ?? []) concerned.add(pool);
    },
  } satisfies Index<'monitor_group'> & Record<string, unknown>;
}

function createMonitorIndex(
  pools: ReturnType<typeof createPoolIndex>,
  groups: ReturnType<typeof createGroupIndex>,
) {
  const values = new Map<string, Monitor>();
  return {
    values,
    put: (id, monitor) => void values.set(id, monitor),
    drop: (id) => void values.delete(id),
    clear: () => values.clear(),
    addConcerned(id, concerned) {
      for (const pool of pools.ofMonitor.get(id) ?? []) concerned.add(pool);
      for (const group of groups.ofMonitor.get(id) ?? []) groups.addConcerned(group, concerned);
    },
  } satisfies Index<'monitor'> & Record<string, unknown>;
}
