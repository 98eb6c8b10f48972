import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HINTS_MAX } from '../../../src/admin/schema/schema-problems.ts';
import { expectRefused, noObject, type Row } from '../refusal.ts';
import { MONITOR_GROUPS, MONITORS, openTestAdmin, POOLS, type TestAdmin } from '../server.ts';

let api: TestAdmin;
let pool: string;
let monitor: string;
let group: string;

const origin = { name: 'a', address: '192.0.2.1' };
const good = { name: 'web', origins: [origin] };
const withOrigin = (fields: object) => ({ ...good, name: 'new', origins: [{ ...origin, ...fields }] });
const withPool = (fields: object) => ({ ...good, name: 'new', ...fields });
const REGIONS =
  '"WNAM", "ENAM", "WEU", "EEU", "NSAM", "SSAM", "OC", "ME", "NAF", "SAF", "SAS", "SEAS", "NEAS", "ALL_REGIONS", "CHINA"';
const ABSENT = '0123456789abcdef0123456789abcdef';

beforeAll(async () => {
  api = await openTestAdmin();
  monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
  const members = [{ monitor_id: monitor, enabled: true, monitoring_only: false, must_be_healthy: false }];
  group = (await api.call('POST', MONITOR_GROUPS, { description: '', members })).body.result.id;
  pool = (await api.call('POST', POOLS, { ...good, monitor })).body.result.id;
});
afterAll(() => api.stop());

const anyPool: readonly Row[] = [
  [withPool({ name: 'a.b' }), [['/name', 'name must be 1 to 63 letters, digits, hyphens or underscores']]],
  [withPool({ name: '' }), [['/name', 'name must be 1 to 63 letters, digits, hyphens or underscores']]],
  [
    withPool({ name: 'a'.repeat(64) }),
    [['/name', 'name must be 1 to 63 letters, digits, hyphens or underscores']],
  ],
  [withPool({ name: null }), [['/name', 'name must be a string']]],
  [withPool({ name: 7 }), [['/name', 'name must be a string']]],
  [withPool({ origins: [] }), [['/origins', 'the origin list length must be in the range [1, 1000]']]],
  [withPool({ origins: null }), [['/origins', 'origins must be an array']]],
  [withPool({ origins: {} }), [['/origins', 'origins must be an array']]],
  [withPool({ origins: ['192.0.2.1'] }), [['/origins/0', 'origins[0] must be an object']]],
  [
    withPool({ origins: [{}] }),
    [
      ['/origins/0/name', 'origins[0].name must be given'],
      ['/origins/0/address', 'origins[0].address must be given'],
    ],
  ],
  [
    withPool({ origins: [origin, { name: 'A', address: '192.0.2.2' }] }),
    [['/origins/1/name', 'origins[1].name is the same as that of origins[0]']],
  ],
  [
    withPool({
      origins: [
        { name: 'a', address: '2001:db8::1' },
        { name: 'b', address: '2001:DB8:0::0:1' },
        { name: 'c', address: '2001:db8:0:0:0:0:0:1' },
      ],
    }),
    [
      ['/origins/1/address', 'origins[1].address is the same as that of origins[0]'],
      ['/origins/2/address', 'origins[2].address is the same as that of origins[0]'],
    ],
  ],
  [
    withPool({
      origins: [
        { name: 'a', address: 'web.example.org' },
        { name: 'b', address: 'WEB.example.org.' },
      ],
    }),
    [['/origins/1/address', 'origins[1].address is the same as that of origins[0]']],
  ],
  ...['0.0.0.0', '::', '224.0.0.1', 'ff02::1', '192.0.2.300', 'a b', '', '-x.example.org'].map(
    (address): Row => [
      withOrigin({ address }),
      [
        [
          '/origins/0/address',
          'origins[0].address must be an IPv4 address, an IPv6 address or a host name, and not unspecified or multicast',
        ],
      ],
    ],
  ),
  ...['', 'a\nb', '\u0000', '\ud800'].map(
    (name): Row => [
      withOrigin({ name }),
      [
        [
          '/origins/0/name',
          'origins[0].name must have at least one character, and no control characters, invisible characters or broken Unicode',
        ],
      ],
    ],
  ),
  [
    withOrigin({ name: 'n'.repeat(256) }),
    [['/origins/0/name', 'origins[0].name is longer than 255 characters']],
  ],
  [withOrigin({ weight: 1.01 }), [['/origins/0/weight', 'origins[0].weight is not in the range [0, 1]']]],
  [withOrigin({ weight: -0.01 }), [['/origins/0/weight', 'origins[0].weight is not in the range [0, 1]']]],
  [withOrigin({ weight: 0.005 }), [['/origins/0/weight', 'origins[0].weight is not a multiple of 0.01']]],
  [withOrigin({ weight: '1' }), [['/origins/0/weight', 'origins[0].weight must be a number or null']]],
  [withOrigin({ port: 65_536 }), [['/origins/0/port', 'origins[0].port is not in the range [0, 65535]']]],
  [withOrigin({ port: -1 }), [['/origins/0/port', 'origins[0].port is not in the range [0, 65535]']]],
  [withOrigin({ port: 80.5 }), [['/origins/0/port', 'origins[0].port must be an integer or null']]],
  [withOrigin({ enabled: 'yes' }), [['/origins/0/enabled', 'origins[0].enabled must be a boolean or null']]],
  [
    withOrigin({ flatten_cname: 1 }),
    [['/origins/0/flatten_cname', 'origins[0].flatten_cname must be a boolean or null']],
  ],
  [
    withOrigin({ virtual_network_id: 'x' }),
    [['/origins/0/virtual_network_id', 'origins[0].virtual_network_id must be a UUID']],
  ],
  [
    withOrigin({ header: { Host: [] } }),
    [['/origins/0/header/Host', 'the origins[0].header.Host list length must be in the range [1, 1]']],
  ],
  [
    withOrigin({ header: { Host: ['a.example.org', 'b.example.org'] } }),
    [['/origins/0/header/Host', 'the origins[0].header.Host list length must be in the range [1, 1]']],
  ],
  ...[
    'a b',
    'a.example.org\r\nX: y',
    'http://a.example.org',
    'a.example.org:0',
    'a.example.org:65536',
    '',
  ].map(
    (host): Row => [
      withOrigin({ header: { Host: [host] } }),
      [
        [
          '/origins/0/header/Host/0',
          'origins[0].header.Host[0] must be a host name or an IP address, with or without a port',
        ],
      ],
    ],
  ),
  [
    withOrigin({ header: { 'X-Other': ['1'] } }),
    [['/origins/0/header/X-Other', 'origins[0].header.X-Other is not a known field']],
  ],
  [
    withOrigin({ header: { Host: 'a.example.org' } }),
    [['/origins/0/header/Host', 'origins[0].header.Host must be an array']],
  ],
  [
    withOrigin({ wieght: 1 }),
    [['/origins/0/wieght', 'origins[0].wieght is not a known field (did you mean "weight"?)']],
  ],
  [withPool({ 'a/b~c': 1 }), [['/a~1b~0c', 'a/b~c is not a known field']]],
  [withPool({ constructor: 1 }), [['/constructor', 'constructor is not a known field']]],
  [
    withPool({ description: 'd'.repeat(1_025) }),
    [['/description', 'description is longer than 1024 characters']],
  ],
  [
    withPool({ description: '\u0007' }),
    [
      [
        '/description',
        'description must not have control characters, characters that change the direction of text, or broken Unicode',
      ],
    ],
  ],
  [withPool({ enabled: 0 }), [['/enabled', 'enabled must be a boolean or null']]],
  [
    withPool({ minimum_origins: -1 }),
    [['/minimum_origins', 'minimum_origins is not in the range [0, 1000]']],
  ],
  [
    withPool({ minimum_origins: 1e300 }),
    [['/minimum_origins', 'minimum_origins is not in the range [0, 1000]']],
  ],
  [
    withPool({ monitor: 'M' }),
    [['/monitor', 'monitor must be an identifier of 32 lower-case hex digits, or empty']],
  ],
  [withPool({ monitor: ABSENT }), [['/monitor', `monitor names a monitor that does not exist: ${ABSENT}`]]],
  [
    withPool({ monitor: ABSENT, minimum_origins: -1 }),
    [
      ['/minimum_origins', 'minimum_origins is not in the range [0, 1000]'],
      ['/monitor', `monitor names a monitor that does not exist: ${ABSENT}`],
    ],
  ],
  [
    withPool({ monitor_group: 'G' }),
    [['/monitor_group', 'monitor_group must be an identifier of 32 lower-case hex digits, or empty']],
  ],
  [withPool({ check_regions: ['XX'] }), [['/check_regions/0', `check_regions[0] must be one of ${REGIONS}`]]],
  [
    withPool({ check_regions: ['WEU', 'EEU', 'WEU'] }),
    [['/check_regions', 'check_regions has equal items at 0 and 2']],
  ],
  [
    withPool({ health_sources: ['regional', 'global'] }),
    [['/health_sources', 'health_sources needs at least one region in check_regions']],
  ],
  [
    withPool({ health_sources: ['global'], check_regions: ['WEU'] }),
    [['/health_sources', 'health_sources must be null or exactly ["regional", "global"]']],
  ],
  [withPool({ latitude: 1 }), [['/longitude', 'longitude must be given together with latitude']]],
  [
    withPool({ longitude: 1, latitude: null }),
    [['/latitude', 'latitude must be given together with longitude']],
  ],
  [withPool({ latitude: 90.1, longitude: 0 }), [['/latitude', 'latitude is not in the range [-90, 90]']]],
  [
    withPool({ latitude: 0, longitude: -180.1 }),
    [['/longitude', 'longitude is not in the range [-180, 180]']],
  ],
  [
    withPool({ load_shedding: { default_percent: 101, default_policy: 'x' } }),
    [
      ['/load_shedding/default_percent', 'load_shedding.default_percent is not in the range [0, 100]'],
      [
        '/load_shedding/default_policy',
        'load_shedding.default_policy must be one of "random", "hash", "", null',
      ],
    ],
  ],
  [withPool({ load_shedding: [] }), [['/load_shedding', 'load_shedding must be an object or null']]],
  [
    withPool({ origin_steering: { policy: 'geo' } }),
    [
      [
        '/origin_steering/policy',
        'origin_steering.policy must be one of "random", "hash", "least_outstanding_requests", "least_connections", "", null',
      ],
    ],
  ],
  [
    withPool({ all_down: 'some' }),
    [['/all_down', 'all_down must be one of "nodata", "all", "last_healthy", null']],
  ],
  [
    withPool({ answer_addresses_max: 1_001 }),
    [['/answer_addresses_max', 'answer_addresses_max is not in the range [0, 1000]']],
  ],
  [
    withPool({ notification_email: 'me' }),
    [['/notification_email', 'notification_email must be mail addresses, separated by commas']],
  ],
  [
    withPool({ notification_filter: { pool: { disable: 1 }, zone: {} } }),
    [
      ['/notification_filter/zone', 'notification_filter.zone is not a known field'],
      ['/notification_filter/pool/disable', 'notification_filter.pool.disable must be a boolean or null'],
    ],
  ],
];

const wholePool: readonly Row[] = [
  [
    {},
    [
      ['/name', 'name must be given'],
      ['/origins', 'origins must be given'],
    ],
  ],
];

describe('an invalid pool gets all its errors with their places, and changes nothing', () => {
  test.each([...anyPool, ...wholePool, ...noObject])('POST %j', (...row) =>
    expectRefused(api, 'POST', POOLS, row),
  );
  test.each([...anyPool, ...wholePool, ...noObject])('PUT %j', (...row) =>
    expectRefused(api, 'PUT', `${POOLS}/${pool}`, row),
  );
  test.each([...anyPool, ...noObject])('PATCH %j', (...row) =>
    expectRefused(api, 'PATCH', `${POOLS}/${pool}`, row),
  );
});

describe('a pool has an existing monitor or an existing group, but not both', () => {
  const both = ['/monitor_group', 'monitor_group must not be given together with monitor'] as const;
  const absent = [
    '/monitor_group',
    `monitor_group names a monitor group that does not exist: ${ABSENT}`,
  ] as const;
  test('an unknown group is refused', () =>
    expectRefused(api, 'POST', POOLS, [withPool({ monitor_group: ABSENT }), [absent]]));
  test('an unknown group is listed among other errors', () =>
    expectRefused(api, 'PUT', `${POOLS}/${pool}`, [
      withPool({ monitor_group: ABSENT, minimum_origins: -1 }),
      [['/minimum_origins', 'minimum_origins is not in the range [0, 1000]'], absent],
    ]));
  test('both', () =>
    expectRefused(api, 'POST', POOLS, [withPool({ monitor, monitor_group: group }), [both]]));
  test('a group is refused for a pool that has a monitor', () =>
    expectRefused(api, 'PATCH', `${POOLS}/${pool}`, [{ monitor_group: group }, [both]]));
});

test.each(['POST', 'PUT', 'PATCH'])('%s without a body is refused', async (method) => {
  const path = method === 'POST' ? POOLS : `${POOLS}/${pool}`;
  await expectRefused(api, method, path, [undefined, [['', 'the body must be an object']]]);
});

test('the nearest known field is named for the first unknown fields only, since to look for it takes time', async () => {
  const many = Object.fromEntries(Array.from({ length: HINTS_MAX + 1 }, (_, i) => [`nam${i}`, i]));
  const { body } = await api.call('POST', POOLS, withPool(many));
  const messages = (body.errors as { message: string }[]).map(({ message }) => message);
  expect(messages.filter((message) => message.includes('(did you mean "name"?)'))).toHaveLength(HINTS_MAX);
  expect(messages).toHaveLength(HINTS_MAX + 1);
});

test('of many errors the first hundred are listed, and the number of the others', async () => {
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`unknown_${i}`, i]));
  const { body } = await api.call('POST', POOLS, withPool(many));
  expect(body.errors).toHaveLength(101);
  expect(body.errors[99].message).toBe('unknown_99 is not a known field: validation failed');
  expect(body.errors[100].message).toBe('50 more problems: validation failed');
});

test('a name in use is refused in any case', async () => {
  const before = await api.store.read();
  const answer = await api.call('POST', POOLS, { ...good, name: 'WEB' });
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toEqual([
    {
      code: 1003,
      message: 'name is that of another pool: value not unique',
      source: { pointer: '/name' },
    },
  ]);
  expect(await api.store.read()).toEqual(before);
});
