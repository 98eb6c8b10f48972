import { afterAll, expect, test } from 'vitest';
import { openRecordsApi } from './harness.ts';

const api = await openRecordsApi();
afterAll(() => api.stop());

const A = { type: 'A', name: 'www', content: '192.0.2.1' };
const made = await api.create(A);
await api.create({ type: 'CNAME', name: 'alias', content: 'www.example.org' });

/** A body, and of each error its code, the code in its chain, its place, and a part of its message. */
const REFUSED: readonly (readonly [
  body: unknown,
  ...errors: (readonly [number, number | undefined, string, string])[],
])[] = [
  [{}, [1004, 9020, '/type', 'type must be given'], [1004, 9000, '/name', 'name must be given']],
  [
    { ...A, type: 7, ttl: 'x' },
    [1004, 9020, '/type', 'must be a string'],
    [1004, 9021, '/ttl', 'must be an integer'],
  ],
  [{ ...A, ttl: 2_147_483_648 }, [1004, 9021, '/ttl', 'not in the range [0, 2147483647]']],
  [{ ...A, proxied: 'no' }, [1004, 9003, '/proxied', 'must be a boolean']],
  [{ ...A, type: 'WWW' }, [1004, 9020, '/type', '"WWW" is not a type of records']],
  [{ ...A, type: 'SOA' }, [1004, 9020, '/type', 'settings of the zone']],
  [{ ...A, type: 'ANY' }, [1004, 9020, '/type', 'not a type of records']],
  [{ ...A, name: 'other.example.net.' }, [1004, 9000, '/name', 'is not in the zone example.org']],
  [{ ...A, name: `${'x'.repeat(64)}` }, [1004, 9000, '/name', '63 at most']],
  [{ ...A, name: 'a b' }, [1004, 9000, '/name', 'not printable ASCII']],
  [{ ...A, content: 'example.net' }, [1004, 9005, '/content', 'is not an IPv4 address']],
  [{ ...A, type: 'AAAA' }, [1004, 9006, '/content', 'is not an IPv6 address']],
  [{ ...A, type: 'CNAME' }, [1004, 9007, '/content', 'IP address 192.0.2.1']],
  [
    { type: 'MX', name: 'm', content: '192.0.2.1', priority: 1 },
    [1004, 9009, '/content', 'IP address 192.0.2.1'],
  ],
  [
    { type: 'MX', name: 'm', content: 'mail.example.net' },
    [1004, 9009, '/content', 'it has no priority; write'],
  ],
  [{ type: 'SRV', name: 's', data: { port: 1 } }, [1004, 9004, '/data', 'Content for SRV record is invalid']],
  [{ type: 'TXT', name: 't' }, [1004, 9004, '/content', 'Content for TXT record is missing']],
  [{ ...A, comment: 'x'.repeat(501) }, [1004, 9207, '/comment', 'longer than 500']],
  [{ ...A, tags: [':x'] }, [1004, 9207, '/tags/0', 'must be a name']],
  [{ ...A, settings: { other: true } }, [1004, 9207, '/settings/other', 'not a known field']],
  // A name that every object has.
  [{ ...A, constructor: 1 }, [1004, 9207, '/constructor', 'not a known field']],
  [{ ...A, colour: 1 }, [1004, 9207, '/colour', 'not a known field']],
  [
    { type: 'CNAME', name: '@', content: 'example.net' },
    [1004, 9106, '', 'it is at the apex of its zone. example.net. is in no zone of this server'],
  ],
  [
    { type: 'CNAME', name: 'f', content: 'f.example.net', settings: { flatten_cname: true } },
    [1004, 9106, '', 'flatten_cname: true. f.example.net. is in no zone of this server'],
  ],
  [
    { type: 'NS', name: '@', content: 'ns.example.net' },
    [1004, 9106, '', 'the settings of the zone decide its name servers'],
  ],
  [
    { type: 'DS', name: '@', content: `1 8 2 ${'ab'.repeat(32)}` },
    [1004, 9106, '', 'DS belongs to the zone above it (RFC 4035 §2.4)'],
  ],
  [{ type: 'NS', name: '*.w', content: 'ns.example.net' }, [1004, 9106, '', 'is a wildcard']],
  [{ ...A, name: 'web.pools' }, [1004, 9106, '', 'pools answer for the addresses of']],
  [{ type: 'TXT', name: 'pools', content: 'x' }, [1004, 9106, '', 'the name below which pools answer']],
  [A, [81058, undefined, '', 'An identical record already exists.']],
  [{ ...A, ttl: 60 }, [81057, undefined, '', 'Record already exists.']],
  [
    { ...A, type: 'CNAME', content: 'x.example.net' },
    [81053, undefined, '', 'An A, AAAA, or CNAME record with that host already exists.'],
  ],
  [
    { ...A, name: 'alias' },
    [81053, undefined, '', 'An A, AAAA, or CNAME record with that host already exists.'],
  ],
  [{ type: 'CNAME', name: 'alias', content: 'b.example.net' }, [81053, undefined, '', 'already exists']],
];

test.each(REFUSED.map(([body, ...errors]) => [JSON.stringify(body).slice(0, 80), body, errors] as const))(
  '%s is refused at its place, and nothing is written',
  async (_, body, errors) => {
    const before = await api.store.read();
    const answer = await api.call('POST', api.ofApi, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject(
      errors.map(([code, chain, pointer, message]) => ({
        code,
        ...(chain && { error_chain: [{ code: chain, message: expect.stringContaining(message) }] }),
        message: expect.stringContaining(message),
        source: { pointer },
      })),
    );
    expect(await api.store.read()).toEqual(before);
    // In a batch its place is that of the change.
    const batch = await api.call('POST', `${api.ofApi}/batch`, { posts: [body] });
    expect(
      batch.body.errors.map((each: { code: number; source: object }) => [each.code, each.source]),
    ).toEqual(errors.map(([code, , pointer]) => [code, { pointer: `/posts/0${pointer}` }]));
    expect(await api.store.read()).toEqual(before);
  },
);

test.each([
  ['GET', '', 404, 81044],
  ['PUT', A, 404, 81044],
  ['PATCH', { ttl: 60 }, 404, 81044],
  ['DELETE', undefined, 404, 81044],
])('%s of a record that is not there, or of another zone', async (method, body, status, code) => {
  for (const path of [`${api.ofApi}/${'f'.repeat(32)}`, `${api.ofFile}/${made.id}`]) {
    const answer = await api.call(method, path, body || undefined);
    expect([answer.status, answer.body.errors[0].code]).toEqual([status, code]);
  }
  const bad = await api.call(method, `${api.ofApi}/nosuch`, body || undefined);
  expect([bad.status, bad.body.errors[0].code]).toEqual([404, 7003]);
  const noZone = await api.call(
    method,
    `/client/v4/zones/${'f'.repeat(32)}/dns_records/${made.id}`,
    body || undefined,
  );
  expect([noZone.status, noZone.body.errors[0].code]).toEqual([404, 1001]);
});

test('a change of a record to what another is, or beside a CNAME, is refused', async () => {
  const other = await api.create({ ...A, content: '192.0.2.2' });
  const same = await api.call('PATCH', `${api.ofApi}/${other.id}`, { content: '192.0.2.1' });
  expect(same.body.errors[0].code).toBe(81058);
  const beside = await api.call('PATCH', `${api.ofApi}/${other.id}`, { name: 'alias' });
  expect(beside.body.errors[0].code).toBe(81053);
});

test('records of the configuration file are listed, have the same identifiers everywhere, and are changed there', async () => {
  const { body } = await api.call('GET', api.ofFile);
  const shown = body.result.map(
    ({ name, type, content }: Record<string, string>) => `${name} ${type} ${content}`,
  );
  expect(shown).toEqual([
    'mail.example.com TXT "from the file"',
    'www.example.com A 192.0.2.1',
    'www.example.com A 192.0.2.2',
  ]);
  const [first] = body.result;
  expect(first.meta).toEqual({ source: 'configuration' });
  expect((await api.call('GET', `${api.ofFile}/${first.id}`)).body.result).toEqual(first);
  const other = await openRecordsApi();
  expect((await other.call('GET', other.ofFile)).body.result).toEqual(body.result);
  await other.stop();
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    const answer = await api.call(method, `${api.ofFile}/${first.id}`, first);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].message).toBe(
      'Record "mail.example.com" TXT comes from the configuration file. Change it there.',
    );
  }
});

test('a zone of the configuration file takes records of the API; one that the file has is there already', async () => {
  const made = await api.call('POST', api.ofFile, { type: 'A', name: 'api', content: '192.0.2.9' });
  expect(made.body.result).toMatchObject({
    name: 'api.example.com',
    zone_name: 'example.com',
    meta: { source: 'api' },
  });
  const twin = await api.call('POST', api.ofFile, { type: 'A', name: 'www', content: '192.0.2.1', ttl: 60 });
  expect(twin.body.errors[0].code).toBe(81058);
});

test('If-Match refuses a change of another version, and If-None-Match spares an answer', async () => {
  const path = `${api.ofApi}/${made.id}`;
  const tag = (await api.call('GET', path)).headers.get('etag')!;
  expect((await api.call('GET', path, undefined, { 'if-none-match': tag })).status).toBe(304);
  const changed = await api.call('PATCH', path, { ttl: 600 }, { 'if-match': tag });
  expect(changed.status).toBe(200);
  expect(changed.headers.get('x-lifeguard-revision')).toMatch(/^\d+$/);
  const late = await api.call('PATCH', path, { ttl: 700 }, { 'if-match': tag });
  expect([late.status, late.body.errors[0].code]).toEqual([412, 1412]);
  expect((await api.call('DELETE', path, undefined, { 'if-match': tag })).status).toBe(412);
});
