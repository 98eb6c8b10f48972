import Cloudflare from 'cloudflare';
import { expect, test } from 'vitest';
import { PER_PAGE_DEFAULT } from '../../../src/admin/http/page-size.ts';
import { ACCOUNT, POOLS, startTestAdmin, type TestAdmin, TOKEN } from '../server.ts';

const CLEAR = { notification_email: '' };

/** Makes pools called p00, p01 and so on, the last first. */
async function makePools(api: TestAdmin, count: number): Promise<void> {
  for (let i = count - 1; i >= 0; i -= 1) {
    const answer = await api.call('POST', POOLS, {
      name: nameOf(i),
      notification_email: 'ops@example.org',
      origins: [{ name: 'a', address: '192.0.2.1' }],
    });
    expect(answer.status).toBe(200);
  }
}

const nameOf = (i: number) => `p${String(i).padStart(2, '0')}`;
const names = (pools: { name: string }[]) => pools.map(({ name }) => name);

async function withAddress(api: TestAdmin): Promise<string[]> {
  const { result } = (await api.call('GET', POOLS)).body;
  return names(result.filter((pool: { notification_email: string }) => pool.notification_email !== ''));
}

test('mail addresses are cleared in pages by name, with one revision for each page', async () => {
  const api = await startTestAdmin();
  await makePools(api, PER_PAGE_DEFAULT + 2);
  const all = Array.from({ length: PER_PAGE_DEFAULT + 2 }, (_, i) => nameOf(i));

  const first = await api.call('PATCH', POOLS, CLEAR);
  expect(first.status).toBe(200);
  expect(names(first.body.result)).toEqual(all.slice(0, PER_PAGE_DEFAULT));
  expect(first.body.result[0]).toMatchObject({ notification_email: '', origins: [{ name: 'a' }] });
  expect(first.body.result_info).toMatchObject({ page: 1, per_page: PER_PAGE_DEFAULT, total_count: 27 });
  expect(Number(first.headers.get('x-lifeguard-revision'))).toBe(PER_PAGE_DEFAULT + 3);
  expect(await withAddress(api)).toEqual(all.slice(PER_PAGE_DEFAULT));

  const second = await api.call('PATCH', `${POOLS}?page=14&per_page=2`, CLEAR);
  expect(names(second.body.result)).toEqual([nameOf(26)]);
  expect(await withAddress(api)).toEqual([nameOf(25)]);
  const third = await api.call('PATCH', `${POOLS}?limit=1&offset=25`, CLEAR);
  expect(names(third.body.result)).toEqual([nameOf(25)]);
  expect(await withAddress(api)).toEqual([]);

  const again = await api.call('PATCH', POOLS, CLEAR);
  expect(again.body.result).toEqual((await api.call('GET', `${POOLS}?per_page=25`)).body.result);
  expect(again.headers.get('x-lifeguard-revision')).toBeNull();
  expect((await api.call('PATCH', `${POOLS}?page=99`, CLEAR)).body).toMatchObject({
    success: true,
    result: [],
  });
});

test.each([
  [{ notification_email: 'a@example.org' }, '/notification_email'],
  [{ notification_email: null }, '/notification_email'],
  [{}, '/notification_email'],
  [{ ...CLEAR, enabled: false }, '/enabled'],
  [[], ''],
])('%j is refused and changes nothing', async (body, pointer) => {
  const api = await startTestAdmin();
  await makePools(api, 1);
  const answer = await api.call('PATCH', POOLS, body);
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0]).toMatchObject({ code: 1002, source: { pointer } });
  expect(await withAddress(api)).toEqual([nameOf(0)]);
});

test.each([
  ['limit=2', ['p00', 'p01'], { page: 1, per_page: 2, count: 2 }],
  ['limit=2&offset=2', ['p02'], { page: 2, per_page: 2, count: 1 }],
  ['offset=1', ['p01', 'p02'], { page: 1, per_page: 3, count: 2 }],
  ['limit=1&offset=3', [], { page: 4, per_page: 1, count: 0 }],
  ['limit=1&per_page=2', ['p00', 'p01'], { page: 1, per_page: 2, count: 2 }],
])('a list with %s shows %j', async (query, shown, info) => {
  const api = await startTestAdmin();
  await makePools(api, 3);
  const { body } = await api.call('GET', `${POOLS}?${query}`);
  expect(names(body.result)).toEqual(shown);
  expect(body.result_info).toMatchObject({ ...info, total_count: 3 });
});

test.each([
  'limit=0',
  'limit=1001',
  'limit=x',
  'offset=-1',
  'offset=01',
  'offset=',
  'page=0',
  'per_page=1001',
])('a list with %s is refused', async (query) => {
  const api = await startTestAdmin();
  const answer = await api.call('GET', `${POOLS}?${query}`);
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0].source.pointer).toBe(`/${query.split('=')[0]}`);
});

test('the official client clears the mail addresses', async () => {
  const api = await startTestAdmin();
  await makePools(api, 2);
  const { pools } = new Cloudflare({
    apiToken: TOKEN,
    baseURL: `${api.url}/client/v4`,
    maxRetries: 0,
  }).loadBalancers;
  const changed: unknown[] = [];
  for await (const pool of pools.bulkEdit({ account_id: ACCOUNT, notification_email: '' }))
    changed.push(pool);
  expect(changed).toMatchObject([{ name: 'p00', notification_email: '' }, { name: 'p01' }]);
  expect(await withAddress(api)).toEqual([]);
});

test('errors in the query and in the body are listed together', async () => {
  const api = await startTestAdmin();
  const wrong = { notification_email: 'a@example.org' };
  for (const [method, path, body, pointers] of [
    ['PATCH', `${POOLS}?page=0`, wrong, ['/notification_email', '/page']],
    [
      'POST',
      '/lifeguard/v1/overrides?replace=odd',
      { pool: 7 },
      ['/action', '/owner', '/pool', '/reason', '/replace'],
    ],
    ['POST', '/lifeguard/v1/apply?prune=odd&dry_run=odd', { odd: 1 }, ['/dry_run', '/odd', '/prune']],
  ] as const) {
    const answer = await api.call(method, path, body);
    expect(answer.status).toBe(400);
    expect(
      answer.body.errors.map((each: { source: { pointer: string } }) => each.source.pointer).sort(),
    ).toEqual(pointers);
  }
});
