import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig, SAMPLE_FILE } from '../../../src/config/source/load.ts';
import { SHOWN_MAX } from '../../../src/input/reader.ts';
import { LIMITS_DEFAULT } from '../../../src/pool/limits.ts';
import fc from '../../support/property.ts';
import { configOf, load, problemsOf } from '../loading.ts';

const TOKEN = '0123456789abcdef';

const DEFAULT_RATE_LIMIT: Config['dns']['rateLimit'] = {
  isDryRun: false,
  perSecond: 200,
  allPerSecond: 1_000,
  windowSeconds: 15,
  slip: 2,
  ipv4Bits: 24,
  ipv6Bits: 56,
  exempt: [
    { octets: Uint8Array.of(127, 0, 0, 0), bits: 8 },
    { octets: Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0)), bits: 128 },
  ],
};
const DEFAULT_CONFIG: Config = {
  dns: {
    listen: [{ address: '127.0.0.1', port: 5300 }],
    engine: 'auto',
    workers: availableParallelism(),
    udpOctetsMax: 1_232,
    answerAddressesMax: 8,
    cookieSecrets: [],
    rateLimit: DEFAULT_RATE_LIMIT,
    tcp: {
      connectionsMax: 1000,
      connectionsPerClientMax: 100,
      idleTimeoutMs: 10_000,
      transferTimeoutMs: 5_000,
    },
    proxyProtocolFrom: [],
  },
  api: {
    listen: { address: '127.0.0.1', port: 5380 },
    insecure: false,
    metricsPublic: false,
    tokens: [],
    trustedProxies: [],
  },
  dashboard: { enabled: true },
  store: {
    redisPrefix: 'lifeguard',
    redis: { tls: {}, sentinel: {}, waitReplicas: 0, waitTimeoutMs: 1_000 },
  },
  dataDir: './data',
  region: 'local',
  location: { place: {} },
  geo: { networks: [] },
  log: { level: 'info', format: 'auto' },
  zones: [],
  health: { stale: { policy: 'hold' }, massFailure: { share: 0.5, windowMs: 60_000, minimum: 4 } },
  notifications: { webhooks: [] },
  targets: { allow: [], deny: [] },
  limits: LIMITS_DEFAULT,
  monitor: {
    intervalMinSeconds: 1,
    intervalMaxSeconds: 3600,
    probersPerRegion: 1,
    probesInFlightMax: 2000,
    probesPerTargetMax: 50,
    bodyOctetsMax: 10_240,
    addressesKeptMs: 3_600_000,
    headerOctetsMax: 65_536,
    authorities: [],
    clientCertificates: [],
    certificateWarningDays: 14,
    references: [],
  },
};

test.each([
  { rule: 'five times responses_per_second', written: '{ responses_per_second: 300 }', all: 1_500 },
  { rule: 'as written', written: '{ all_per_second: 10 }', all: 10 },
  { rule: '0: none', written: '{ all_per_second: 0 }', all: undefined },
])('the bound on all answers: $rule', ({ written, all }) => {
  expect(configOf(`dns: { rate_limit: ${written} }`).dns.rateLimit!.allPerSecond).toBe(all);
});

test.each(['dns: { rate_limit: { enabled: false } }', 'dns: { rate_limit: { enabled: false, slip: 1 } }'])(
  '%s',
  (file) => {
    expect(configOf(file).dns.rateLimit).toBeUndefined();
  },
);

test('an empty file gives all defaults', () => {
  expect(configOf('')).toEqual(DEFAULT_CONFIG);
});

test('the default file of the project shows the defaults', () => {
  const loaded = loadConfig({ env: {} });
  expect(loaded).toMatchObject({ ok: true, config: { ...DEFAULT_CONFIG, zones: [{}] } });
  // Every key that is not commented out is one the file sets, so a default it shows wrongly would show here too.
  const shown = readFileSync(SAMPLE_FILE, 'utf8');
  const keys = 'listen connections_max idle_timeout_ms insecure metrics_public redis_prefix data_dir region';
  for (const key of keys.split(' ')) expect(shown).toContain(`${key}:`);
});

const files = readdirSync(new URL('../../../config/', import.meta.url), { withFileTypes: true });

test.each(files.filter((file) => file.isFile()).map(({ name }) => name))('config/%s loads', (name) => {
  const path = new URL(`../../../config/${name}`, import.meta.url).pathname;
  expect(loadConfig({ path, env: {} })).toMatchObject({ ok: true });
});

test('every key of the file is read', () => {
  const file = `
dns:
  listen: [192.0.2.1:53, "[2001:db8::1]:53"]
  engine: portable
  workers: 3
  udp_octets_max: 4096
  answer_addresses_max: 1000
  identity: ns1 in Berlin
  version: unknown
  cookie_secrets: [000102030405060708090a0b0c0d0e0f]
  rate_limit:
    dry_run: true
    responses_per_second: 5
    all_per_second: 7
    window_seconds: 6
    slip: 0
    ipv4_prefix: 30
    ipv6_prefix: 64
    exempt: [192.0.2.0/24]
  tcp: { connections_max: 3, connections_per_client_max: 2, idle_timeout_ms: 3000, transfer_timeout_ms: 200 }
  tls: { listen: [192.0.2.1:853], cert: tls.pem, key: tls.key }
  https: { listen: [192.0.2.1:443], cert: https.pem, key: https.key, path: /dns }
  proxy_protocol_from: [192.0.2.128/25]
api: { listen: 192.0.2.1:80, token: ${TOKEN}, account_id: acme, insecure: true, metrics_public: true, trusted_proxies: [192.0.2.7, 2001:db8::/32] }
dashboard: { enabled: false }
store:
  redis_url: "rediss://user:secret@redis.example.org:6380/1"
  redis_prefix: lg-test
  redis:
    tls: { ca: ca.pem, cert: client.pem, key: client.key, server_name: redis.internal }
    wait_replicas: 2
    wait_timeout_ms: 500
data_dir: /var/lib/lifeguard
region: eu-west
location: { region: WEU, latitude: 50.1, longitude: 8.7, pop: FRA }
geo: { database: city.mmdb, networks: { 192.0.2.0/24: { region: OC } } }
log: { level: debug }
monitor:
  interval_min_seconds: 4
  interval_max_seconds: 5
  probers_per_region: 6
  probes_in_flight_max: 7
  probes_per_target_max: 3
  body_octets_max: 8
  addresses_kept_seconds: 9
  header_octets_max: 2048
  authorities: [{ name: internal, file: ca.pem }]
  client_certificates: [{ name: probe, cert: probe.pem, key: probe.key }]
  certificate_warning_days: 0
  references: [tcp://192.0.2.9:53]
health: { stale_after_seconds: 8, stale_policy: healthy, mass_failure: { enabled: false }, damping: { flips: 9 }, turning_ttl_seconds: 5, recovery_seconds: 60 }
notifications: { webhooks: [{ name: ops, url: "https://hooks.example.org/a" }] }
targets: { allow: [169.254.1.0/24], deny: [10.0.0.0/8] }
limits: { pools_max: 10, endpoints_max: 0 }
zones: []`;
  expect(configOf(file)).toEqual({
    dns: {
      listen: [
        { address: '192.0.2.1', port: 53 },
        { address: '2001:db8::1', port: 53 },
      ],
      engine: 'portable',
      workers: 3,
      udpOctetsMax: 4_096,
      answerAddressesMax: 1_000,
      identity: 'ns1 in Berlin',
      version: 'unknown',
      cookieSecrets: [Uint8Array.from({ length: 16 }, (_, i) => i)],
      rateLimit: {
        isDryRun: true,
        perSecond: 5,
        allPerSecond: 7,
        windowSeconds: 6,
        slip: 0,
        ipv4Bits: 30,
        ipv6Bits: 64,
        exempt: [{ octets: Uint8Array.of(192, 0, 2, 0), bits: 24 }],
      },
      tcp: { connectionsMax: 3, connectionsPerClientMax: 2, idleTimeoutMs: 3000, transferTimeoutMs: 200 },
      tls: { listen: [{ address: '192.0.2.1', port: 853 }], cert: 'tls.pem', key: 'tls.key' },
      https: {
        listen: [{ address: '192.0.2.1', port: 443 }],
        path: '/dns',
        certificate: { cert: 'https.pem', key: 'https.key' },
      },
      proxyProtocolFrom: [{ octets: Uint8Array.of(192, 0, 2, 128), bits: 25 }],
    },
    api: {
      listen: { address: '192.0.2.1', port: 80 },
      token: TOKEN,
      accountId: 'acme',
      insecure: true,
      metricsPublic: true,
      tokens: [],
      trustedProxies: ['192.0.2.7', '2001:db8::/32'],
    },
    dashboard: { enabled: false },
    store: {
      redisUrl: 'rediss://user:secret@redis.example.org:6380/1',
      redisPrefix: 'lg-test',
      redis: {
        tls: {
          ca: 'ca.pem',
          certificate: { cert: 'client.pem', key: 'client.key' },
          serverName: 'redis.internal',
        },
        sentinel: {},
        waitReplicas: 2,
        waitTimeoutMs: 500,
      },
    },
    dataDir: '/var/lib/lifeguard',
    region: 'eu-west',
    location: { place: { region: 'WEU', coordinates: { latitude: 50.1, longitude: 8.7 } }, pop: 'FRA' },
    geo: {
      databases: ['city.mmdb'],
      networks: [{ octets: Uint8Array.of(192, 0, 2, 0), bits: 24, place: { region: 'OC' } }],
    },
    log: { level: 'debug', format: 'auto' },
    zones: [],
    notifications: { webhooks: [{ name: 'ops', url: 'https://hooks.example.org/a', filter: {} }] },
    health: {
      stale: { policy: 'healthy', afterMs: 8_000 },
      damping: { flips: 9, windowMs: 300_000, holdMaxMs: 3_600_000 },
      turningTtlSeconds: 5,
      recoveryMs: 60_000,
    },
    limits: { ...LIMITS_DEFAULT, pools: 10, endpoints: 0 },
    targets: {
      allow: [{ octets: Uint8Array.of(169, 254, 1, 0), bits: 24 }],
      deny: [{ octets: Uint8Array.of(10, 0, 0, 0), bits: 8 }],
    },
    monitor: {
      intervalMinSeconds: 4,
      intervalMaxSeconds: 5,
      probersPerRegion: 6,
      probesInFlightMax: 7,
      probesPerTargetMax: 3,
      bodyOctetsMax: 8,
      addressesKeptMs: 9_000,
      headerOctetsMax: 2_048,
      authorities: [{ name: 'internal', file: 'ca.pem' }],
      clientCertificates: [{ name: 'probe', cert: 'probe.pem', key: 'probe.key' }],
      certificateWarningDays: 0,
      references: [{ text: 'tcp://192.0.2.9:53', type: 'tcp', address: '192.0.2.9', port: 53, path: '/' }],
    },
  } satisfies Config);
});

describe('refused', () => {
  test.each([
    { file: '- a', problem: 'test.yaml: must be a mapping, not a list' },
    { file: 'regoin: x', problem: 'regoin: is not a key here (did you mean "region"?)' },
    { file: 'dataDir: x', problem: 'dataDir: is not a key here (did you mean "data_dir"?)' },
    { file: 'zone: []', problem: 'zone: is not a key here (did you mean "zones"?)' },
    { file: 'colour: red', problem: 'colour: is not a key here' },
    { file: '__proto__: { region: x }', problem: '__proto__: is not a key here' },
    { file: '<<: { region: x }', problem: '<<: is not a key here' },
    { file: 'api:', problem: 'api: is empty; leave the key out or give it a mapping' },
    { file: 'api: { insecure: "yes" }', problem: 'api.insecure: must be true or false, not "yes"' },
    {
      file: 'api: { account_id: "a b" }',
      problem: 'api.account_id: "a b" must be 1 to 64 letters, digits, hyphens and underscores',
    },
    {
      file: 'dns: { udp_octets_max: 511 }',
      problem: 'dns.udp_octets_max: is 511; must be a whole number from 512 to 4096',
    },
    {
      file: 'dns: { udp_octets_max: 4097 }',
      problem: 'dns.udp_octets_max: is 4097; must be a whole number from 512 to 4096',
    },
    ...[0, 1_001].map((max) => ({
      file: `dns: { answer_addresses_max: ${max} }`,
      problem: `dns.answer_addresses_max: is ${max}; must be a whole number from 1 to 1000`,
    })),
    { file: 'region: 1', problem: 'region: must be a string, not 1; put it in quotes' },
    { file: 'region: [x]', problem: 'region: must be a string, not a list' },
    {
      file: 'region: eu west',
      problem: 'region: "eu west" must be letters, digits, hyphens and underscores, a letter or digit first',
    },
    {
      file: `region: ${'x'.repeat(64)}`,
      problem: `region: "${'x'.repeat(64)}" has 64 characters; 63 at most`,
    },
    {
      file: `log: { level: ${'x'.repeat(SHOWN_MAX + 1)} }`,
      problem: `log.level: "${'x'.repeat(SHOWN_MAX)}…" is not one of fatal, error, warn, info, debug, trace, silent`,
    },
    { file: 'data_dir: ""', problem: 'data_dir: "" is not a directory name' },
    {
      file: 'store: { redis_prefix: "a}b" }',
      problem: 'store.redis_prefix: "a}b" must be 1 to 64 letters, digits and any of _ . : -',
    },
    { file: 'dns: { listen: [] }', problem: 'dns.listen: has 0 items; must have 1 to 64' },
    { file: 'dns: { listen: 127.0.0.1:53 }', problem: 'dns.listen: must be a list, not "127.0.0.1:53"' },
    {
      file: 'dns: { listen: [127.0.0.1:53, 127.0.0.1:53] }',
      problem: 'dns.listen: 127.0.0.1:53 is listed twice',
    },
    {
      file: 'dns: { listen: [127.0.0.1:5380] }',
      problem: 'api.listen: 127.0.0.1:5380 is already used by dns.listen',
    },
    {
      file: 'dns: { tcp: { connections_max: 0 } }',
      problem: 'dns.tcp.connections_max: is 0; must be a whole number from 1 to 100000',
    },
    {
      file: 'dns: { tcp: { connections_max: 100001 } }',
      problem: 'dns.tcp.connections_max: is 100001; must be a whole number from 1 to 100000',
    },
    {
      file: 'limits: { zones_max: 3001 }',
      problem: 'limits.zones_max: is 3001; must be a whole number from 0 to 3000',
    },
    {
      file: 'dns: { tcp: { idle_timeout_ms: 99 } }',
      problem: 'dns.tcp.idle_timeout_ms: is 99; must be a whole number from 100 to 600000',
    },
    {
      file: 'monitor: { probers_per_region: 17 }',
      problem: 'monitor.probers_per_region: is 17; must be a whole number from 1 to 16',
    },
    {
      file: 'monitor: { probes_in_flight_max: 50001 }',
      problem: 'monitor.probes_in_flight_max: is 50001; must be a whole number from 1 to 50000',
    },
    {
      file: 'monitor: { certificate_warning_days: 366 }',
      problem: 'monitor.certificate_warning_days: is 366; must be a whole number from 0 to 365',
    },
    {
      file: 'monitor: { interval_max_seconds: .inf }',
      problem: 'monitor.interval_max_seconds: is Infinity; must be a whole number from 1 to 86400',
    },
    {
      file: 'monitor: { interval_min_seconds: 61, interval_max_seconds: 60 }',
      problem: 'monitor.interval_min_seconds: is 61; it must not be above interval_max_seconds, which is 60',
    },
  ])('$problem', ({ file, problem }) => {
    expect(problemsOf(file)).toEqual([problem]);
  });

  test('a missing file', () => {
    const loaded = loadConfig({ path: '/nowhere/lifeguard.yaml', env: {} });
    expect(loaded).toMatchObject({ ok: false, problems: [{ path: '/nowhere/lifeguard.yaml' }] });
    expect(!loaded.ok && loaded.problems[0]?.message).toBe('does not exist');
  });

  test('all problems at once, those of the environment too', () => {
    const env = { LIFEGUARD_X: '1', LIFEGUARD_REGION: '?' };
    expect(problemsOf('a: 1\napi: { token: x }\nzones: [{}]\n', env)).toEqual([
      'env LIFEGUARD_X: is not a variable of Lifeguard',
      'env LIFEGUARD_REGION: "?" must be letters, digits, hyphens and underscores, a letter or digit first',
      'a: is not a key here',
      'api.token: has 1 characters; must have 16 to 512',
      'zones[0].name: is missing',
      'zones[0].ns: is missing',
    ]);
  });
});

test('any file gives a configuration or a list of problems', () => {
  const documents = fc.json({ maxDepth: 4 });
  const known = fc.constantFrom('dns', 'api', 'store', 'zones', 'region', 'log', 'monitor', 'data_dir');
  const shaped = fc.dictionary(known, fc.jsonValue({ maxDepth: 3 })).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.oneof(fc.string(), documents, shaped), (text) => {
      const loaded = load(text);
      if (loaded.ok) expect(loaded.config.dns.listen.length).toBeGreaterThan(0);
      else expect(loaded.problems.length).toBeGreaterThan(0);
    }),
  );
});
