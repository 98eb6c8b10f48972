import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runHere } from '../support/in-process.ts';

const [FIRST, SECOND, THIRD] = ['1', '2', '3'].map((digit) => digit.repeat(32)) as [string, string, string];
const THERE = [
  { resource_id: FIRST, resource_name: 'web', resource_type: 'pool' },
  { resource_id: SECOND, resource_name: 'web-2', resource_type: 'pool' },
  { resource_id: THIRD, resource_name: 'Web', resource_type: 'monitor' },
];

/** An API that keeps what was asked for. */
let server: Server;
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = createServer(({ url }, reply) => {
    const { pathname, searchParams } = new URL(url!, 'http://x');
    asked.push(pathname);
    const answer = (result: unknown) => reply.end(JSON.stringify({ success: true, messages: [], result }));
    if (pathname === '/client/v4/accounts') return answer([{ id: 'a' }]);
    const text = (searchParams.get('query') ?? '').toLowerCase();
    const found = THERE.filter(
      ({ resource_id: id, resource_name: name }) => id.includes(text) || name.toLowerCase().includes(text),
    );
    if (pathname.endsWith('/search')) return answer({ resources: found, items: found });
    return answer({ id: pathname.split('/').at(-1), origins: [] });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function run(...words: readonly string[]) {
  const { port } = server.address() as AddressInfo;
  return runHere([...words, '--api', `http://127.0.0.1:${port}`, '--token', 'x']);
}

test.each([
  { noun: 'pools', called: 'WEB', id: FIRST },
  { noun: 'pools', called: SECOND, id: SECOND },
  { noun: 'monitors', called: 'web', id: THIRD },
])('$noun get $called reads that object alone, not the list of all', async ({ noun, called, id }) => {
  const { code, stdout } = await run(noun, 'get', called, '--json');
  expect([code, JSON.parse(stdout).result.id]).toEqual([0, id]);
  const one = `/client/v4/user/load_balancers/${noun}/${id}`;
  expect(new Set(asked)).toEqual(
    new Set(['/client/v4/accounts', '/client/v4/accounts/a/load_balancers/search', one]),
  );
});

test('a name that no pool has is refused with the nearest one', async () => {
  const { code, stderr } = await run('pools', 'get', 'wep');
  expect([code, stderr]).toEqual([3, 'No pool has the name or identifier "wep" (did you mean "web"?).\n']);
  expect(asked.some((path) => path.endsWith('/pools'))).toBe(false);
});
