import type { Worker } from '../../check/worker.ts';
import { byId } from '../by-id.ts';
import { LEASE_MS, type Lease } from '../contract/workers.ts';
import { parseRecord, REPORT_CHARACTERS_MAX, type SetAside, withId } from '../record/record.ts';
import { WORKER_SHAPE } from '../record/report-shapes.ts';
import type { Connection } from './connection/connection.ts';
import { digits, oneOfWords, pairsOf, texts } from './connection/reply.ts';
import type { Scripts } from './connection/scripts.ts';
import type { Keys } from './keys.ts';
import type { AsideIn } from './records.ts';

/** Leases of workers, timed by Redis' clock. Every method may throw StoreUnavailable. */
export function createMembership(connection: Connection, scripts: Scripts, keys: Keys, aside: AsideIn) {
  const { meta, workers, leases } = keys;
  return {
    join: async (worker: Worker): Promise<Lease> => {
      const args = [worker.id, JSON.stringify(worker), LEASE_MS];
      const token = await connection.script(scripts.join, [meta, workers, leases], args);
      return { worker, token: connection.read(token, digits) };
    },
    renew: async ({ worker, token }: Lease): Promise<'renewed' | 'lost'> => {
      const answer = await connection.script(scripts.renew, [workers, leases], [worker.id, token, LEASE_MS]);
      return connection.read(answer, oneOfWords('renewed', 'lost'));
    },
    leave: async ({ worker, token }: Lease): Promise<void> => {
      await connection.script(scripts.leave, [workers, leases], [worker.id, token]);
    },
    workers: async (): Promise<Worker[]> => {
      const answer = await connection.script(scripts.workers, [workers, leases], []);
      return pairsOf(connection.read(answer, texts))
        .flatMap(([id, held]) => workerAt(id, held, aside(workers, id)) ?? [])
        .sort(byId);
    },
  };
}

/** The worker in what is kept of it: `<token> <worker as JSON>`; undefined: it is set aside. */
export function workerAt(id: string, held: string, setAside: SetAside): Worker | undefined {
  if (!/^\d{1,15} /.test(held))
    return void setAside({ field: 'token', rule: 'must be a whole number from 0' });
  return withId(
    id,
    parseRecord<Worker>(held.slice(held.indexOf(' ') + 1), WORKER_SHAPE, setAside, REPORT_CHARACTERS_MAX),
    setAside,
  );
}
