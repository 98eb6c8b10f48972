import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { IN_FLIGHT } from '../../../src/admin/access/admission.ts';
import { createShares } from '../../../src/admin/access/shares.ts';
import { WAITING_MAX, WAITING_PER_TOKEN_MAX, WAITING_RESERVED } from '../../../src/admin/access/waiting.ts';
import { APPLIED } from '../../../src/admin/apply/routes.ts';
import {
  PREVIEWS_MAX,
  PREVIEWS_PER_TOKEN_MAX,
  PREVIEWS_RESERVED,
} from '../../../src/store/contract/previews.ts';
import { MONITORS, openTestAdmin, POOLS, type TestAdmin, TOKEN, TOKENS } from '../server.ts';

let api: TestAdmin;
const secrets: string[] = [];
let narrow: string;
beforeAll(async () => {
  api = await openTestAdmin();
  const make = async (body: object) => (await api.call('POST', TOKENS, body)).body.result.token as string;
  for (let i = 0; i < 5; i += 1) secrets.push(await make({ name: `edit${i}`, scope: 'edit' }));
  narrow = await make({ name: 'narrow', scope: 'edit', pool_prefix: 'shop-' });
});
afterAll(() => api.stop());

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const pool = (name: string) => ({ name, origins: [{ name: 'a', address: '192.0.2.1' }] });

/** Sends the header section of a request, and of its body nothing; gives the status that is answered, if one is. */
function begin(secret: string, method: string, path: string): { socket: Socket; status: Promise<number> } {
  const socket = connect(api.port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${secret}\r\nContent-Type: application/json\r\n` +
      'Content-Length: 1000\r\n\r\n',
  );
  const status = once(socket, 'data').then(([octets]) => Number(String(octets).split(' ')[1]));
  return { socket, status };
}

test('shares are limited for each token and in all, and some are reserved for admins', () => {
  const shares = createShares({ what: 'x', total: 5, perToken: 2, reserved: 2 });
  const one = { id: 'one', scope: 'edit' } as const;
  const ends = [shares.begin(one), shares.begin(one)];
  expect(() => shares.begin(one)).toThrow('Too many x are running: 2 at a time of one token at most');
  shares.begin({ id: 'two', scope: 'read' });
  expect(() => shares.begin({ id: 'two', scope: 'read' })).toThrow(
    /: 3 at a time of tokens that are not of scope admin at most/,
  );
  const admin = { id: 'root', scope: 'admin' } as const;
  shares.begin(admin);
  shares.begin(admin);
  expect(() => shares.begin(admin)).toThrow(/: 5 at a time in all at most/);
  // Ended twice it counts once.
  ends[0]!();
  ends[0]!();
  shares.begin(admin);
  expect(() => shares.begin(admin)).toThrow();
});

test('one token cannot take all live event streams, and only an admin gets the last ones', async () => {
  const stop = new AbortController();
  const heard: Response[] = [];
  const listen = async (secret: string) => {
    const response = await fetch(`${api.url}/lifeguard/v1/events/live`, {
      headers: bearer(secret),
      signal: stop.signal,
    });
    // One that nobody holds is hung up.
    heard.push(response);
    return response.status;
  };
  for (let i = 0; i < WAITING_PER_TOKEN_MAX; i += 1) expect(await listen(secrets[0]!)).toBe(200);
  expect(await listen(secrets[0]!)).toBe(429);
  let others = WAITING_PER_TOKEN_MAX;
  for (const secret of secrets.slice(1)) while ((await listen(secret)) === 200) others += 1;
  expect(others).toBe(WAITING_MAX - WAITING_RESERVED);
  for (let i = 0; i < WAITING_RESERVED; i += 1) expect(await listen(TOKEN)).toBe(200);
  expect(await listen(TOKEN)).toBe(429);
  stop.abort();
  expect(heard).not.toEqual([]);
});

test('one token cannot take all previews, and only an admin gets the last ones', async () => {
  const { id } = (await api.call('POST', POOLS, pool('tried'))).body.result;
  const ask = (secret: string) =>
    api.call('POST', `${POOLS}/${id}/preview`, { type: 'icmp_ping' }, bearer(secret));
  for (let i = 0; i < PREVIEWS_PER_TOKEN_MAX; i += 1) expect((await ask(secrets[0]!)).status).toBe(200);
  const refused = await ask(secrets[0]!);
  expect([refused.status, refused.body.errors[0].message]).toEqual([
    429,
    expect.stringContaining('of this token'),
  ]);
  let others = PREVIEWS_PER_TOKEN_MAX;
  for (const secret of secrets.slice(1)) while ((await ask(secret)).status === 200) others += 1;
  expect(others).toBe(PREVIEWS_MAX - PREVIEWS_RESERVED);
  expect((await ask(TOKEN)).status).toBe(200);
});

test('one token cannot take all simultaneous requests', async () => {
  const begun = Array.from({ length: IN_FLIGHT.perToken }, () => begin(secrets[0]!, 'POST', POOLS));
  const others = [secrets[1]!, TOKEN];
  for (const each of begun) await once(each.socket, 'connect');
  expect(await begin(secrets[0]!, 'POST', POOLS).status).toBe(429);
  for (const secret of others)
    expect((await api.call('GET', POOLS, undefined, bearer(secret))).status).toBe(200);
  for (const { socket } of begun) socket.destroy();
});

test('documents for apply are counted before their bodies arrive', async () => {
  const APPLY = '/lifeguard/v1/apply';
  const begun = [secrets[0]!, secrets[0]!].map((secret) => begin(secret, 'POST', APPLY));
  expect(await begin(secrets[0]!, 'POST', APPLY).status).toBe(429);
  begun.push(begin(secrets[1]!, 'POST', APPLY));
  expect(begun).toHaveLength(APPLIED.total - APPLIED.reserved);
  expect(await begin(secrets[2]!, 'POST', APPLY).status).toBe(429);
  expect((await api.call('POST', APPLY, { pools: [pool('shop-0')] })).status).toBe(200);
  for (const { socket } of begun) socket.destroy();
});

test.each([
  ['POST', () => TOKENS],
  ['POST', () => '/client/v4/zones'],
  ['POST', () => MONITORS],
  ['PUT', (_: string, monitor: string) => `${MONITORS}/${monitor}`],
  ['PUT', (id: string) => `${POOLS}/${id}`],
  ['PATCH', (id: string) => `${POOLS}/${id}`],
  ['POST', (id: string) => `${POOLS}/${id}/preview`],
])('%s that the token may not write is refused before its body arrives', async (method, path) => {
  const name = `other-${method}-${path.toString().length}`;
  const { id } = (await api.call('POST', POOLS, pool(name))).body.result;
  const monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
  expect(await begin(narrow, method, path(id, monitor)).status).toBe(403);
});
