import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { putPool } from '../../store/contract/samples.ts';
import { POOLS, startTestAdmin, TOKEN } from '../server.ts';

/** Pools whose list takes many pieces, with letters that take several octets. */
const POOLS_COUNT = 600;
const DESCRIPTION = 'größer € 𝄞 '.repeat(80);

async function withManyPools() {
  const api = await startTestAdmin();
  const ids = Array.from({ length: POOLS_COUNT }, (_, i) => i.toString(16).padStart(32, '0'));
  await api.store.commit(ids.map((id) => putPool(id, {}, { description: DESCRIPTION })));
  return { api, ids };
}

test('a list of many pieces arrives complete, with its length in the header', async () => {
  const { api, ids } = await withManyPools();
  const headers = { authorization: `Bearer ${TOKEN}` };
  const answer = await fetch(api.url + POOLS, { headers });
  const octets = Buffer.from(await answer.arrayBuffer());
  expect(octets.length).toBeGreaterThan(500_000);
  expect(Number(answer.headers.get('content-length'))).toBe(octets.length);
  const { result, result_info: info } = JSON.parse(octets.toString()) as {
    result: { id: string; description: string }[];
    result_info: object;
  };
  expect(result.map(({ id }) => id)).toEqual(ids);
  expect(new Set(result.map(({ description }) => description))).toEqual(new Set([DESCRIPTION]));
  expect(info).toMatchObject({ count: POOLS_COUNT, total_count: POOLS_COUNT });

  const head = await fetch(api.url + POOLS, { method: 'HEAD', headers });
  expect([head.status, Number(head.headers.get('content-length'))]).toEqual([200, octets.length]);
});

test('a client that disconnects during a list causes no error, and others are answered', async () => {
  const { api } = await withManyPools();
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${POOLS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
  await once(socket, 'readable');
  socket.resetAndDestroy();
  await vi.waitFor(async () => expect((await api.call('GET', POOLS)).body.result).toHaveLength(POOLS_COUNT));
  expect(api.logged()).not.toMatch(/"level":"(warn|error)"/);
});
