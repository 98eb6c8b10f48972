import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECK_REGIONS } from '../../../src/admin/pools/schema.ts';
import { createTargets } from '../../../src/check/targets.ts';
import { parseAddress } from '../../../src/pool/address.ts';
import fc, { anyText, draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { MONITOR_GROUPS, MONITORS, openTestAdmin, POOLS, type TestAdmin } from '../server.ts';

const RUNS = 25;

let api: TestAdmin;
let monitor: string;
let monitors: string[];
let group: string;
let made = 0;
beforeAll(async () => {
  api = await openTestAdmin({ zones: [zoneFile('example.com', '@ 60 NS ns1.example.net.')] });
  monitors = [];
  for (let i = 0; i < 5; i++)
    monitors.push((await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id);
  monitor = monitors[0]!;
  const members = [{ monitor_id: monitor, enabled: true, monitoring_only: false, must_be_healthy: false }];
  group = (await api.call('POST', MONITOR_GROUPS, { description: '', members })).body.result.id;
});
afterAll(() => api.stop());

const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,30}$/);
const prose = anyText(60)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  .map((text) => text.replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, ''));
const hundredths = fc.integer({ min: 0, max: 100 }).map((n) => n / 100);
const address = fc
  .oneof(fc.ipV4(), fc.ipV6(), fc.domain())
  .filter((text) => parseAddress(text).kind !== 'refused' && text.length <= 250)
  .filter((text) => parseAddress(text).kind === 'name' || createTargets()(text) === undefined);
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
  virtual_network_id: orNull(fc.uuid()),
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
    regions: fc.oneof(
      fc.record({
        check_regions: orNull(fc.uniqueArray(fc.constantFrom(...CHECK_REGIONS))),
        health_sources: orNull(fc.constant(null)),
      }),
      fc.record({
        check_regions: fc.uniqueArray(fc.constantFrom(...CHECK_REGIONS), { minLength: 1 }),
        health_sources: fc.constant(['regional', 'global']),
      }),
    ),
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
    all_down: orNull(fc.constantFrom('nodata', 'all', 'last_healthy')),
    answer_addresses_max: orNull(fc.integer({ min: 0, max: 1_000 })),
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
  .map(({ place, watched, regions, ...fields }) => ({ ...fields, ...place, ...watched, ...regions }));

function canonical(text: string): string {
  const parsed = parseAddress(text);
  return parsed.kind === 'refused' ? text : parsed.canonical;
}

const header = fc.dictionary(
  fc.stringMatching(/^X-[a-z]{1,8}$/),
  fc.array(fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/), { minLength: 1, maxLength: 4 }),
  { maxKeys: 5 },
);

const requestPath = fc.stringMatching(/^\/[a-z0-9/?=%]{0,30}$/);
const codes = fc.constantFrom('200', '2xx', '200, 3xx,404');

const monitorBody = fc
  .record({
    description: prose,
    interval: fc.integer({ min: 1, max: 3_600 }),
    timeout: fc.integer({ min: 1, max: 10 }),
    retries: fc.integer({ min: 0, max: 5 }),
    consecutive_up: orNull(fc.integer({ min: 0, max: 10 })),
    consecutive_down: orNull(fc.integer({ min: 0, max: 10 })),
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
        path: requestPath,
        expected_codes: codes,
      }),
      fc.record({
        type: fc.constantFrom('tcp', 'udp_icmp', 'smtp', 'grpc', 'grpcs'),
        method: fc.constantFrom('connection_established', 'GET'),
        port: fc.integer({ min: 1, max: 65_535 }),
        path: requestPath,
        expected_codes: orNull(codes),
      }),
      fc.record({
        type: fc.constantFrom('icmp_ping', 'dns'),
        method: fc.constant('GET'),
        port: orNull(port),
        path: fc.constantFrom('/www.example.org/A', '/example.org/MX'),
        expected_codes: orNull(codes),
      }),
    ),
  })
  // An answer to HEAD has no body to want a text in.
  .map(({ kind, ...fields }) => ({
    ...fields,
    ...kind,
    ...(kind.method === 'HEAD' && { expected_body: '' }),
  }));

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
  `every answer returns a pool as it was written, and writing it again changes nothing (seed ${seed})`,
  () =>
    fc.assert(
      fc.asyncProperty(pool, (body) => holdsThrough(POOLS, { name: `pool-${(made += 1)}`, ...body })),
      { numRuns: draws(RUNS) },
    ),
  60_000,
);

test(
  `every answer returns a monitor as it was written, and writing it again changes nothing (seed ${seed})`,
  () =>
    fc.assert(
      fc.asyncProperty(monitorBody, (body) => holdsThrough(MONITORS, body)),
      { numRuns: draws(RUNS) },
    ),
  60_000,
);

test(
  `every answer returns a monitor group as it was written, and writing it again changes nothing (seed ${seed})`,
  () =>
    fc.assert(
      fc.asyncProperty(groupBody, (body) => holdsThrough(MONITOR_GROUPS, body)),
      { numRuns: draws(RUNS) },
    ),
  60_000,
);

const seconds = (min: number) => maybe(fc.integer({ min, max: 86_400 }));
const settings = fc.record(
  {
    ttl: seconds(1),
    soa: fc.record(
      {
        mname: fc.constantFrom('ns1.example.net', 'ns2.example.net'),
        rname: fc.constantFrom('hostmaster@example.net', 'first.last@example.net'),
        ttl: seconds(1),
        refresh: seconds(1),
        retry: seconds(1),
        expire: seconds(1),
        minimum: seconds(1),
      },
      { requiredKeys: [] },
    ),
    ns: fc.uniqueArray(
      fc.oneof(
        fc.constantFrom('ns1.example.net', 'ns2.example.net').map((name) => ({ name })),
        fc.constant({ name: 'ns.made.example.org', addresses: ['192.0.2.53', '2001:db8::53'] }),
      ),
      { minLength: 1, selector: ({ name }) => name },
    ),
    pools: fc.constantFrom('pools', 'lb', 'a.b'),
    pool_ttl: seconds(1),
  },
  { requiredKeys: [] },
);

test(`zones and their settings are returned as they were written (seed ${seed})`, async () => {
  const zones = '/client/v4/zones';
  const made = (await api.call('POST', zones, { name: 'made.example.org', type: 'partial' })).body.result;
  const path = `${zones}/${made.id}`;
  expect((await api.call('GET', path)).body.result).toEqual(made);
  const patch = fc.record(
    {
      paused: fc.boolean(),
      type: fc.constantFrom('full', 'partial', 'secondary', 'internal'),
      vanity_name_servers: fc.uniqueArray(fc.constantFrom('ns1.example.net', 'NS2.Example.NET')),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(patch, settings, async (zone, wanted) => {
      const shown = (await api.call('PATCH', path, zone)).body.result;
      expect(shown).toMatchObject(asJson(zone));
      expect((await api.call('GET', path)).body.result).toEqual(shown);

      const at = `/lifeguard/v1/zones/${made.id}/settings`;
      const set = await api.call('PATCH', at, wanted);
      expect(set.status, JSON.stringify(set.body)).toBe(200);
      // A map is changed as a whole, and what is left out stays.
      for (const [key, value] of Object.entries(asJson(wanted))) expect(set.body.result[key]).toEqual(value);
      const read = (await api.call('GET', at)).body.result;
      expect(read).toEqual(set.body.result);

      const before = await api.store.read();
      expect((await api.call('PATCH', at, read)).body.result).toEqual(read);
      expect((await api.call('PATCH', path, zone)).body.result).toMatchObject(asJson(zone));
      expect(await api.store.read()).toEqual(before);
    }),
    { numRuns: draws(RUNS) },
  );
}, 60_000);

test(`an override is returned as it was written (seed ${seed})`, async () => {
  const origins = [{ name: 'One', address: '192.0.2.1' }];
  const { id } = (await api.call('POST', POOLS, { name: 'overridden', origins })).body.result;
  const label = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((text) => text.isWellFormed() && !/\p{Cc}/u.test(text));
  const time = fc
    .date({ min: new Date('2030-01-01'), max: new Date('2099-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString().replace('Z', '000Z'));
  const body = fc.record({
    endpoint: orNull(fc.constant('One')),
    action: fc.constantFrom('in', 'out', 'maintenance'),
    owner: label,
    reason: label,
    start: fc.constantFrom(undefined, null, '2029-06-01T00:00:00.000000Z'),
    end: orNull(time),
  });
  const at = '/lifeguard/v1/overrides';
  await fc.assert(
    fc.asyncProperty(body, async (wanted) => {
      const made = await api.call('POST', at, { pool: 'overridden', ...wanted });
      expect(made.status, JSON.stringify(made.body)).toBe(200);
      const { result } = made.body;
      const nulls = { endpoint: null, start: null, end: null };
      expect(result).toMatchObject({ ...nulls, ...asJson(wanted), pool_id: id });
      expect((await api.call('GET', `${at}/${result.id}`)).body.result).toEqual(result);
      expect((await api.call('GET', `${at}?pool=overridden`)).body.result).toEqual([result]);
      const ended = { ...result, phase: 'ended' };
      expect((await api.call('DELETE', `${at}/${result.id}`)).body.result).toEqual(ended);
    }),
    { numRuns: draws(RUNS) },
  );
}, 60_000);
