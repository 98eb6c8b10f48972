import { expect, test } from 'vitest';
import { openRecordsApi, type RecordsApi } from './records/harness.ts';
import { TOKENS } from './server.ts';

const APPLY = '/lifeguard/v1/apply';
const EXPORT = '/lifeguard/v1/export';

async function start(): Promise<RecordsApi & AsyncDisposable> {
  const api = await openRecordsApi();
  return { ...api, [Symbol.asyncDispose]: () => api.stop() };
}

const changesIn = ({
  body,
}: {
  body: { result: { changes: { action: string; kind: string; name: string }[] } };
}) => body.result.changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`);
const zoneWith = (records: readonly object[], over: object = {}) => ({
  zones: [{ name: 'example.org', records, ...over }],
});
const WWW = { name: 'www', type: 'A', content: '192.0.2.1' };

test('an export has zones and records, and applied to another server makes them; applied again it changes nothing', async () => {
  await using api = await start();
  const settings = {
    ...(await api.call('GET', `/lifeguard/v1/zones/${api.zoneId}/settings`)).body.result,
    ttl: 600,
  };
  await api.call('PATCH', `/lifeguard/v1/zones/${api.zoneId}/settings`, settings);
  await api.create({ type: 'MX', name: '@', content: 'mail.example.net', priority: 10, ttl: 60 });
  await api.create({
    type: 'TXT',
    name: 'c',
    content: '"a" "b"',
    comment: 'both',
    tags: ['x:y'],
    proxied: true,
  });
  await api.create({ type: 'A', name: 'www.example.org.example.org', content: '192.0.2.1' });
  await api.call('POST', api.ofFile, { type: 'A', name: 'api', content: '192.0.2.9' });
  const document = (await api.call('GET', EXPORT)).body.result;
  expect(document.zones).toEqual([
    { name: 'example.com', records: [{ name: 'api', type: 'A', content: '192.0.2.9' }] },
    {
      name: 'example.org',
      settings,
      records: [
        { name: '@', type: 'MX', content: '10 mail.example.net.', ttl: 60 },
        { name: 'c', type: 'TXT', content: '"a" "b"', proxied: true, comment: 'both', tags: ['x:y'] },
        { name: 'www.example.org.example.org', type: 'A', content: '192.0.2.1' },
      ],
    },
  ]);
  expect((await api.call('POST', `${APPLY}?prune=true`, document)).body.result).toMatchObject({
    changes: [],
    unchanged: 5,
  });
  await using other = await start();
  expect(changesIn(await other.call('POST', APPLY, document))).toEqual([
    'update zone example.org',
    'create record api.example.com A',
    'create record example.org MX',
    'create record c.example.org TXT',
    'create record www.example.org.example.org A',
  ]);
  expect((await other.call('GET', EXPORT)).body.result).toEqual(document);
  const bare = (await other.call('GET', `${EXPORT}?records=false`)).body.result.zones;
  expect(bare).toEqual([{ name: 'example.com' }, { name: 'example.org', settings }]);
});

test('the records of a name and type are a set: others of it go or change, and other sets stay but for prune', async () => {
  await using api = await start();
  const apply = (records: readonly object[], query = '') =>
    api.call('POST', `${APPLY}${query}`, zoneWith(records));
  await apply([
    WWW,
    { ...WWW, content: '192.0.2.2' },
    { name: 'alias', type: 'CNAME', content: 'www.example.org.' },
  ]);
  const ids = (await api.call('GET', `${api.ofApi}?type=A`)).body.result.map(({ id }: { id: string }) => id);
  const second = await apply([
    { ...WWW, content: '192.0.2.2', ttl: 60 },
    { ...WWW, content: '192.0.2.3' },
  ]);
  expect(changesIn(second)).toEqual(['update record www.example.org A', 'update record www.example.org A']);
  expect(second.body.result.changes.map(({ fields }: { fields: string[] }) => fields)).toEqual(
    expect.arrayContaining([['ttl'], ['content']]),
  );
  expect(
    (await api.call('GET', `${api.ofApi}?type=A`)).body.result.map(({ id }: { id: string }) => id),
  ).toEqual(ids);
  expect(changesIn(await apply([{ ...WWW, content: '192.0.2.3' }]))).toEqual([
    'delete record www.example.org A',
  ]);
  expect(await api.found()).toEqual([
    'alias.example.org CNAME www.example.org',
    'www.example.org A 192.0.2.3',
  ]);
  const dry = await apply([{ ...WWW, content: '192.0.2.3' }], '?prune=true&dry_run=true');
  expect(changesIn(dry)).toEqual(['delete record alias.example.org CNAME']);
  expect(await api.found()).toHaveLength(2);
  await apply([{ ...WWW, content: '192.0.2.3' }], '?prune=true');
  expect(await api.found()).toEqual(['www.example.org A 192.0.2.3']);
  // A document without records leaves them, and one without zones leaves zones.
  await api.call('POST', `${APPLY}?prune=true`, { zones: [{ name: 'example.org' }] });
  await api.call('POST', `${APPLY}?prune=true`, {});
  expect(await api.found()).toHaveLength(1);
});

test('one document makes a zone, its records and a load balancer in it; prune deletes the zone', async () => {
  await using api = await start();
  const document = {
    pools: [{ name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] }],
    zones: [{ name: 'New.Example', settings: { ttl: 60 }, records: [{ ...WWW, ttl: 60 }] }],
    load_balancers: [{ name: 'lb.new.example', default_pools: ['web'], fallback_pool: 'web' }],
  };
  expect(changesIn(await api.call('POST', APPLY, document))).toEqual([
    'create pool web',
    'create zone new.example',
    'create load_balancer lb.new.example',
    'create record www.new.example A',
  ]);
  const [made] = (await api.call('GET', '/client/v4/zones?name=new.example')).body.result;
  expect((await api.call('GET', `/client/v4/zones/${made.id}/dns_records`)).body.result).toMatchObject([
    { name: 'www.new.example', ttl: 60 },
  ]);
  const pruned = await api.call('POST', `${APPLY}?prune=true`, {
    zones: [{ name: 'example.org' }],
    load_balancers: [],
  });
  expect(changesIn(pruned)).toEqual(
    expect.arrayContaining(['delete load_balancer lb.new.example', 'delete zone new.example']),
  );
});

test.each([
  [zoneWith([{ ...WWW, content: 'x' }]), '/zones/0/records/0/content', 1004],
  [zoneWith([WWW, WWW]), '/zones/0/records/1', 81058],
  [zoneWith([WWW, { ...WWW, type: 'CNAME', content: 'a.example.net' }]), '/zones/0/records/1', 81053],
  [zoneWith([{ ...WWW, colour: 1 }]), '/zones/0/records/0/colour', 1002],
  [zoneWith([7 as never]), '/zones/0/records/0', 1002],
  [zoneWith([], { settings: { ns: [] } }), '/zones/0/settings/ns', 1002],
  [{ zones: [{ name: 'a b' }] }, '/zones/0/name', 1002],
  [{ zones: [{ name: 'example.org' }, { name: 'EXAMPLE.org' }] }, '/zones/1/name', 1002],
  [{ zones: [{ name: 'example.com', settings: { ttl: 60 } }] }, '/zones/0/settings', 1002],
  [
    { zones: [{ name: 'example.com', records: [{ ...WWW, content: '192.0.2.1' }] }] },
    '/zones/0/records/0',
    81057,
  ],
])(
  'a wrong zone or record of a document is refused at its place, and nothing is written: %j',
  async (document, pointer, code) => {
    await using api = await start();
    const before = await api.store.read();
    const answer = await api.call('POST', APPLY, document);
    expect([answer.status, answer.body.errors[0].code, answer.body.errors[0].source.pointer]).toEqual([
      400,
      code,
      pointer,
    ]);
    expect(await api.store.read()).toEqual(before);
  },
);

test('an edit token applies records, but no zones', async () => {
  await using api = await start();
  const made = await api.call('POST', TOKENS, { name: 'editor', scope: 'edit' });
  const headers = { authorization: `Bearer ${made.body.result.token}` };
  expect((await api.call('POST', APPLY, zoneWith([WWW]), headers)).status).toBe(200);
  const refused = await api.call('POST', APPLY, { zones: [{ name: 'new.example' }] }, headers);
  expect([refused.status, refused.body.errors[0].code]).toEqual([403, 10000]);
});

test('apply took settings that hid records', async () => {
  await using api = await start();
  await api.create({ type: 'TXT', name: 'p', content: 'x' });
  await api.create({ type: 'A', name: 'ns', content: '192.0.2.1' });
  const settings = { ns: [{ name: 'ns.example.org', addresses: ['192.0.2.2'] }], pools: 'p' };
  const applied = async (records?: readonly object[], query = '') => {
    const document = { zones: [{ name: 'example.org', settings, ...(records && { records }) }] };
    const { status, body } = await api.call('POST', `${APPLY}${query}`, document);
    return status === 200
      ? 200
      : body.errors.map(({ message, source }: { message: string; source: { pointer: string } }) => [
          source.pointer,
          message.split(':')[0],
        ]);
  };
  const hidden = [
    ['/zones/0/settings/ns', 'Record "ns.example.org" A would not be answered any more'],
    ['/zones/0/settings/pools', 'Record "p.example.org" TXT would not be answered any more'],
  ];
  expect(await applied()).toEqual(hidden);
  expect(await applied([])).toEqual(hidden);
  expect(await api.found()).toHaveLength(2);
  // The document may delete them itself.
  expect(await applied([], '?prune=true')).toBe(200);
  expect(await api.found()).toEqual([]);
});
