import { afterAll, expect, test } from 'vitest';
import { openRecordsApi } from './harness.ts';

const api = await openRecordsApi();
afterAll(() => api.stop());

/** A body, and what the API shows of it. */
const FORMS: readonly (readonly [body: Record<string, unknown>, shown: Record<string, unknown>])[] = [
  [
    { type: 'A', content: '192.0.2.9' },
    { content: '192.0.2.9', proxiable: true },
  ],
  [
    { type: 'aaaa', content: '2001:DB8:0::9' },
    { type: 'AAAA', content: '2001:db8::9' },
  ],
  [
    { type: 'CNAME', content: 'Target.example.net.' },
    { content: 'Target.example.net', proxiable: true },
  ],
  [{ type: 'CNAME', content: '@' }, { content: 'example.org' }],
  [
    { type: 'MX', content: 'mail.example.net', priority: 10 },
    { content: 'mail.example.net', priority: 10 },
  ],
  [
    { type: 'MX', content: '20 mail.example.net.' },
    { content: 'mail.example.net', priority: 20 },
  ],
  [
    { type: 'MX', content: '.', priority: 0 },
    { content: '.', priority: 0 },
  ],
  [
    { type: 'TXT', content: 'v=spf1 include:example.net -all' },
    { content: '"v=spf1 include:example.net -all"' },
  ],
  [{ type: 'TXT', content: '"a" "b"' }, { content: '"a" "b"' }],
  [{ type: 'TXT', content: 'v=DMARC1; p=none' }, { content: '"v=DMARC1; p=none"' }],
  [
    { type: 'SRV', data: { priority: 1, weight: 2, port: 3, target: 'sip.example.net' } },
    {
      content: '2 3 sip.example.net',
      priority: 1,
      data: { priority: 1, weight: 2, port: 3, target: 'sip.example.net' },
    },
  ],
  // octoDNS writes the older form of the reference, which has the owner in the data.
  [
    {
      type: 'SRV',
      data: {
        ...{ service: '_sip', proto: '_udp', name: 'example.org' },
        ...{ priority: 1, weight: 2, port: 5063, target: 'sip.example.net' },
      },
    },
    {
      content: '2 5063 sip.example.net',
      data: { priority: 1, weight: 2, port: 5063, target: 'sip.example.net' },
    },
  ],
  [
    { type: 'SRV', content: '5 5061 sip.example.net', priority: 4 },
    { content: '5 5061 sip.example.net', priority: 4 },
  ],
  [
    { type: 'SRV', content: '4 5 5062 sip.example.net.' },
    { content: '5 5062 sip.example.net', priority: 4 },
  ],
  [
    { type: 'CAA', data: { flags: 0, tag: 'issue', value: 'ca.example' } },
    { content: '0 issue "ca.example"', data: { flags: 0, tag: 'issue', value: 'ca.example' } },
  ],
  [{ type: 'CAA', content: '0\tiodef\tmailto:a@example.net' }, { content: '0 iodef "mailto:a@example.net"' }],
  [
    { type: 'URI', priority: 10, data: { weight: 1, target: 'https://example.net/' } },
    {
      content: '1 "https://example.net/"',
      priority: 10,
      data: { weight: 1, target: 'https://example.net/' },
    },
  ],
  [
    { type: 'HTTPS', content: '1 . alpn="h2,h3"' },
    { content: '1 . alpn="h2,h3"', data: { priority: 1, target: '.', value: 'alpn="h2,h3"' } },
  ],
  [
    { type: 'TYPE65534', content: '\\# 2 ab cd' },
    { type: 'TYPE65534', content: '\\# 2 abcd' },
  ],
];

test.each(FORMS.map(([body, shown], i) => [JSON.stringify(body), i, body, shown] as const))(
  'content of %s; what is read can be written back, and changes nothing',
  async (_, i, body, shown) => {
    const record = await api.create({ name: `n${i}`, ...body });
    const { data, ...rest } = shown;
    expect(record).toMatchObject({ ...rest, ...(data ? { data } : {}), name: `n${i}.example.org` });
    const { revision } = await api.store.read();
    for (const method of ['PUT', 'PATCH']) {
      const answer = await api.call(method, `${api.ofApi}/${record.id}`, record);
      expect([answer.status, answer.body.result]).toEqual([200, record]);
    }
    // Nor does a part alone, but for a whole PUT without it.
    const { data: _data, ...byContent } = record;
    expect((await api.call('PUT', `${api.ofApi}/${record.id}`, byContent)).body.result).toEqual(record);
    if (record.data !== undefined) {
      const { content: _content, ...byData } = record;
      expect((await api.call('PUT', `${api.ofApi}/${record.id}`, byData)).body.result).toEqual(record);
    }
    expect((await api.store.read()).revision).toBe(revision);
  },
);

test('of content and data the one counts that is new; two that differ from each other are refused', async () => {
  const data = { priority: 1, weight: 2, port: 3, target: 'one.example.net' };
  const made = await api.create({ type: 'SRV', name: 'both', data });
  const path = `${api.ofApi}/${made.id}`;
  const byData = await api.call('PUT', path, { ...made, data: { ...data, port: 4 } });
  expect(byData.body.result).toMatchObject({ content: '2 4 one.example.net', data: { port: 4 } });
  const byContent = await api.call('PUT', path, { ...byData.body.result, content: '2 5 one.example.net' });
  expect(byContent.body.result.data.port).toBe(5);
  const refused = await api.call('POST', api.ofApi, {
    type: 'SRV',
    name: 'two',
    content: '1 2 3 one.example.net',
    data: { ...data, port: 9 },
  });
  expect(refused.body.errors).toMatchObject([
    {
      code: 1004,
      message:
        'DNS Validation Error: content is 1 2 3 one.example.net., but data is 1 2 9 one.example.net.. Write one of them.',
      source: { pointer: '/data' },
    },
  ]);
});

test('PATCH keeps what it does not have: the priority of an MX, its content, comments and tags', async () => {
  const made = await api.create({
    type: 'MX',
    name: 'p',
    content: 'a.example.net',
    priority: 10,
    comment: 'c',
    tags: ['t'],
  });
  const patch = async (body: object) =>
    (await api.call('PATCH', `${api.ofApi}/${made.id}`, body)).body.result;
  expect(await patch({ content: 'b.example.net' })).toMatchObject({ content: 'b.example.net', priority: 10 });
  expect(await patch({ priority: 20 })).toMatchObject({
    content: 'b.example.net',
    priority: 20,
    comment: 'c',
  });
  expect(await patch({ content: '30 c.example.net' })).toMatchObject({
    content: 'c.example.net',
    priority: 30,
  });
  const still = await patch({ ttl: 60, comment: null });
  expect(still).toMatchObject({
    ttl: 60,
    priority: 30,
    comment: null,
    tags: ['t'],
    tags_modified_on: made.tags_modified_on,
  });
  expect(still).not.toHaveProperty('comment_modified_on');
});

test.each([
  ['www', 'www.example.org'],
  ['WWW.Example.ORG', 'www.example.org'],
  ['www2.example.org.', 'www2.example.org'],
  ['*.wild', '*.wild.example.org'],
  ['_dmarc', '_dmarc.example.org'],
  ['a.b.c', 'a.b.c.example.org'],
  ['other.com', 'other.com.example.org'],
])('the name %s is %s', async (name, full) => {
  const made = await api.create({ type: 'TXT', name, content: name });
  expect(made.name).toBe(full);
});

test('@ and the name of the zone are the apex', async () => {
  expect((await api.create({ type: 'TXT', name: '@', content: 'one' })).name).toBe('example.org');
  expect((await api.create({ type: 'TXT', name: 'example.org', content: 'two' })).name).toBe('example.org');
});

test('hexadecimal keeps its case, and texts their characters, so that clients see no change', async () => {
  const fingerprint = 'DD465C09CFA51FB45020CC83316FFF21B9EC74Ac';
  const data = { algorithm: 1, type: 1, fingerprint };
  const made = await api.create({ type: 'SSHFP', name: 'keys', data });
  expect(made).toMatchObject({ content: `1 1 ${fingerprint}`, data });
  const text = await api.create({ type: 'TXT', name: 'keys', content: '"Grüße"' });
  expect(text).toMatchObject({ content: '"Grüße"' });
  expect(await api.found(`name=keys.example.org&content=${encodeURIComponent('"Grüße"')}`)).toHaveLength(1);
});

test('an internationalised name is stored in Punycode, and the answer says so', async () => {
  const answer = await api.call('POST', api.ofApi, {
    type: 'CNAME',
    name: 'Bücher',
    content: 'Straße.example.net',
  });
  expect(answer.body.result).toMatchObject({
    name: 'xn--bcher-kva.example.org',
    content: 'xn--strae-oqa.example.net',
  });
  expect(answer.body.messages).toEqual([
    {
      code: 10103,
      message: 'The name "Bücher" is stored in Punycode, as DNS has it: "xn--bcher-kva.example.org".',
      type: null,
    },
  ]);
  expect(await api.found('name=B%C3%BCcher.example.org')).toHaveLength(1);
});

test('proxied and settings are echoed, and have no effect, which the answer says', async () => {
  const answer = await api.call('POST', api.ofApi, {
    type: 'A',
    name: 'orange',
    content: '192.0.2.7',
    proxied: true,
    settings: { ipv4_only: true, ipv6_only: null },
  });
  expect(answer.body.result).toMatchObject({ proxied: true, settings: { ipv4_only: true } });
  expect(answer.body.messages).toMatchObject([{ code: 10102 }]);
});

test('a POST without a content type works, as cert-manager sends it', async () => {
  const answer = await fetch(`${api.url}${api.ofApi}`, {
    method: 'POST',
    headers: { authorization: 'Bearer correct-horse-battery-staple' },
    body: Buffer.from(
      JSON.stringify({ type: 'TXT', name: '_acme-challenge.example.org', content: 'token', ttl: 120 }),
    ),
  });
  expect(await answer.json()).toMatchObject({ success: true, result: { type: 'TXT', content: '"token"' } });
});

test('the data of SRV records may say their name, as ansible of Debian 12 writes it; also in a batch and a PUT', async () => {
  const data = { service: '_x', proto: '_tcp', priority: 1, weight: 2, port: 3, target: 'a.example.net' };
  const body = { type: 'SRV', data: { ...data, name: 'old.example.org' } };
  const made = await api.create(body);
  expect(made).toMatchObject({ name: '_x._tcp.old.example.org', content: '2 3 a.example.net' });
  const put = await api.call('PUT', `${api.ofApi}/${made.id}`, { ...body, ttl: 600 });
  expect(put.body.result).toMatchObject({ name: '_x._tcp.old.example.org', ttl: 600 });
  const posts = [{ ...body, data: { ...data, port: 4, name: 'old' } }];
  const batch = await api.call('POST', `${api.ofApi}/batch`, { posts });
  expect(batch.body.result.posts).toMatchObject([{ name: '_x._tcp.old.example.org' }]);
});

test.each([
  { type: { toString: 1 }, data: {} },
  { type: 'SRV', data: { service: { toString: 1 }, proto: '_tcp', name: 'old' } },
  { type: 'SRV', data: { service: '_x', proto: '_tcp', name: [{ toString: 1 }] } },
])(
  'a body with objects in the place of texts is refused, and is no failure of the server: %j',
  async (body) => {
    for (const [path, sent] of [
      [api.ofApi, body],
      [`${api.ofApi}/batch`, { posts: [body] }],
    ] as const)
      expect((await api.call('POST', path, sent)).status).toBe(400);
  },
);
