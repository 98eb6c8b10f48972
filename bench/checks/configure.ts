import type { MonitorType } from '../../src/check/monitor.ts';
import type { Pool } from '../../src/pool/pool.ts';
import { WRITES_MAX, type Write } from '../../src/store/contract/documents.ts';
import type { Store } from '../../src/store/store.ts';
import { makeMonitor } from '../../test/probe/checks.ts';

const AT = '2026-01-01T00:00:00.000000Z';
const ENDPOINTS_PER_POOL = 4;

/** What is to be checked, and how often. */
export interface Checked {
  readonly type: Extract<MonitorType, 'http' | 'tcp'>;
  readonly endpoints: number;
  readonly intervalSeconds: number;
  readonly port: number;
}

/** The address of an endpoint, another for each: all are this machine's. */
export function loopbackOf(i: number): string {
  return `127.${1 + (i >>> 16)}.${(i >>> 8) & 0xff}.${i & 0xff}`;
}

/** Puts a monitor and pools with so many endpoints into an empty store. */
export async function configure(
  store: Store,
  { type, endpoints, intervalSeconds, port }: Checked,
): Promise<void> {
  const monitor = makeMonitor({
    id: 'f'.repeat(32),
    type,
    intervalSeconds,
    port,
    expectedCodes: type === 'http' ? '200' : null,
  });
  const reference = { kind: 'monitor', id: monitor.id } as const;
  const writes: Write[] = [{ op: 'put', ...reference, value: monitor, unique: [], references: [] }];
  for (let first = 0; first < endpoints; first += ENDPOINTS_PER_POOL) {
    const value: Pool = {
      id: String(first).padStart(32, '0'),
      name: `p${first}`,
      description: '',
      enabled: true,
      minimumOrigins: 1,
      monitor: monitor.id,
      notificationEmail: '',
      endpoints: Array.from({ length: Math.min(ENDPOINTS_PER_POOL, endpoints - first) }, (_, k) => ({
        name: `e${k}`,
        address: loopbackOf(first + k),
        enabled: true,
        weight: 1,
        flattenCname: false,
      })),
      createdOn: AT,
      modifiedOn: AT,
    };
    writes.push({
      op: 'put',
      kind: 'pool',
      id: value.id,
      value,
      unique: [value.name],
      references: [reference],
    });
  }
  for (let from = 0; from < writes.length; from += WRITES_MAX) {
    const committed = await store.commit(writes.slice(from, from + WRITES_MAX));
    if (!committed.ok) throw new Error(`the pools were refused: ${committed.refusal.kind}`);
  }
}
