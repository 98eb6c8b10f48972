import type { Worker } from '../../pool/worker.ts';
import { LEASE_MS, type Lease } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import type { Scripts } from './scripts.ts';

/** Leases of workers, timed by Redis' clock. Every method may throw StoreUnavailable. */
export function createMembership(connection: Connection, scripts: Scripts, keys: Keys) {
  const { meta, workers, leases } = keys;
  return {
    join: async (worker: Worker): Promise<Lease> => {
      const args = [worker.id, JSON.stringify(worker), LEASE_MS];
      const token = await connection.script(scripts.join, [meta, workers, leases], args);
      return { worker, token: Number(token) };
    },
    renew: async ({ worker, token }: Lease): Promise<'renewed' | 'lost'> => {
      const answer = await connection.script(scripts.renew, [workers, leases], [worker.id, token, LEASE_MS]);
      return answer as 'renewed' | 'lost';
    },
    leave: async ({ worker, token }: Lease): Promise<void> => {
      await connection.script(scripts.leave, [workers, leases], [worker.id, token]);
    },
    workers: async (): Promise<Worker[]> => {
      const live = (await connection.script(scripts.workers, [workers, leases], [])) as string[];
      return live
        .map((text) => JSON.parse(text) as Worker)
        .sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)));
    },
  };
}
