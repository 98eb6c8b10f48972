import Cloudflare from 'cloudflare';
import { afterAll, expect, test } from 'vitest';
import { ACCOUNT } from '../server.ts';
import { openRecordsApi } from './harness.ts';

const api = await openRecordsApi();
afterAll(() => api.stop());
const { zoneId: zone_id, client } = api;
const { records } = client.dns;

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
}

test('the official client creates, gets, lists, edits, updates and deletes a record', async () => {
  const made = await records.create({
    zone_id,
    type: 'A',
    name: 'www',
    content: '192.0.2.1',
    ttl: 120,
    comment: 'web',
    tags: ['owner:dns'],
  });
  expect(made).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    zone_id,
    zone_name: 'example.org',
    name: 'www.example.org',
    type: 'A',
    content: '192.0.2.1',
    proxiable: true,
    proxied: false,
    ttl: 120,
    settings: {},
    meta: { source: 'api' },
    comment: 'web',
    tags: ['owner:dns'],
    created_on: expect.stringMatching(/^\d{4}-.*\.\d{6}Z$/),
    modified_on: made.created_on,
    comment_modified_on: made.created_on,
    tags_modified_on: made.created_on,
  });
  expect(await records.get(made.id, { zone_id })).toEqual(made);
  expect(await all(records.list({ zone_id, name: { exact: 'www.example.org' } }))).toEqual([made]);
  const edited = await records.edit(made.id, { zone_id, content: '192.0.2.2' } as never);
  expect(edited).toEqual({ ...made, content: '192.0.2.2', modified_on: edited.modified_on });
  const updated = await records.update(made.id, {
    zone_id,
    type: 'AAAA',
    name: 'www.example.org',
    content: '2001:DB8::0:1',
    ttl: 1,
  });
  expect(updated).toMatchObject({ type: 'AAAA', content: '2001:db8::1', ttl: 1, comment: null, tags: [] });
  expect(await records.delete(made.id, { zone_id })).toEqual({ id: made.id });
  await expect(records.get(made.id, { zone_id })).rejects.toThrow(Cloudflare.NotFoundError);
  await expect(records.delete(made.id, { zone_id })).rejects.toMatchObject({
    status: 404,
    errors: [{ code: 81044, message: 'Record does not exist.' }],
  });
});

test('the official client makes a batch, in the order of deletes, patches, puts and posts', async () => {
  const make = (name: string) => records.create({ zone_id, type: 'A', name, content: '192.0.2.1', ttl: 60 });
  const [gone, patched, put] = [await make('gone'), await make('patched'), await make('put')];
  const done = await records.batch({
    zone_id,
    deletes: [{ id: gone.id }],
    patches: [{ id: patched.id, ttl: 300 } as never],
    puts: [{ id: put.id, type: 'TXT', name: 'put', content: 'a b', ttl: 1 }],
    posts: [{ type: 'CNAME', name: 'gone', content: 'put.example.org', ttl: 1 }],
  });
  expect(done.deletes).toEqual([gone]);
  expect(done.patches).toMatchObject([{ id: patched.id, ttl: 300, content: '192.0.2.1' }]);
  expect(done.puts).toMatchObject([{ id: put.id, type: 'TXT', content: '"a b"' }]);
  expect(done.posts).toMatchObject([{ type: 'CNAME', name: 'gone.example.org', content: 'put.example.org' }]);
  const names = (await all(records.list({ zone_id, per_page: 1 }))).map(
    ({ name, type }) => `${name} ${type}`,
  );
  expect(names).toEqual(['gone.example.org CNAME', 'patched.example.org A', 'put.example.org TXT']);
});

test('the official client counts the records of a zone and of the account', async () => {
  const { usage } = client.dns;
  const { record_usage: ofZone } = await usage.zone.get({ zone_id });
  expect(ofZone).toBe((await all(records.list({ zone_id }))).length);
  expect(await usage.account.get({ account_id: ACCOUNT })).toEqual({
    record_quota: null,
    record_usage: ofZone,
  });
});

test('the official client reads errors with their chain', async () => {
  const bad = records.create({ zone_id, type: 'A', name: 'bad', content: 'nonsense', ttl: 1 });
  await expect(bad).rejects.toBeInstanceOf(Cloudflare.BadRequestError);
  await expect(bad).rejects.toMatchObject({
    errors: [
      {
        code: 1004,
        message: expect.stringMatching(/^DNS Validation Error: Content for A record is invalid: /),
        error_chain: [{ code: 9005 }],
      },
    ],
  });
});
