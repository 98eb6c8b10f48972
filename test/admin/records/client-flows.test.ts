import { afterAll, expect, test } from 'vitest';
import { TOKEN } from '../server.ts';
import { openRecordsApi } from './harness.ts';

/** What clients ask, in their order, as their sources have it; the real ones are in test/e2e/clients. */
const api = await openRecordsApi();
afterAll(() => api.stop());
const ZONES = '/client/v4/zones';

async function ask(method: string, path: string, body?: object) {
  const answer = await api.call(method, path, body);
  expect([method, path, answer.status, answer.body.success]).toEqual([method, path, 200, true]);
  return answer.body;
}

test('certbot finds the zone by each parent of the name, and cleans up by the content that it wrote', async () => {
  for (const name of ['_acme-challenge.www.example.org', 'www.example.org'])
    expect((await ask('GET', `${ZONES}?name=${name}&per_page=1`)).result).toEqual([]);
  const [zone] = (await ask('GET', `${ZONES}?name=example.org&per_page=1`)).result;
  const list = `${ZONES}/${zone.id}/dns_records`;
  const body = { type: 'TXT', name: '_acme-challenge.www.example.org', content: 'a_b-C1', ttl: 120 };
  await ask('POST', list, body);
  const query = `type=TXT&name=${body.name}&content=${body.content}&per_page=1`;
  const found = await ask('GET', `${list}?${query}`);
  expect(found.result_info.total_count).toBe(1);
  await ask('DELETE', `${list}/${found.result[0].id}`);
  expect((await ask('GET', `${list}?${query}`)).result).toEqual([]);
});

test('lego gets exactly one zone, and deletes the record that it remembers; two challenges exist side by side', async () => {
  const { result, result_info: info } = await ask('GET', `${ZONES}?name=example.org&per_page=50`);
  expect([result.length, info.total_count]).toEqual([1, 1]);
  const list = `${ZONES}/${result[0].id}/dns_records`;
  const body = { type: 'TXT', name: '_acme-challenge.example.org', ttl: 120 };
  const ids: string[] = [];
  for (const content of ['"one"', '"two"'])
    ids.push((await ask('POST', list, { ...body, content })).result.id);
  for (const id of ids) expect((await ask('DELETE', `${list}/${id}`)).result).toEqual({ id });
});

test('cert-manager asks for the longest suffix first, posts without a content type, and finds its record among all', async () => {
  for (const suffix of ['_acme-challenge.a.example.org', 'a.example.org'])
    expect((await ask('GET', `${ZONES}?name=${suffix}`)).result).toEqual([]);
  const [zone] = (await ask('GET', `${ZONES}?name=example.org`)).result;
  const list = `${ZONES}/${zone.id}/dns_records`;
  const posted = await fetch(`${api.url}${list}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: Buffer.from(
      JSON.stringify({ type: 'TXT', name: '_acme-challenge.a.example.org', content: '"k"', ttl: 120 }),
    ),
  });
  expect(posted.status).toBe(200);
  const { result } = await ask('GET', `${list}?per_page=100&type=TXT&name=_acme-challenge.a.example.org`);
  expect(result).toMatchObject([{ content: '"k"', zone_id: zone.id, zone_name: 'example.org' }]);
  await ask('DELETE', `${list}/${result[0].id}`);
});

test('external-dns lists all pages of zones and records, and changes in one batch, or one by one where that fails', async () => {
  const { result: zones } = await ask('GET', `${ZONES}?per_page=50&page=1`);
  expect((await ask('GET', `${ZONES}?per_page=50&page=2`)).result).toEqual([]);
  const zone = zones.find(({ name }: { name: string }) => name === 'example.org');
  expect(zone.plan.is_subscribed).toBe(true);
  const list = `${ZONES}/${zone.id}/dns_records`;
  const registry = {
    type: 'TXT',
    name: 'a-app.example.org',
    content: '"heritage=external-dns,external-dns/owner=me"',
    ttl: 1,
  };
  const app = { type: 'A', name: 'app.example.org', content: '192.0.2.1', ttl: 1, proxied: false };
  const done = await ask('POST', `${list}/batch`, { posts: [app, registry], deletes: null, patches: null });
  expect(done.result.posts.map(({ content }: { content: string }) => content)).toEqual([
    app.content,
    registry.content,
  ]);
  const failed = await api.call('POST', `${list}/batch`, {
    posts: [app, { ...app, name: 'other.example.org' }],
  });
  expect([failed.status, failed.body.errors[0].code, failed.body.errors[0].source.pointer]).toEqual([
    400,
    81058,
    '/posts/0',
  ]);
  expect((await ask('GET', `${list}?name=other.example.org`)).result).toEqual([]);
});

test('a client of dynamic addresses changes the content of its record', async () => {
  const [zone] = (await ask('GET', `${ZONES}?name=example.org`)).result;
  const list = `${ZONES}/${zone.id}/dns_records`;
  const { id } = (await ask('POST', list, { type: 'A', name: 'home.example.org', content: '192.0.2.1' }))
    .result;
  const [found] = (await ask('GET', `${list}?type=A&name=home.example.org`)).result;
  expect(found.id).toBe(id);
  expect((await ask('PATCH', `${list}/${id}`, { content: '192.0.2.2' })).result.content).toBe('192.0.2.2');
});

test('batches of several writers are each made whole or not at all', async () => {
  const [zone] = (await ask('GET', `${ZONES}?name=example.org`)).result;
  const batch = `${ZONES}/${zone.id}/dns_records/batch`;
  // Each writer claims three names for itself; names are shared by two writers.
  const namesOf = (writer: number) => [0, 1, 2].map((i) => `claim${(writer + i) % 8}`);
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, writer) =>
      api.call('POST', batch, {
        posts: namesOf(writer).map((name) => ({
          type: 'CNAME',
          name,
          content: `writer${writer}.example.net`,
        })),
      }),
    ),
  );
  const winners = answers.flatMap(({ status }, writer) => (status === 200 ? [writer] : []));
  for (const { status, body } of answers)
    if (status !== 200) expect([status, body.errors[0].code]).toEqual([400, 81053]);
  expect(winners.length).toBeGreaterThan(0);
  const expected = winners
    .flatMap((writer) =>
      namesOf(writer).map((name) => `${name}.example.org CNAME writer${writer}.example.net`),
    )
    .sort();
  expect((await api.found('name.startswith=claim')).sort()).toEqual(expected);
});
