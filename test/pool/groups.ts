import type { Monitor } from '../../src/check/monitor.ts';
import type { GroupMember, MonitorGroup } from '../../src/check/monitor-group.ts';
import { type PoolMonitor, poolMonitorsOf } from '../../src/check/pool-monitors.ts';
import type { Pool } from '../../src/pool/pool.ts';
import { makeMonitor } from '../probe/checks.ts';

const WHEN = '2026-01-01T00:00:00.000000Z';

export function makeMember(fields: Partial<GroupMember> = {}): GroupMember {
  return {
    monitorId: makeMonitor().id,
    enabled: true,
    monitoringOnly: false,
    mustBeHealthy: false,
    createdAt: WHEN,
    updatedAt: WHEN,
    ...fields,
  };
}

export function makeGroup(fields: Partial<MonitorGroup> = {}): MonitorGroup {
  return {
    id: '9d1a7e3c5b2f4a60818c3d2e1f0a9b8c',
    description: '',
    members: [makeMember()],
    createdOn: WHEN,
    modifiedOn: WHEN,
    ...fields,
  };
}

/** The monitors that run for a pool, where these are all that there are. */
export function watchesAmong(
  monitors: readonly Monitor[],
  groups: readonly MonitorGroup[] = [],
): (pool: Pool) => readonly PoolMonitor[] {
  const byId = <T extends { id: string }>(all: readonly T[]) => new Map(all.map((each) => [each.id, each]));
  return (pool) => poolMonitorsOf(pool, byId(monitors), byId(groups));
}
