import type { Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { Store } from '../../store/store.ts';

/** The pool with this identifier, or else with this name, in any case. */
export async function poolCalled(
  store: Pick<Store, 'get' | 'read'>,
  called: string,
): Promise<Pool | undefined> {
  const byId = await store.get('pool', called);
  if (byId !== undefined) return byId.value;
  const { documents } = await store.read();
  return documents
    .flatMap((each) => (each.kind === 'pool' ? [each.value] : []))
    .find((pool) => isCalled(pool, called));
}

/** Whether a pool has this identifier, or this name in any case. */
export function isCalled({ id, name }: Pick<Pool, 'id' | 'name'>, called: string): boolean {
  return id === called || poolNameKey(name) === poolNameKey(called);
}
