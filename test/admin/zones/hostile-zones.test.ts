import { afterAll, beforeAll, expect, test } from 'vitest';
import { SettingsPatch, ZoneBody, ZonePatch } from '../../../src/admin/zones/schema.ts';
import fc, { anyText, draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { ACCOUNT, openTestAdmin, POOLS, type TestAdmin } from '../server.ts';

/** Requests to each route. */
const RUNS = 40;

let api: TestAdmin;
let zone: string;
let pool: string;
beforeAll(async () => {
  api = await openTestAdmin({ zones: [zoneFile('example.com', '@ 60 NS ns1.example.net.')] });
  zone = (await api.call('POST', '/client/v4/zones', { name: 'made.example.org' })).body.result.id;
  const origins = [{ name: 'a', address: '192.0.2.1' }];
  pool = (await api.call('POST', POOLS, { name: 'web', origins })).body.result.id;
});
afterAll(() => api.stop());

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    -1,
    1e308,
    2 ** 53,
    '',
    '@',
    '.',
    '..',
    '*',
    '\u0000',
    '\ud800',
    '192.0.2.1',
  ),
  fc.constantFrom('www.example.com', 'example.com', 'x'.repeat(300), 'constructor', 'made.example.org'),
);
/** An object whose keys mostly are those of a schema, and whose values mostly are not. */
const bodyLike = (keys: readonly string[]) =>
  fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...keys) }, fc.string()), odd, {
    maxKeys: 5,
  });
const settings = fc.oneof(
  bodyLike(Object.keys(SettingsPatch.properties)),
  fc.record({
    ns: fc.array(fc.record({ name: odd, addresses: fc.array(odd, { maxLength: 2 }) }), { maxLength: 3 }),
    soa: bodyLike(['mname', 'rname', 'ttl', 'refresh', 'retry', 'expire', 'minimum']),
  }),
);

const BODIES = [
  ['POST', () => '/client/v4/zones', bodyLike(Object.keys(ZoneBody.properties))],
  ['PATCH', () => `/client/v4/zones/${zone}`, bodyLike(Object.keys(ZonePatch.properties))],
  ['PATCH', () => `/lifeguard/v1/zones/${zone}/settings`, settings],
  ['PATCH', () => POOLS, bodyLike(['notification_email'])],
  ['POST', () => `${POOLS}/${pool}/preview`, bodyLike(['type', 'port', 'path', 'header', 'expected_codes'])],
] as const;

test.each(BODIES)(
  `%s answers any body, and a refused one changes nothing (seed ${seed}, route %#)`,
  async (method, path, body) => {
    await fc.assert(
      fc.asyncProperty(body, async (sent) => {
        const before = await api.store.read();
        const answer = await api.call(method, path(), JSON.stringify(sent));
        expect([200, 400, 403, 429]).toContain(answer.status);
        expect(answer.body.success).toBe(answer.status === 200);
        if (answer.status !== 200) expect(await api.store.read()).toEqual(before);
      }),
      { numRuns: draws(RUNS) },
    );
    expect((await api.call('GET', '/client/v4/zones')).status).toBe(200);
  },
  60_000,
);

const LISTS = [
  [
    '/client/v4/zones',
    ['name', 'name.exact', 'account.id', 'status', 'match', 'order', 'type', 'page', 'per_page'],
  ],
  [`/client/v4/accounts/${ACCOUNT}/load_balancers/regions`, ['country_code', 'subdivision_code_a2']],
  [`/client/v4/accounts/${ACCOUNT}/load_balancers/search`, ['query', 'references', 'page', 'per_page']],
  ['/client/v4/accounts', ['name', 'page', 'limit', 'offset']],
] as const;

test.each(LISTS)(
  `GET %s answers any query (seed ${seed})`,
  async (path, keys) => {
    const text = fc.oneof(anyText(), fc.constantFrom('1', '0', '-1', 'name', 'starts_with:', ':'));
    const pair = fc.tuple(fc.oneof(fc.constantFrom<string>(...keys), fc.string()), text);
    await fc.assert(
      fc.asyncProperty(fc.array(pair, { maxLength: 4 }), async (pairs) => {
        const answer = await api.call('GET', `${path}?${new URLSearchParams(pairs)}`);
        expect([200, 400]).toContain(answer.status);
      }),
      { numRuns: draws(RUNS) },
    );
  },
  60_000,
);
