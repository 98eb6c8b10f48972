import { withPools } from '../../load-balancer/pool-fields.ts';
import { memberPointer } from '../http/problem.ts';
import type { Fields } from '../resource/resource.ts';
import { API_POOL_FIELDS } from './walk.ts';

/** Returns what a pool is called instead, which a body names at a place; `weight`: only a weight is about it. */
export type RenamePool = (pool: string, pointer: string, of: 'choice' | 'weight') => string;

/** Copies a valid body, in which each pool is called as `rename` says. */
export function withRenamedPools<T extends Fields>(body: T, rename: RenamePool): T {
  return withPools(body, API_POOL_FIELDS, ({ pools, path, as }) => {
    const pointer = path.reduce<string>(memberPointer, '');
    return pools.map((pool, at) => {
      if (as === 'weights') return rename(String(pool), memberPointer(pointer, String(pool)), 'weight');
      return rename(String(pool), as === 'single' ? pointer : memberPointer(pointer, at), 'choice');
    });
  });
}
