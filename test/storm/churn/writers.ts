import { setTimeout as sleep } from 'node:timers/promises';
import { Rcode } from '../../../src/dns/rcode.ts';
import { oneOf, type Random } from '../../fuzz/random.ts';
import { openWriteClient } from '../writes/write-client.ts';
import type { NameHistory } from './name-history.ts';

/** One writer's way of changing what some names are; each is written by nobody else. */
export interface ChurnWriter {
  /** Makes one change and waits until it is acknowledged. Throws where the API refuses it. */
  step(): Promise<void>;
  close(): void;
}

/** What a name is answered with where there is no such pool, and where there is no such zone. */
export const NO_POOL = `${Rcode.NXDOMAIN} `;
export const NO_ZONE = `${Rcode.REFUSED} `;
const answerOf = (addresses: readonly string[]) => `${Rcode.NOERROR} ${[...addresses].sort().join(' ')}`;

/** Sends a request, and takes the state of a name for written when it is acknowledged. */
async function acknowledged(
  client: ReturnType<typeof openWriteClient>,
  history: NameHistory,
  to: string,
  ...request: Parameters<typeof client.send>
): Promise<{ id: string }> {
  const acked = history.write(to);
  const { status, code, result } = await client.send(...request);
  if (status !== 200)
    throw new Error(`${history.name}: ${request[0]} ${request[1]} was answered ${status} ${code}`);
  acked();
  return result;
}

/** Makes, changes and deletes pools of two endpoints, and takes one of the two out by an override. `api` is a node's API. */
export function createPoolWriter(
  api: string,
  histories: readonly NameHistory[],
  random: Random,
): ChurnWriter {
  const client = openWriteClient(api);
  const own = openWriteClient(`${new URL(api).origin}/lifeguard/v1`);
  const pools = histories.map((history) => ({
    history,
    id: undefined as string | undefined,
    addresses: [] as string[],
    override: undefined as string | undefined,
  }));
  let version = random(65_536);
  const next = () => {
    version = (version + 1) & 0xffff;
    return [`198.51.${version >> 8}.${version & 255}`, `203.0.${version >> 8}.${version & 255}`];
  };
  const originsOf = (addresses: readonly string[]) =>
    addresses.map((address, i) => ({ name: `e${i}`, address }));

  return {
    async step() {
      const pool = oneOf(random, pools);
      const { history, id, override } = pool;
      const name = history.name.split('.')[0]!;
      if (override !== undefined) {
        await acknowledged(own, history, answerOf(pool.addresses), 'DELETE', `/overrides/${override}`);
        pool.override = undefined;
        return;
      }
      if (id === undefined || random(3) === 0) {
        const addresses = next();
        const body = { origins: originsOf(addresses) };
        pool.id = id
          ? (await acknowledged(client, history, answerOf(addresses), 'PATCH', `/pools/${id}`, body)).id
          : (await acknowledged(client, history, answerOf(addresses), 'POST', '/pools', { name, ...body }))
              .id;
        pool.addresses = addresses;
        return;
      }
      if (random(2) === 0) {
        await acknowledged(client, history, NO_POOL, 'DELETE', `/pools/${id}`);
        pool.id = undefined;
        return;
      }
      const body = { pool: name, endpoint: 'e0', action: 'out', owner: 'churn', reason: 'churn' };
      const rest = answerOf([pool.addresses[1]!]);
      pool.override = (await acknowledged(own, history, rest, 'POST', '/overrides', body)).id;
    },
    close() {
      client.close();
      own.close();
    },
  };
}

/** Makes and deletes zones; their apex has no A record. */
export function createZoneWriter(
  api: string,
  histories: readonly NameHistory[],
  random: Random,
): ChurnWriter {
  const client = openWriteClient(`${new URL(api).origin}/client/v4`);
  const ids = new Map<NameHistory, string>();
  return {
    async step() {
      const history = oneOf(random, histories);
      const id = ids.get(history);
      if (id === undefined) {
        const made = await acknowledged(client, history, answerOf([]), 'POST', '/zones', {
          name: history.name,
        });
        ids.set(history, made.id);
      } else {
        await acknowledged(client, history, NO_ZONE, 'DELETE', `/zones/${id}`);
        ids.delete(history);
      }
    },
    close: () => client.close(),
  };
}

/** Lets a writer take a step every `everyMs` until `isOver`; returns how many it took. */
export async function keepWriting(
  writer: ChurnWriter,
  everyMs: number,
  isOver: () => boolean,
): Promise<number> {
  let steps = 0;
  for (let nextMs = performance.now(); !isOver(); steps += 1) {
    await writer.step();
    nextMs = Math.max(nextMs + everyMs, performance.now());
    await sleep(Math.max(0, nextMs - performance.now()));
  }
  writer.close();
  return steps;
}
