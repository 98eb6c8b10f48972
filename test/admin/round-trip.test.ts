import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECK_REGIONS } from '../../src/admin/pools/schema.ts';
import { parseAddress } from '../../src/pool/address.ts';
import { MONITOR_GROUPS, MONITORS, openTestAdmin, POOLS, type TestAdmin } from './server.ts';

const RUNS = 60;

let api: TestAdmin;
let monitor: string;
let monitors: string[];
let group: string;
let made = 0;
beforeAll(async () => {
  api = await openTestAdmin();
  monitors = [];
  for (let i = 0; i < 5; i++)
    monitors.push((await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id);
  monitor = monitors[0]!;
  const members = [{ monitor_id: monitor, enabled: true, monitoring_only: false, must_be_healthy: false }];
  group = (await api.call('POST', MONITOR_GROUPS, { description: '', members })).body.result.id;
});
afterAll(() => api.stop());

const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,30}$/);
const prose = fc
  .string({ unit: 'binary', maxLength: 60 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  .map((text) => text.replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, ''));
const hundredths = fc.integer({ min: 0, max: 100 }).map((n) => n / 100);
const address = fc
  .oneof(fc.ipV4(), fc.ipV6(), fc.domain())
  .filter((text) => parseAddress(text).kind !== 'refused' && text.length <= 250);
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const orNull = <T>(values: fc.Arbitrary<T>) => maybe(fc.option(values, { nil: null }));
const port = fc.integer({ min: 0, max: 65_535 });

const origin = fc.record({
  name: word,
  address,
  enabled: fc.boolean(),
  weight: hundredths,
  flatten_cname: fc.boolean(),
  port: orNull(port),
  header: orNull(
    fc.oneof(
      fc.constant({}),
      address.filter((text) => !text.includes(':')).map((host) => ({ Host: [host] })),
    ),
  ),
  virtual_network_id: maybe(fc.uuid()),
});

const pool = fc
  .record({
    description: prose,
    enabled: fc.boolean(),
    minimum_origins: fc.integer({ min: 0, max: 1_000 }),
    notification_email: fc.constantFrom('', 'a@example.org', 'a@example.org, b@example.org'),
    watched: fc.oneof(
      fc.record({
        monitor: orNull(fc.boolean().map((attached) => (attached ? monitor : ''))),
        monitor_group: orNull(fc.constant('')),
      }),
      fc.record({ monitor: orNull(fc.constant('')), monitor_group: fc.constant(0).map(() => group) }),
    ),
    check_regions: orNull(fc.uniqueArray(fc.constantFrom(...CHECK_REGIONS))),
    health_sources: fc.constantFrom(undefined, null),
    place: maybe(
      fc.oneof(
        fc.constant({ latitude: null, longitude: null }),
        fc.record({
          latitude: fc.double({ min: -90, max: 90, noNaN: true }),
          longitude: fc.double({ min: -180, max: 180, noNaN: true }),
        }),
      ),
    ),
    load_shedding: orNull(
      fc.record(
        {
          default_percent: fc.double({ min: 0, max: 100, noNaN: true }),
          default_policy: fc.constantFrom('random', 'hash', ''),
          session_percent: fc.constantFrom(null, 0, 50),
          session_policy: fc.constantFrom('hash', ''),
        },
        { requiredKeys: [] },
      ),
    ),
    origin_steering: orNull(fc.constantFrom({}, { policy: 'hash' }, { policy: null })),
    notification_filter: orNull(
      fc.constantFrom({}, { pool: null }, { origin: { disable: true, healthy: null } }),
    ),
    origins: fc.uniqueArray(origin, {
      minLength: 1,
      maxLength: 5,
      comparator: (a, b) =>
        a.name.toLowerCase() === b.name.toLowerCase() || canonical(a.address) === canonical(b.address),
    }),
  })
  .map(({ place, watched, ...fields }) => ({ ...fields, ...place, ...watched }));

function canonical(text: string): string {
  const parsed = parseAddress(text);
  return parsed.kind === 'refused' ? text : parsed.canonical;
}

const header = fc.dictionary(
  fc.stringMatching(/^X-[a-z]{1,8}$/),
  fc.array(fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/), { minLength: 1, maxLength: 4 }),
  { maxKeys: 5 },
);

const monitorBody = fc
  .record({
    description: prose,
    interval: fc.integer({ min: 1, max: 3_600 }),
    timeout: fc.integer({ min: 1, max: 10 }),
    retries: fc.integer({ min: 0, max: 5 }),
    consecutive_up: maybe(fc.integer({ min: 0, max: 10 })),
    consecutive_down: maybe(fc.integer({ min: 0, max: 10 })),
    path: fc.stringMatching(/^\/[a-z0-9/?=%]{0,30}$/),
    expected_codes: fc.constantFrom('200', '2xx', '200, 3xx,404'),
    expected_body: prose,
    header: orNull(header),
    follow_redirects: fc.boolean(),
    allow_insecure: fc.boolean(),
    probe_zone: fc.constantFrom('', 'example.org'),
    kind: fc.oneof(
      fc.record({
        type: fc.constantFrom('http', 'https'),
        method: fc.constantFrom('GET', 'HEAD'),
        port: orNull(port),
      }),
      fc.record({
        type: fc.constantFrom('tcp', 'udp_icmp', 'smtp', 'grpc', 'grpcs'),
        method: fc.constantFrom('connection_established', 'GET'),
        port: fc.integer({ min: 1, max: 65_535 }),
      }),
    ),
  })
  .map(({ kind, ...fields }) => ({ ...fields, ...kind }));

const groupBody = fc.record({
  description: prose,
  members: fc
    .uniqueArray(
      fc.record({
        at: fc.nat(4),
        enabled: fc.boolean(),
        monitoring_only: fc.boolean(),
        must_be_healthy: fc.boolean(),
      }),
      { minLength: 1, selector: ({ at }) => at },
    )
    .map((members) => members.map(({ at, ...flags }) => ({ monitor_id: monitors[at]!, ...flags }))),
});

/** JSON text knows no undefined. */
const asJson = (value: object): Record<string, unknown> => JSON.parse(JSON.stringify(value));

type Parts = Record<string, unknown>[];
type Shown = Record<string, unknown> & { origins?: Parts; members?: Parts };

/** What a client wrote, in what the API shows. */
function written({ id, created_on, modified_on, disabled_at, origins, members, ...fields }: Shown): object {
  return {
    ...fields,
    ...(origins && { origins: origins.map(({ disabled_at, ...origin }) => origin) }),
    ...(members && { members: members.map(({ created_at, updated_at, ...member }) => member) }),
  };
}

async function holdsThrough(path: string, body: object): Promise<void> {
  const created = await api.call('POST', path, body);
  expect(created.status, JSON.stringify(created.body)).toBe(200);
  const shown: Shown = created.body.result;
  expect(written(shown)).toEqual(asJson(body));

  expect((await api.call('GET', `${path}/${shown.id}`)).body.result).toEqual(shown);
  const listed = (await api.call('GET', path)).body.result;
  expect(listed.find((one: Shown) => one.id === shown.id)).toEqual(shown);

  const before = await api.store.read();
  for (const method of ['PUT', 'PATCH'])
    expect((await api.call(method, `${path}/${shown.id}`, shown)).body.result).toEqual(shown);
  expect(await api.store.read()).toEqual(before);

  const other = (await api.call('PATCH', `${path}/${shown.id}`, { description: 'another' })).body.result;
  expect(written(other)).toEqual({ ...asJson(body), description: 'another' });
  expect((await api.call('DELETE', `${path}/${shown.id}`)).status).toBe(200);
}

test(
  'a pool comes back as it was written, from every answer, and writing what was read changes nothing',
  () =>
    fc.assert(
      fc.asyncProperty(pool, (body) => holdsThrough(POOLS, { name: `pool-${(made += 1)}`, ...body })),
      { numRuns: RUNS },
    ),
  60_000,
);

test(
  'a monitor comes back as it was written, from every answer, and writing what was read changes nothing',
  () =>
    fc.assert(
      fc.asyncProperty(monitorBody, (body) => holdsThrough(MONITORS, body)),
      { numRuns: RUNS },
    ),
  60_000,
);

test(
  'a monitor group comes back as it was written, from every answer, and writing what was read changes nothing',
  () =>
    fc.assert(
      fc.asyncProperty(groupBody, (body) => holdsThrough(MONITOR_GROUPS, body)),
      { numRuns: RUNS },
    ),
  60_000,
);
