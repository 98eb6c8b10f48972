import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from '../support/in-process.ts';

const MESSAGES = [{ code: 10_100, message: 'A window is answered.', type: null }];
const REFUSED = {
  success: false,
  errors: [{ code: 1001, message: 'not found' }],
  messages: [],
  result: null,
};

/** What the server answers; of `/zones` two pages. */
function answerTo(url: URL): object {
  const met = { success: true, errors: [], messages: MESSAGES };
  if (url.pathname === '/client/v4/zones') {
    const page = Number(url.searchParams.get('page'));
    const zone = { id: `z${page}`, name: `z${page}.example`, name_servers: [], modified_on: '' };
    const info = { page, per_page: 1, count: 1, total_count: 2, total_pages: 2 };
    return { ...met, result: [zone], result_info: info };
  }
  if (url.pathname.endsWith('/tokens')) return REFUSED;
  return { ...met, result: [] };
}

const server = createServer((request, response) => {
  const answer = answerTo(new URL(request.url!, 'http://localhost'));
  response.writeHead(answer === REFUSED ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
});
beforeAll(() => new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening)));
afterAll(() => void server.close());

async function run(...words: string[]) {
  const { port } = server.address() as AddressInfo;
  return runHere([...words, '--api', `http://127.0.0.1:${port}`, '--token', 'x']);
}

describe('--json prints the answer of the API', () => {
  test.each([
    ['pools', 'list'],
    ['monitors', 'list'],
    ['nodes'],
    ['workers'],
    ['regions'],
    ['override', 'list'],
  ])('%s %s: the complete envelope with its messages', async (...words) => {
    const { code, stdout, stderr } = await run(...words.filter(Boolean), '--json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({ success: true, errors: [], messages: MESSAGES, result: [] });
  });

  test('a list of several pages is printed as one page', async () => {
    const { stdout } = await run('zones', 'list', '--json');
    const { result, result_info: info, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ success: true, errors: [], messages: MESSAGES });
    expect(result.map(({ id }: { id: string }) => id)).toEqual(['z1', 'z2']);
    expect(info).toEqual({ page: 1, per_page: 1_000, count: 2, total_count: 2, total_pages: 1 });
  });

  test('an error answer is printed, too, and its text is on standard error', async () => {
    const { code, stdout, stderr } = await run('token', 'list', '--json');
    expect([code, JSON.parse(stdout), stderr]).toEqual([3, REFUSED, 'not found\n']);
    expect((await run('token', 'list')).stdout).toBe('');
  });
});
