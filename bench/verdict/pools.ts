import { type CheckKey, checkKeyOf } from '../../src/check/check.ts';
import type { Endpoint, Pool } from '../../src/pool/pool.ts';
import { WRITES_MAX, type Write } from '../../src/store/contract/documents.ts';
import type { Store } from '../../src/store/store.ts';
import { makeMonitor } from '../../test/probe/checks.ts';

/** Endpoints of every pool. */
export const ENDPOINTS = 4;
const AT = '2026-01-01T00:00:00.000000Z';

/** The monitor of every pool; nothing probes here. */
const monitor = makeMonitor({
  id: 'f'.repeat(32),
  type: 'tcp',
  port: 80,
  method: '',
  path: '',
  expectedCodes: null,
});

/** The address of an endpoint, another for each. */
export function addressOf(pool: number, endpoint: number): string {
  const number = pool * ENDPOINTS + endpoint;
  return `2001:db8::${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`;
}

function endpointOf(pool: number, i: number): Endpoint {
  return { name: `e${i}`, address: addressOf(pool, i), enabled: true, weight: 1, flattenCname: false };
}

/** The identifier of a pool. */
export function poolId(pool: number): string {
  return String(pool).padStart(32, '0');
}

function poolOf(i: number, over: Partial<Pool>): Pool {
  return {
    id: poolId(i),
    name: `p${i}`,
    description: '',
    enabled: true,
    minimumOrigins: 1,
    monitor: monitor.id,
    notificationEmail: '',
    endpoints: Array.from({ length: ENDPOINTS }, (_, k) => endpointOf(i, k)),
    createdOn: AT,
    modifiedOn: AT,
    ...over,
  };
}

/** Puts the monitor and pools 0 to `pools` - 1 into an empty store. `over`: what is another in all pools. */
export async function configure(store: Store, pools: number, over: Partial<Pool> = {}): Promise<void> {
  const reference = { kind: 'monitor', id: monitor.id } as const;
  const writes: Write[] = [
    { op: 'put', ...reference, value: monitor, unique: [], references: [] },
    ...Array.from({ length: pools }, (_, i): Write => {
      const value = poolOf(i, over);
      return { op: 'put', kind: 'pool', id: value.id, value, unique: [value.name], references: [reference] };
    }),
  ];
  await commitAll(store, writes);
}

/** Commits writes, as many at a time as a store takes. */
export async function commitAll(store: Store, writes: readonly Write[]): Promise<void> {
  for (let from = 0; from < writes.length; from += WRITES_MAX) {
    const committed = await store.commit(writes.slice(from, from + WRITES_MAX));
    if (!committed.ok) throw new Error(`the documents were refused: ${committed.refusal.kind}`);
  }
}

/** The check of an endpoint. */
export function checkOf(pool: number, endpoint: number): CheckKey {
  return checkKeyOf(monitor, endpointOf(pool, endpoint));
}
