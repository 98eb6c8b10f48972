import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PER_PAGE_MAX } from '../../src/admin/http/page-size.ts';
import { LIMIT_MAX, rowOf } from '../../src/cli/health/events.ts';
import { runHere } from '../support/in-process.ts';

/** Has as many events as anybody wants, and keeps what was asked for. */
let server: Server;
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = createServer(({ url }, reply) => {
    const query = new URL(url!, 'http://x').searchParams;
    const [limit, before] = [query.get('limit'), query.get('before')];
    asked.push(before === null ? `${limit}` : `${limit} before ${before}`);
    const events = Array.from({ length: Number(limit) }, () => ({ id: 'e', kind: 'pool', time: 't' }));
    reply.end(JSON.stringify({ success: true, result: { events, next: `page ${asked.length}` } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function events(limit: string) {
  const { port } = server.address() as AddressInfo;
  return runHere(['events', '--json', '-n', limit, '--api', `http://127.0.0.1:${port}`, '--token', 'x']);
}

test.each([
  { limit: 0, requests: ['1'] },
  { limit: 1, requests: ['1', '1'] },
  { limit: PER_PAGE_MAX, requests: ['1', `${PER_PAGE_MAX}`] },
  { limit: PER_PAGE_MAX + 1, requests: ['1', `${PER_PAGE_MAX}`, '1 before page 2'] },
])('for $limit events, the pages together ask for exactly that number', async ({ limit, requests }) => {
  const { code, stdout } = await events(String(limit));
  expect([code, JSON.parse(stdout).result.events.length]).toEqual([0, limit]);
  expect(asked).toEqual(requests);
});

test('all events that are kept can be asked for, and no more', async () => {
  const { code, stdout } = await events(String(LIMIT_MAX));
  expect([code, JSON.parse(stdout).result.events.length]).toEqual([0, LIMIT_MAX]);
  asked = [];
  for (const limit of [String(LIMIT_MAX + 1), '-1', '1.5', '1e3', 'all', '']) {
    const refused = await events(limit);
    expect([limit, refused.code]).toEqual([limit, 2]);
    expect(refused.stderr).toContain(`It must be a number from 0 to ${LIMIT_MAX}.`);
  }
  expect(asked).toEqual([]);
});

test.each([
  { before: '9', change: '3 → 9' },
  { before: null, change: '3 → now' },
])('a gap in the live events is printed with its ends: $change', ({ before, change }) => {
  const gap = { id: '', kind: 'gap', time: 't', after: '3', before, reason: 'why' };
  expect(rowOf(gap)).toEqual(['t', 'gap', 'missing events', change, 'why']);
});
