import { afterAll, expect, test } from 'vitest';
import { openRecordsApi } from '../records/harness.ts';
import { POOLS, TOKENS } from '../server.ts';

const api = await openRecordsApi();
afterAll(() => api.stop());
await api.client.zones.create({ account: {}, name: 'other.example.net' });
const [other] = (await api.client.zones.list({ name: 'other.example.net' })).result;
const ofOther = `/client/v4/zones/${other!.id}/dns_records`;
const www = await api.create({ type: 'A', name: 'www', content: '192.0.2.1' });
const challenge = await api.create({ type: 'TXT', name: '_acme-challenge.www', content: 'old' });
const hidden = (await api.call('POST', ofOther, { type: 'A', name: 'www', content: '192.0.2.1' })).body
  .result;

let count = 0;
/** Makes a token that is bound to records, and returns how it asks. */
async function bound(records: object, over: object = {}) {
  count += 1;
  const made = await api.call('POST', TOKENS, { name: `bound${count}`, scope: 'edit', records, ...over });
  expect(made.status).toBe(200);
  const headers = { authorization: `Bearer ${made.body.result.token}` };
  return (method: string, path: string, body?: unknown) => api.call(method, path, body, headers);
}
const namesIn = ({ body }: { body: { result: { name: string; type: string }[] } }) =>
  body.result.map(({ name, type }) => `${name} ${type}`);

test('a token that is bound to a zone sees and writes its records, and no other zone', async () => {
  const ask = await bound({ zones: ['Example.ORG.'] });
  expect((await ask('GET', '/client/v4/zones')).body.result).toMatchObject([{ name: 'example.org' }]);
  expect((await ask('GET', '/client/v4/zones?name=other.example.net')).body.result).toEqual([]);
  expect((await ask('GET', `/client/v4/zones/${other!.id}`)).status).toBe(404);
  expect(namesIn(await ask('GET', api.ofApi))).toEqual([
    'www.example.org A',
    '_acme-challenge.www.example.org TXT',
  ]);
  expect((await ask('PATCH', `${api.ofApi}/${www.id}`, { ttl: 60 })).status).toBe(200);
  for (const [method, path, body] of [
    ['GET', ofOther, undefined],
    ['POST', ofOther, { type: 'A', name: 'new', content: '192.0.2.1' }],
    ['DELETE', `${ofOther}/${hidden.id}`, undefined],
  ] as const) {
    const answer = await ask(method, path, body);
    expect([answer.status, answer.body.errors[0].code]).toEqual([403, 10000]);
  }
});

test('a token for challenges writes only their names and type, and sees no other record', async () => {
  const ask = await bound({ names: ['_acme-challenge.*'], types: ['txt'] });
  const body = { type: 'TXT', name: '_acme-challenge.new', content: 'token' };
  const made = await ask('POST', api.ofApi, body);
  expect(made.status).toBe(200);
  expect(namesIn(await ask('GET', api.ofApi))).toEqual([
    '_acme-challenge.new.example.org TXT',
    '_acme-challenge.www.example.org TXT',
  ]);
  expect(namesIn(await ask('GET', `${api.ofApi}?type=A`))).toEqual([]);
  expect((await ask('GET', `${api.ofApi}/${www.id}`)).status).toBe(404);
  expect((await ask('GET', `${api.ofApi}/${challenge.id}`)).status).toBe(200);
  const before = await api.store.read();
  for (const [method, path, sent] of [
    ['POST', api.ofApi, { ...body, name: 'www' }],
    ['POST', api.ofApi, { ...body, type: 'A', content: '192.0.2.1' }],
    ['PATCH', `${api.ofApi}/${www.id}`, { ttl: 600 }],
    ['PATCH', `${api.ofApi}/${challenge.id}`, { name: 'moved' }],
    ['DELETE', `${api.ofApi}/${www.id}`, undefined],
    ['POST', `${api.ofApi}/batch`, { posts: [{ ...body, content: 'x' }], deletes: [{ id: www.id }] }],
  ] as const) {
    const answer = await ask(method, path, sent);
    expect([answer.status, answer.body.errors[0].code]).toEqual([403, 10000]);
    expect(answer.body.errors[0].message).toMatch(/but only records named _acme-challenge\.\* of type TXT$/);
  }
  expect(await api.store.read()).toEqual(before);
  expect((await ask('DELETE', `${api.ofApi}/${made.body.result.id}`)).status).toBe(200);
});

test('a change that changes nothing shows a token no record that it may not see', async () => {
  const ask = await bound({ types: ['TXT'] });
  for (const [method, path, sent] of [
    ['PATCH', `${api.ofApi}/${www.id}`, {}],
    ['PATCH', `${api.ofApi}/${www.id}`, { content: 'no address' }],
    ['POST', `${api.ofApi}/batch`, { patches: [{ id: www.id }] }],
    ['POST', api.ofApi, { type: 'CNAME', name: 'www', content: 'a.example.net' }],
  ] as const) {
    const answer = await ask(method, path, sent);
    expect([answer.status, answer.body.errors[0].code]).toEqual([403, 10000]);
    expect(JSON.stringify(answer.body)).not.toContain('192.0.2.1');
  }
});

test.each([
  ['GET', POOLS],
  ['POST', POOLS],
  ['GET', '/lifeguard/v1/export'],
  ['GET', '/lifeguard/v1/events'],
  ['GET', '/lifeguard/v1/tokens'],
  ['GET', '/client/v4/accounts/a/load_balancers/search'],
  ['POST', '/client/v4/zones'],
  ['DELETE', '/client/v4/zones/{zone}'],
  ['PATCH', '/client/v4/zones/{zone}/dns_settings'],
  ['GET', '/client/v4/zones/{zone}/load_balancers'],
])('a token that is bound to records may use nothing else: %s %s', async (method, path) => {
  const ask = await bound({ types: ['TXT'] });
  const answer = await ask(method, path.replace('{zone}', api.zoneId), method === 'GET' ? undefined : {});
  expect([answer.status, answer.body.errors[0].code]).toEqual([403, 10000]);
});

test('such a token verifies itself, finds its account, and reads the settings of its zones', async () => {
  const ask = await bound({ zones: ['example.org'] }, { scope: 'read' });
  for (const path of [
    '/client/v4/user/tokens/verify',
    '/client/v4/accounts',
    '/client/v4/memberships',
    `/client/v4/zones/${api.zoneId}/dns_settings`,
    `/client/v4/zones/${api.zoneId}/pagerules`,
  ])
    expect([path, (await ask('GET', path)).status]).toEqual([path, 200]);
  expect((await ask('DELETE', `${api.ofApi}/${www.id}`)).status).toBe(403);
});

test('the quota of such a token counts the records that it may write', async () => {
  const ask = await bound({ names: ['quota*.example.org'] }, { documents_max: 2 });
  const post = (name: string) => ask('POST', api.ofApi, { type: 'A', name, content: '192.0.2.1' });
  expect([(await post('quota1')).status, (await post('quota2')).status]).toEqual([200, 200]);
  const third = await post('quota3');
  expect([third.status, third.body.errors[0].code]).toEqual([403, 1404]);
});

test.each([
  [{ scope: 'admin', records: { zones: ['example.org'] } }, '/records', 'only with scope read or edit'],
  [{ scope: 'edit', pool_prefix: 'web', records: { types: ['A'] } }, '/records', 'together with pool_prefix'],
  [{ scope: 'edit', records: {} }, '/records', 'fewer than 1'],
  [{ scope: 'edit', records: { zones: [] } }, '/records/zones', 'must be in the range'],
  [{ scope: 'edit', records: { types: ['NOSUCH'] } }, '/records/types/0', 'must be a type of records'],
  [{ scope: 'edit', records: { names: ['a b'] } }, '/records/names/0', 'must be a domain name'],
  [{ scope: 'edit', records: { colour: ['x'] } }, '/records/colour', 'not a known field'],
])('a token with %j is refused', async (body, pointer, rule) => {
  const answer = await api.call('POST', TOKENS, { name: 'wrong', ...body });
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0]).toMatchObject({
    message: expect.stringContaining(rule),
    source: { pointer },
  });
});
