import { expect, test } from 'vitest';
import { matchesRevision } from '../../../src/admin/access/entity-tag.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { MONITOR_GROUPS, MONITORS, POOLS, startTestAdmin, type TestAdmin } from '../server.ts';

const pool = { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] };

async function made(api: TestAdmin, list: string, body: object) {
  const { id } = (await api.call('POST', list, body)).body.result as { id: string };
  const one = `${list}/${id}`;
  const read = await api.call('GET', one);
  return { one, tag: read.headers.get('etag')!, revision: read.headers.get('etag')!.slice(1, 2) };
}

test.each([
  ['"3"', true, 'the revision alone'],
  ['"3-0f"', true, 'with the contents'],
  ['"2", "3"', true, 'one of several'],
  ['*', true, 'RFC 9110 §13.1.1: whatever there is'],
  ['"4"', false, 'another'],
  ['"33"', false, 'another that begins so'],
  ['W/"3"', false, 'RFC 9110 §13.1.1: weak tags never match'],
  ['3', false, 'no tag'],
  ['', false, 'no tag'],
])('If-Match %s at revision 3: %s (%s)', (ifMatch, holds) => {
  expect(matchesRevision(ifMatch, 3)).toBe(holds);
});

test.each([
  ['pools', POOLS, pool, { description: 'new' }],
  ['monitors', MONITORS, { type: 'tcp', port: 80 }, { description: 'new' }],
] as const)('%s have entity tags, and If-Match guards their changes', async (_, list, body, change) => {
  const api = await startTestAdmin();
  const { one, tag, revision } = await made(api, list, body);
  expect(tag).toMatch(/^"1-[0-9a-f]{16}"$/);

  const stale = { 'if-match': '"0"' };
  const before = await api.store.read();
  for (const [method, sent] of [
    ['PUT', body],
    ['PATCH', change],
    ['PATCH', {}],
    ['DELETE', undefined],
  ] as const) {
    const refused = await api.call(method, one, sent, stale);
    expect([method, refused.status, refused.body.errors[0]?.code]).toEqual([method, 412, 1412]);
    expect(refused.body.errors[0].message).toContain('at revision 1');
  }
  expect(await api.store.read()).toEqual(before);

  const changed = await api.call('PATCH', one, change, { 'if-match': tag });
  expect(changed.status).toBe(200);
  const next = changed.headers.get('etag')!;
  expect(next).toMatch(/^"2-/);
  expect((await api.call('GET', one)).headers.get('etag')).toBe(next);
  expect((await api.call('PUT', one, body, { 'if-match': `"${revision}"` })).status).toBe(412);
  expect((await api.call('PUT', one, body, { 'if-match': '*' })).status).toBe(200);
  expect((await api.call('DELETE', one, undefined, { 'if-match': '"3"' })).status).toBe(200);
});

test('If-None-Match with the current tag is answered with 304', async () => {
  const api = await startTestAdmin();
  const { one, tag } = await made(api, POOLS, pool);
  for (const known of [tag, `"x", W/${tag}`, '*']) {
    const answer = await api.call('GET', one, undefined, { 'if-none-match': known });
    expect([known, answer.status, answer.body]).toEqual([known, 304, undefined]);
    expect(answer.headers.get('etag')).toBe(tag);
  }
  expect((await api.call('GET', one, undefined, { 'if-none-match': '"x"' })).status).toBe(200);
});

test('an entity tag changes with health, but If-Match ignores health', async () => {
  let healthy = true;
  const health = {
    of: ({ endpoints }: Pool) => ({ healthy, endpoints: endpoints.map(() => ({ healthy })) }),
    pools: 0,
    watch: () => () => {},
    regions: async () => new Map(),
  };
  const api = await startTestAdmin({ health });
  const { one, tag } = await made(api, POOLS, pool);
  healthy = false;
  const again = await api.call('GET', one, undefined, { 'if-none-match': tag });
  expect(again.status).toBe(200);
  expect(again.headers.get('etag')).not.toBe(tag);
  expect((await api.call('PATCH', one, { description: 'x' }, { 'if-match': tag })).status).toBe(200);
});

test('lists and errors have no entity tag', async () => {
  const api = await startTestAdmin();
  expect((await api.call('GET', POOLS)).headers.has('etag')).toBe(false);
  expect((await api.call('GET', `${POOLS}/${'0'.repeat(32)}`)).headers.has('etag')).toBe(false);
});

test('groups, zones, settings and overrides have entity tags, and If-Match applies to them', async () => {
  const api = await startTestAdmin({ zones: [zoneFile('example.com', '@ 60 NS ns1.example.net.')] });
  const monitor = await made(api, MONITORS, { type: 'tcp', port: 80 });
  const { id } = (await api.call('GET', monitor.one)).body.result;
  await made(api, POOLS, pool);
  const member = { monitor_id: id, enabled: true, monitoring_only: false, must_be_healthy: false };
  const group = await made(api, MONITOR_GROUPS, { description: '', members: [member] });
  const zone = await made(api, '/client/v4/zones', { name: 'made.example.org' });
  const override = await made(api, '/lifeguard/v1/overrides', {
    ...{ pool: 'web', action: 'out', owner: 'ann', reason: 'test' },
  });
  const settings = `/lifeguard/v1${zone.one.slice('/client/v4'.length)}/settings`;
  for (const [one, method, change] of [
    [group.one, 'PATCH', { description: 'new' }],
    [zone.one, 'PATCH', { paused: true }],
    [settings, 'PATCH', { ttl: 60 }],
    [override.one, 'DELETE', undefined],
  ] as const) {
    const tag = (await api.call('GET', one)).headers.get('etag')!;
    expect([one, tag]).toEqual([one, expect.stringMatching(/^"[0-9]+-[0-9a-f]{16}"$/)]);
    expect((await api.call('GET', one, undefined, { 'if-none-match': tag })).status).toBe(304);
    const before = await api.store.read();
    expect((await api.call(method, one, change, { 'if-match': '"0"' })).status).toBe(412);
    expect(await api.store.read()).toEqual(before);
    const written = await api.call(method, one, change, { 'if-match': tag });
    expect(written.status).toBe(200);
    if (method === 'PATCH')
      expect(written.headers.get('etag')).toBe((await api.call('GET', one)).headers.get('etag'));
  }
});
