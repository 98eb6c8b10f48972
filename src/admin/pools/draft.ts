import type { Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { Draft } from '../resource/write.ts';

/** What a pool is written with. */
export function poolDraft(pool: Pool): Draft<'pool'> {
  return {
    value: pool,
    unique: [{ key: poolNameKey(pool.name), pointer: '/name', rule: 'is that of another pool' }],
    references: poolReferences(pool.monitor, pool.monitorGroup),
  };
}

/** What a pool with this monitor and this group, as they stand in its body, refers to. */
export function poolReferences(monitor: unknown, group: unknown): Draft<'pool'>['references'] {
  return [
    { kind: 'monitor', id: monitor, pointer: '/monitor' } as const,
    { kind: 'monitor_group', id: group, pointer: '/monitor_group' } as const,
  ].flatMap(({ kind, id, pointer }) =>
    typeof id === 'string' && id !== '' ? [{ to: { kind, id }, pointer }] : [],
  );
}
