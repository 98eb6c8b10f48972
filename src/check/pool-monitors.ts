import type { Pool } from '../pool/pool.ts';
import type { Monitor } from './monitor.ts';
import type { MonitorGroup } from './monitor-group.ts';

/** How a monitor counts for the endpoints of a pool. */
export interface MonitorRole {
  /** It has no vote. */
  readonly monitoringOnly: boolean;
  /** Its failure alone makes an endpoint unhealthy. */
  readonly mustBeHealthy: boolean;
}

/** A monitor that runs for a pool. */
export interface PoolMonitor extends MonitorRole {
  readonly monitor: Monitor;
}

/** The role of the monitor of a pool without a group: the only vote. */
const ONLY_MONITOR: MonitorRole = { monitoringOnly: false, mustBeHealthy: false };

/**
 * Returns the monitors that run for a pool: its own, or the enabled ones of its group, in the order of the group. It
 * leaves out those that do not exist.
 */
export function poolMonitorsOf(
  pool: Pool,
  monitors: ReadonlyMap<string, Monitor>,
  groups: ReadonlyMap<string, MonitorGroup>,
): readonly PoolMonitor[] {
  if (pool.monitorGroup) {
    const members = groups.get(pool.monitorGroup)?.members ?? [];
    return members.flatMap(({ enabled, monitorId, monitoringOnly, mustBeHealthy }) => {
      const monitor = enabled ? monitors.get(monitorId) : undefined;
      return monitor ? [{ monitor, monitoringOnly, mustBeHealthy }] : [];
    });
  }
  const monitor = pool.monitor ? monitors.get(pool.monitor) : undefined;
  return monitor ? alone(monitor) : [];
}

const aloneByMonitor = new WeakMap<Monitor, readonly PoolMonitor[]>();

/** Returns the list of one monitor without a group, shared by all of its pools, of which there may be many. */
function alone(monitor: Monitor): readonly PoolMonitor[] {
  let list = aloneByMonitor.get(monitor);
  if (list === undefined) aloneByMonitor.set(monitor, (list = [{ monitor, ...ONLY_MONITOR }]));
  return list;
}

/** Returns true for a monitor whose results can make an endpoint unhealthy. */
export function decides({ monitoringOnly, mustBeHealthy }: MonitorRole): boolean {
  return mustBeHealthy || !monitoringOnly;
}
