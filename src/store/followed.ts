import type { Monitor } from '../check/monitor.ts';
import type { MonitorGroup } from '../check/monitor-group.ts';
import { type PoolMonitor, poolMonitorsOf } from '../check/pool-monitors.ts';
import type { Pool } from '../pool/pool.ts';
import { link, unlink } from './multimap.ts';
import type { Change, Kind, StoredDocument } from './store.ts';

/** The configured documents as somebody follows them, with what it takes to find the pools that a change concerns. */
export interface Followed {
  /** Replaces everything; returns the ids of all pools, those that are gone included. */
  load(documents: readonly StoredDocument[]): Set<string>;
  /** Takes one revision in; returns the ids of the pools that it concerns by themselves, their monitor or their group. */
  apply(change: Change): Set<string>;
  /** The monitors that run for a pool. */
  poolMonitorsOf(pool: Pool): readonly PoolMonitor[];
  readonly pools: ReadonlyMap<string, Pool>;
}

/** Follows nothing yet. */
export function createFollowed(): Followed {
  const pools = new Map<string, Pool>();
  const monitors = new Map<string, Monitor>();
  const groups = new Map<string, MonitorGroup>();
  const poolsOfMonitor = new Map<string, Set<string>>();
  const poolsOfGroup = new Map<string, Set<string>>();
  const groupsOfMonitor = new Map<string, Set<string>>();

  function put(document: StoredDocument): void {
    drop(document.kind, document.id);
    switch (document.kind) {
      case 'pool': {
        const { id, value } = document;
        pools.set(id, value);
        if (value.monitor) link(poolsOfMonitor, value.monitor, id);
        if (value.monitorGroup) link(poolsOfGroup, value.monitorGroup, id);
        return;
      }
      case 'monitor_group':
        groups.set(document.id, document.value);
        for (const { monitorId } of document.value.members) link(groupsOfMonitor, monitorId, document.id);
        return;
      case 'monitor':
        monitors.set(document.id, document.value);
    }
  }

  function drop(kind: Kind, id: string): void {
    switch (kind) {
      case 'pool': {
        const was = pools.get(id);
        if (was?.monitor) unlink(poolsOfMonitor, was.monitor, id);
        if (was?.monitorGroup) unlink(poolsOfGroup, was.monitorGroup, id);
        pools.delete(id);
        return;
      }
      case 'monitor_group':
        for (const { monitorId } of groups.get(id)?.members ?? []) unlink(groupsOfMonitor, monitorId, id);
        groups.delete(id);
        return;
      case 'monitor':
        monitors.delete(id);
    }
  }

  function addConcerned(kind: Kind, id: string, concerned: Set<string>): void {
    switch (kind) {
      case 'pool':
        concerned.add(id);
        return;
      case 'monitor_group':
        for (const pool of poolsOfGroup.get(id) ?? []) concerned.add(pool);
        return;
      case 'monitor':
        for (const pool of poolsOfMonitor.get(id) ?? []) concerned.add(pool);
        for (const group of groupsOfMonitor.get(id) ?? []) addConcerned('monitor_group', group, concerned);
    }
  }

  return {
    load(documents) {
      const concerned = new Set(pools.keys());
      for (const all of [pools, monitors, groups, poolsOfMonitor, poolsOfGroup, groupsOfMonitor]) all.clear();
      for (const document of documents) put(document);
      for (const id of pools.keys()) concerned.add(id);
      return concerned;
    },
    apply({ entries }) {
      const concerned = new Set<string>();
      for (const entry of entries) {
        const { kind, id } = entry.op === 'put' ? entry.document : entry;
        if (entry.op === 'put') put(entry.document);
        else drop(kind, id);
        addConcerned(kind, id, concerned);
      }
      return concerned;
    },
    poolMonitorsOf: (pool) => poolMonitorsOf(pool, monitors, groups),
    pools,
  };
}
