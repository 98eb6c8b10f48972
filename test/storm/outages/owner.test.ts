import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { numbersFrom } from '../../fuzz/random.ts';
import { createOwner } from './owner.ts';

interface PoolBody {
  name: string;
  origins: object[];
}

/** What the API does with a write: keeps its word, acknowledges and forgets it, makes it and says nothing, or refuses it and makes it. */
type Manner = 'honest' | 'forgets' | 'makes it and hangs up' | 'refuses and makes it';

let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** An API of pools that is honest but for every fifth PATCH. */
async function startApi(manner: Manner): Promise<string> {
  const pools = new Map<string, PoolBody & { id: string }>();
  let [made, patches] = [0, 0];
  server = createServer(async (request, response) => {
    const id = request.url!.split('/')[2] ?? '';
    const body = await bodyOf(request);
    const say = (status: number, result?: unknown) => {
      const errors = status === 200 ? [] : [{ code: 1001 }];
      response.writeHead(status, { etag: '"1"' }).end(JSON.stringify({ errors, result }));
    };
    if (request.method === 'POST') {
      made += 1;
      const pool = { ...body!, id: `id${made}` };
      pools.set(pool.id, pool);
      return say(200, pool);
    }
    const pool = pools.get(id);
    if (request.url!.startsWith('/pools?')) return say(200, [...pools.values()]);
    if (pool === undefined) return say(404);
    if (request.method === 'DELETE') {
      pools.delete(id);
      return say(200, { id });
    }
    if (request.method === 'GET') return say(200, pool);
    patches += 1;
    const isOdd = manner !== 'honest' && patches % 5 === 0;
    if (!isOdd || manner !== 'forgets') pools.set(id, { ...pool, ...body! });
    if (isOdd && manner === 'makes it and hangs up') return void request.socket.destroy();
    say(isOdd && manner === 'refuses and makes it' ? 412 : 200, pool);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(request: IncomingMessage): Promise<PoolBody | undefined> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : JSON.parse(text);
}

test.each([
  { manner: 'honest', wrong: false, untold: false },
  { manner: 'forgets', wrong: true, untold: false },
  { manner: 'makes it and hangs up', wrong: false, untold: true },
  { manner: 'refuses and makes it', wrong: true, untold: false },
] as const)('an API that $manner: wrong $wrong, unknown $untold', async ({ manner, wrong, untold }) => {
  const owner = createOwner('o', [await startApi(manner)], numbersFrom(1));
  await owner.run(0, () => owner.acknowledged + owner.untold >= 60);
  const settled = await owner.settle();
  expect(settled.size).toBeGreaterThan(1);
  expect(owner.wrong.length > 0).toBe(wrong);
  expect(owner.untold > 0).toBe(untold);
});

test.each([
  { manner: 'forgets', loses: true, lost: true, wrong: false },
  { manner: 'forgets', loses: false, lost: false, wrong: true },
  { manner: 'makes it and hangs up', loses: false, lost: false, wrong: false },
] as const)(
  'over a store that fails over, an API that $manner: lost $lost, wrong $wrong',
  async (expected) => {
    const { manner, loses, lost, wrong } = expected;
    const owner = createOwner('o', [await startApi(manner)], numbersFrom(1), { failsOver: true, loses });
    await owner.run(0, () => owner.acknowledged + owner.untold >= 60);
    await owner.settle();
    expect(owner.lost > 0).toBe(lost);
    expect(owner.wrong.length > 0).toBe(wrong);
  },
);
