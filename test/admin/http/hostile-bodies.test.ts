import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEPTH_MAX, VALUES_MAX } from '../../../src/admin/http/json-body.ts';
import fc, { anyText, draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';
import { MONITOR_GROUPS, MONITORS, openTestAdmin, POOLS, type TestAdmin } from '../server.ts';

let api: TestAdmin;
let pool: string;
let monitor: string;
let group: string;
beforeAll(async () => {
  api = await openTestAdmin();
  monitor = (await api.call('POST', MONITORS, { expected_codes: '200' })).body.result.id;
  const member = { monitor_id: monitor, enabled: true, monitoring_only: false, must_be_healthy: false };
  group = (await api.call('POST', MONITOR_GROUPS, { description: '', members: [member] })).body.result.id;
  pool = (await api.call('POST', POOLS, { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] })).body
    .result.id;
});
afterAll(() => api.stop());

const targets = () =>
  [
    ['POST', POOLS],
    ['PUT', `${POOLS}/${pool}`],
    ['PATCH', `${POOLS}/${pool}`],
    ['POST', MONITORS],
    ['PUT', `${MONITORS}/${monitor}`],
    ['PATCH', `${MONITORS}/${monitor}`],
    ['POST', MONITOR_GROUPS],
    ['PUT', `${MONITOR_GROUPS}/${group}`],
    ['PATCH', `${MONITOR_GROUPS}/${group}`],
  ] as const;

const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

test.each([
  ['a prototype', '{"__proto__":{"name":"x"}}', '__proto__ is not a known field: validation failed'],
  [
    'a prototype further in',
    '{"origins":[{"__proto__":{"name":"x","address":"192.0.2.1"}}]}',
    'origins[0].__proto__ is not a known field: validation failed',
  ],
  [
    'a prototype in a map',
    '{"header":{"__proto__":["1"]}}',
    'header.__proto__ is not a known field: validation failed',
  ],
  ['too deep', deep(DEPTH_MAX + 1), /is nested deeper than 16: validation failed$/],
  [
    'very deep',
    `${'['.repeat(400_000)}${']'.repeat(400_000)}`,
    /is nested deeper than 16: validation failed$/,
  ],
  [
    'too many values',
    JSON.stringify({ x: Array<number>(VALUES_MAX).fill(1) }),
    `the body holds more than ${VALUES_MAX} values: validation failed`,
  ],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), /^Malformed JSON in request body: /],
  ['two values', '{} {}', /^Malformed JSON in request body: /],
  ['NaN', '{"weight":NaN}', /^Malformed JSON in request body: /],
  ['a lone bracket', ']', /^Malformed JSON in request body: /],
])('%s is refused with every method', async (_, body, message) => {
  const before = await api.store.read();
  for (const [method, path] of targets()) {
    const response = await fetch(api.url + path, {
      method,
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers: { authorization: 'Bearer correct-horse-battery-staple', 'content-type': 'application/json' },
    });
    const answer = (await response.json()) as { errors: { message: string }[] };
    expect(response.status).toBe(400);
    if (typeof message === 'string') expect(answer.errors.map((error) => error.message)).toEqual([message]);
    else expect(answer.errors[0]!.message).toMatch(message);
  }
  expect(await api.store.read()).toEqual(before);
});

test('a body at the bounds of depth and number is checked by its fields', async () => {
  const deepest = await api.call('POST', POOLS, deep(DEPTH_MAX));
  expect(deepest.body.errors.map((error: { message: string }) => error.message)).toContain(
    'a is not a known field: validation failed',
  );
  const largest = await api.call('POST', POOLS, { x: Array<number>(VALUES_MAX - 2).fill(1) });
  expect(largest.body.errors.map((error: { message: string }) => error.message)).toContain(
    'x is not a known field: validation failed',
  );
});

test.each(['1e999', '-1e999', '1e-999', '123456789012345678901234567890', '-0', '0.1e1'])(
  'the number %s is accepted or refused, and is never an internal error',
  async (number) => {
    for (const [method, path] of targets())
      for (const field of ['weight', 'minimum_origins', 'latitude', 'port', 'interval', 'name', 'origins'])
        expect((await api.call(method, path, `{"${field}":${number}}`)).status).toBeLessThan(500);
  },
);

test('an error about a long or odd key is short', async () => {
  for (const key of ['k'.repeat(500_000), '\ud800', '\u0000', '/~', 'toString', 'hasOwnProperty', '']) {
    const answer = await api.call('POST', MONITORS, { expected_codes: '200', [key]: 1 });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body).length).toBeLessThan(2_000);
  }
});

const FIELDS = [
  'name',
  'origins',
  'description',
  'members',
  'monitor',
  'monitor_group',
  'check_regions',
  'health_sources',
  'latitude',
  'load_shedding',
  'notification_filter',
  'header',
  'expected_codes',
  'type',
  'port',
  'path',
  'method',
  'interval',
  'constructor',
  'toString',
];

test(`any JSON in any of our fields is answered without an internal error (seed ${seed})`, () => {
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.dictionary(
          fc.constantFrom('name', 'address', 'header', 'weight', 'monitor_id', 'enabled'),
          fc.jsonValue(),
        ),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.dictionary(fc.constantFrom('Host', 'host', 'policy', 'pool', '\r\n'), fc.jsonValue()),
    },
    { weight: 1, arbitrary: anyText() },
  );
  return fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom(...FIELDS), value),
      fc.nat(targets().length - 1),
      async (body, target) => {
        const [method, path] = targets()[target]!;
        const before = await api.store.read();
        const answer = await api.call(method, path, body);
        expect([200, 400]).toContain(answer.status);
        if (answer.status !== 400) return;
        for (const error of answer.body.errors) expect(error.message).not.toBe('');
        expect(await api.store.read()).toEqual(before);
      },
    ),
    { numRuns: draws(100) },
  );
}, 60_000);
