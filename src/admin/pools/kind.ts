import type { Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { PoolHealthSource } from '../health-source.ts';
import type { Draft } from '../resource/draft.ts';
import type { ResourceKind } from '../resource/kind.ts';
import { poolView } from './view.ts';

/** A pool of the past has no health. */
const NO_HEALTH: PoolHealthSource = {
  of: ({ endpoints }) => ({ healthy: undefined, endpoints: endpoints.map(() => ({})) }),
  pools: 0,
  watch: () => () => {},
  regions: () => Promise.resolve(new Map()),
};

/** Pools. */
export const POOL: ResourceKind<'pool'> = {
  kind: 'pool',
  noun: 'pool',
  secrets: {},
  writers: 'edit',
  poolsOf: (pool) => [{ name: pool.name }],
  nameOf: ({ name }) => name,
  usesOf: ({ monitor, monitorGroup }) => poolReferences(monitor, monitorGroup).map(({ to }) => to),
  eventView: (pool) => poolView(pool, NO_HEALTH),
};

/** Makes the draft that writes a pool. */
export function poolDraft(pool: Pool): Draft<'pool'> {
  return {
    value: pool,
    unique: [{ key: poolNameKey(pool.name), pointer: '/name', rule: 'is that of another pool' }],
    references: poolReferences(pool.monitor, pool.monitorGroup),
  };
}

/** Lists the references of a pool with this monitor and this group, with their places in the body. */
export function poolReferences(monitor: unknown, group: unknown): Draft<'pool'>['references'] {
  return [
    { kind: 'monitor', id: monitor, pointer: '/monitor' } as const,
    { kind: 'monitor_group', id: group, pointer: '/monitor_group' } as const,
  ].flatMap(({ kind, id, pointer }) =>
    typeof id === 'string' && id !== '' ? [{ to: { kind, id }, pointer }] : [],
  );
}
