import type { Pool } from '../pool/pool.ts';
import type { Monitor } from './monitor.ts';
import type { MonitorGroup } from './monitor-group.ts';

/** What the results of a monitor count for the endpoints of a pool. */
export interface Say {
  /** It has no vote. */
  readonly monitoringOnly: boolean;
  /** Its failure alone makes an endpoint unhealthy. */
  readonly mustBeHealthy: boolean;
}

/** A monitor that runs for a pool. */
export interface Watch extends Say {
  readonly monitor: Monitor;
}

/** What the monitor of a pool without a group counts: one vote, which is all there are. */
const ONLY_VOTE: Say = { monitoringOnly: false, mustBeHealthy: false };

/**
 * The monitors that run for a pool: its own, or the enabled ones of its group, in the order of the group. Those that
 * are not there are left out.
 */
export function watchesOf(
  pool: Pool,
  monitors: ReadonlyMap<string, Monitor>,
  groups: ReadonlyMap<string, MonitorGroup>,
): readonly Watch[] {
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

const watches = new WeakMap<Monitor, readonly Watch[]>();

/** A monitor that runs by itself: one list for all of its pools, of which there may be many. */
function alone(monitor: Monitor): readonly Watch[] {
  let list = watches.get(monitor);
  if (list === undefined) watches.set(monitor, (list = [{ monitor, ...ONLY_VOTE }]));
  return list;
}

/** Whether results of a monitor can take an endpoint out. */
export function decides({ monitoringOnly, mustBeHealthy }: Say): boolean {
  return mustBeHealthy || !monitoringOnly;
}
