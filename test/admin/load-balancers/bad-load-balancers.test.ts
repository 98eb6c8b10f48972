import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONDITION_CHARACTERS_MAX } from '../../../src/load-balancer/condition/read.ts';
import {
  LOAD_BALANCER_TTL_MAX,
  POOL_SETS_MAX,
  PRIORITY_MAX,
  RULES_MAX,
  TOPOLOGY_CODES_MAX,
} from '../../../src/load-balancer/limits.ts';
import { expectRefused, noObject, type Row } from '../refusal.ts';
import { ids, type LoadBalancerApi, openLoadBalancerApi } from './harness.ts';

let api: LoadBalancerApi;
beforeAll(async () => {
  api = await openLoadBalancerApi();
});
afterAll(() => api.stop());

const P = 'PPP';

/** What is written over a valid body, where `PPP` is a pool that exists, and the errors: each with its place. */
const ROWS: readonly (readonly [over: object, errors: Row[1]])[] = [
  // Names (§2.5: invalid hostname).
  ...['x', 'a..example.org', '-a.example.org', 'a.*.example.org', '*example.org', '192.0.2.1', '']
    .map(
      (name) =>
        [
          { name },
          [['/name', `invalid hostname: ${name} (write a full host name, which may begin with "*.")`]],
        ] as const,
    )
    .filter(([{ name }]) => name !== 'x'),
  [{ name: 'x' }, [['/name', 'invalid hostname: x (it is not in zone example.org)']]],
  [{ name: 'a.example.com' }, [['/name', 'invalid hostname: a.example.com (it is not in zone example.org)']]],
  [
    { name: 'notexample.org' },
    [['/name', 'invalid hostname: notexample.org (it is not in zone example.org)']],
  ],
  [
    { name: `${'a.'.repeat(122)}example.org` },
    [['/name', `invalid hostname: ${'a.'.repeat(32)}… (write a full host name, which may begin with "*.")`]],
  ],
  [{ name: 7 }, [['/name', 'name must be a string']]],
  [{ name: undefined }, [['/name', 'name must be given']]],
  // Pools.
  [{ default_pools: undefined }, [['/default_pools', 'default_pools must be given']]],
  [{ fallback_pool: undefined }, [['/fallback_pool', 'fallback_pool must be given']]],
  [
    { fallback_pool: null, default_pools: ['x'] },
    [
      ['/default_pools/0', 'default_pools[0] must be an identifier of 32 lower-case hex digits'],
      ['/fallback_pool', 'fallback_pool must be a string'],
    ],
  ],
  [{ default_pools: [P, P] }, [['/default_pools', 'default_pools has equal items at 0 and 1']]],
  // Codes of maps.
  [
    { region_pools: { weu: [P], ALL_REGIONS: [P] } },
    [
      [
        '/region_pools/weu',
        'region_pools.weu must be a region code (WNAM, ENAM, WEU, EEU, NSAM, SSAM, OC, ME, NAF, SAF, SAS, SEAS, NEAS) (did you mean "WEU"?)',
      ],
      [
        '/region_pools/ALL_REGIONS',
        'region_pools.ALL_REGIONS must be a region code (WNAM, ENAM, WEU, EEU, NSAM, SSAM, OC, ME, NAF, SAF, SAS, SEAS, NEAS)',
      ],
    ],
  ],
  [
    { country_pools: { de: [P], XX: [P] } },
    [
      [
        '/country_pools/de',
        'country_pools.de must be an ISO 3166-1 alpha-2 country code in upper case (did you mean "DE"?)',
      ],
      ['/country_pools/XX', 'country_pools.XX must be an ISO 3166-1 alpha-2 country code in upper case'],
    ],
  ],
  [
    { pop_pools: { 'a/b': [P] } },
    [
      [
        '/pop_pools/a~1b',
        'pop_pools.a/b must be the code of a site: 1 to 32 upper-case letters, digits and hyphens, a letter or digit first and last',
      ],
    ],
  ],
  // Policies, weights, places.
  [
    { steering_policy: 'best' },
    [
      [
        '/steering_policy',
        'steering_policy must be one of "", "off", "geo", "random", "dynamic_latency", "proximity", "least_outstanding_requests", "least_connections", null',
      ],
    ],
  ],
  [
    { random_steering: { default_weight: 1.1, pool_weights: { [ids(1)[0]!]: 0.001, x: -1 } } },
    [
      ['/random_steering/default_weight', 'random_steering.default_weight is not in the range [0, 1]'],
      [
        `/random_steering/pool_weights/${ids(1)[0]}`,
        `random_steering.pool_weights.${ids(1)[0]} is not a multiple of 0.01`,
      ],
      ['/random_steering/pool_weights/x', 'random_steering.pool_weights.x is not in the range [0, 1]'],
    ],
  ],
  [
    { random_steering: { pool_weights: { x: 1 } } },
    [['/random_steering/pool_weights/x', 'random_steering.pool_weights.x must be the identifier of a pool']],
  ],
  [
    { location_strategy: { mode: 'gps', prefer_ecs: true } },
    [
      ['/location_strategy/mode', 'location_strategy.mode must be one of "pop", "resolver_ip", null'],
      ['/location_strategy/prefer_ecs', 'location_strategy.prefer_ecs must be a string or null'],
      [
        '/location_strategy/prefer_ecs',
        'location_strategy.prefer_ecs must be one of "always", "never", "proximity", "geo", null',
      ],
    ],
  ],
  [
    { answer_addresses_max: 1_001, all_down: 'none' },
    [
      ['/answer_addresses_max', 'answer_addresses_max is not in the range [0, 1000]'],
      ['/all_down', 'all_down must be one of "nodata", "all", "last_healthy", null'],
    ],
  ],
  [{ ttl: -1 }, [['/ttl', `ttl is not in the range [0, ${LOAD_BALANCER_TTL_MAX}]`]]],
  [{ ttl: LOAD_BALANCER_TTL_MAX + 1 }, [['/ttl', `ttl is not in the range [0, ${LOAD_BALANCER_TTL_MAX}]`]]],
  [{ ttl: 1.5 }, [['/ttl', 'ttl must be an integer or null']]],
  // Session affinity.
  [
    { session_affinity: 'cookie', session_affinity_ttl: 1_799 },
    [['/session_affinity_ttl', 'session_affinity_ttl is not in the range [1800, 604800]']],
  ],
  [
    { session_affinity: 'header', session_affinity_ttl: 3_601 },
    [['/session_affinity_ttl', 'session_affinity_ttl is not in the range [30, 3600]']],
  ],
  [
    { session_affinity_attributes: { samesite: 'None', secure: 'Never', headers: ['', 'x'] } },
    [
      [
        '/session_affinity_attributes/headers/0',
        'session_affinity_attributes.headers[0] must NOT have fewer than 1 characters',
      ],
      [
        '/session_affinity_attributes/secure',
        'session_affinity_attributes.secure must not be Never where samesite is None',
      ],
    ],
  ],
  // Rules.
  [
    { rules: Array.from({ length: RULES_MAX + 1 }, () => ({})) },
    [['/rules', `the rule list length must be in the range [0, ${RULES_MAX}]`]],
  ],
  [
    { rules: [{ condition: 'dns.qry.type == ' }, { condition: 'ip.src in {192.0.2.0/33}' }] },
    [
      [
        '/rules/0/condition',
        'rules[0].condition is wrong at character 17: expected a value, and found the end',
      ],
      [
        '/rules/1/condition',
        'rules[1].condition is wrong at character 12: the prefix has a length of 33; 32 at most',
      ],
    ],
  ],
  [
    { rules: [{ condition: 'http.host eq "a"' }, { condition: 'http.host eq "a"', disabled: false }] },
    [0, 1].map((at) => [
      `/rules/${at}/condition`,
      `rules[${at}].condition is wrong at character 1: http.host needs an HTTP request, which a DNS query does not have`,
    ]) as Row[1][number][],
  ],
  [
    { rules: [{ condition: '(', disabled: true }] },
    [
      [
        '/rules/0/condition',
        'rules[0].condition is wrong at character 2: expected "!", "not", "(" or a field, and found the end',
      ],
    ],
  ],
  [
    { rules: [{ condition: 'x'.repeat(CONDITION_CHARACTERS_MAX + 1) }] },
    [['/rules/0/condition', `rules[0].condition is longer than ${CONDITION_CHARACTERS_MAX} characters`]],
  ],
  [
    { rules: [{ priority: PRIORITY_MAX + 1, name: 'x'.repeat(201), terminates: 'yes' }] },
    [
      ['/rules/0/name', 'rules[0].name is longer than 200 characters'],
      ['/rules/0/priority', `rules[0].priority is not in the range [${-PRIORITY_MAX}, ${PRIORITY_MAX}]`],
      ['/rules/0/terminates', 'rules[0].terminates must be a boolean or null'],
    ],
  ],
  [
    {
      rules: [
        {
          overrides: {
            region_pools: { EU: [P] },
            default_pools: [P],
            pools: [P],
            random_steering: {},
            pool_default_weight: 0,
            drain_duration: 5,
          },
        },
      ],
    },
    [
      ['/rules/0/overrides/drain_duration', 'rules[0].overrides.drain_duration is not a known field'],
      [
        '/rules/0/overrides/region_pools/EU',
        'rules[0].overrides.region_pools.EU must be a region code (WNAM, ENAM, WEU, EEU, NSAM, SSAM, OC, ME, NAF, SAF, SAS, SEAS, NEAS) (did you mean "WEU"?)',
      ],
      [
        '/rules/0/overrides/random_steering',
        'rules[0].overrides.random_steering must not be given together with pool_default_weight',
      ],
      ['/rules/0/overrides/pools', 'rules[0].overrides.pools must not be given together with default_pools'],
    ],
  ],
  [
    { rules: [{ fixed_response: { message_body: 'x'.repeat(1_025), content_type: 'x'.repeat(33) } }] },
    [
      [
        '/rules/0/fixed_response/message_body',
        'rules[0].fixed_response.message_body is longer than 1024 characters',
      ],
      [
        '/rules/0/fixed_response/content_type',
        'rules[0].fixed_response.content_type is longer than 32 characters',
      ],
    ],
  ],
  // Pool sets, in the words of the reference (§2.5).
  [
    { pool_sets: Array.from({ length: POOL_SETS_MAX + 1 }, () => ({ fixed_response: {} })) },
    [
      ['/pool_sets', `the pool_set list length must be in the range [0, ${POOL_SETS_MAX}]`],
      [
        `/pool_sets/${POOL_SETS_MAX}`,
        `POOL_SETS_TOO_LARGE: there are ${POOL_SETS_MAX + 1} pool sets, and ${POOL_SETS_MAX} are allowed`,
      ],
    ],
  ],
  [
    { pool_sets: [{}, { overrides: { pools: [] } }, { overrides: { fallback_pool: P } }] },
    [0, 1, 2].map((at) => [
      `/pool_sets/${at}/overrides`,
      'POOL_SET_NO_INTENT: a pool set needs overrides.pools or fixed_response',
    ]) as Row[1][number][],
  ],
  [
    {
      pool_sets: [
        { match: {}, fixed_response: {} },
        { match: { default: true, topology: { pops: ['FRA'] } }, fixed_response: {} },
        { match: { topology: { pops: [], countries: null } }, fixed_response: {} },
        { match: { topology: { regions: ['EU'], countries: ['de'], pops: ['x'] } }, fixed_response: {} },
      ],
    },
    [
      ['/pool_sets/0/match', 'POOL_SET_EMPTY_MATCH: match has no topology: write "default": true'],
      ['/pool_sets/1/match', 'POOL_SET_DEFAULT_WITH_MATCH: match has both default and a topology'],
      [
        '/pool_sets/2/match/topology',
        'POOL_SET_EMPTY_TOPOLOGY: the topology has no pops, countries or regions',
      ],
      [
        '/pool_sets/3/match/topology/pops/0',
        'pool_sets[3].match.topology.pops[0] must be the code of a site: 1 to 32 upper-case letters, digits and hyphens, a letter or digit first and last (did you mean "X"?)',
      ],
      [
        '/pool_sets/3/match/topology/countries/0',
        'pool_sets[3].match.topology.countries[0] must be an ISO 3166-1 alpha-2 country code in upper case (did you mean "DE"?)',
      ],
      [
        '/pool_sets/3/match/topology/regions/0',
        'pool_sets[3].match.topology.regions[0] must be a region code (WNAM, ENAM, WEU, EEU, NSAM, SSAM, OC, ME, NAF, SAF, SAS, SEAS, NEAS) (did you mean "WEU"?)',
      ],
    ],
  ],
  [
    {
      pool_sets: [
        {
          match: {
            topology: { pops: Array.from({ length: TOPOLOGY_CODES_MAX + 1 }, (_, at) => `P${at}`) },
          },
          fixed_response: {},
        },
      ],
    },
    [
      [
        '/pool_sets/0/match/topology/pops',
        `the pool_sets[0].match.topology.pop list length must be in the range [0, ${TOPOLOGY_CODES_MAX}]`,
      ],
      [
        `/pool_sets/0/match/topology/pops/${TOPOLOGY_CODES_MAX}`,
        `POOL_SET_TOPOLOGY_TOO_LARGE: pops has ${TOPOLOGY_CODES_MAX + 1} codes, and ${TOPOLOGY_CODES_MAX} are allowed`,
      ],
    ],
  ],
  [
    {
      pool_sets: [
        { overrides: { pools: [P], steering_policy: 'geo', default_pools: [P] }, fixed_response: {} },
      ],
    },
    [
      ['/pool_sets/0/overrides/default_pools', 'pool_sets[0].overrides.default_pools is not a known field'],
      [
        '/pool_sets/0/fixed_response',
        'pool_sets[0].fixed_response must not be given together with overrides.pools',
      ],
      [
        '/pool_sets/0/overrides/steering_policy',
        'pool_sets[0].overrides.steering_policy must not be geo: a pool set has one list of pools',
      ],
    ],
  ],
  // Types.
  [
    { rules: {}, pool_sets: 7, region_pools: [], proxied: 'no', networks: [7], typo: 1 },
    [
      ['/typo', 'typo is not a known field'],
      ['/proxied', 'proxied must be a boolean or null'],
      ['/region_pools', 'region_pools must be an object or null'],
      ['/rules', 'rules must be an array or null'],
      ['/pool_sets', 'pool_sets must be an array or null'],
      ['/networks/0', 'networks[0] must be a string'],
    ],
  ],
];

describe('a load balancer is refused, whole and with every problem, and nothing changes', () => {
  test.each(ROWS.map((row) => [JSON.stringify(row[0]).slice(0, 120), ...row] as const))(
    '%s',
    async (_, over, errors) => {
      const whole = JSON.parse(JSON.stringify(api.body(over)).replaceAll(P, api.far));
      for (const key of Object.keys(over))
        if ((over as Record<string, unknown>)[key] === undefined) delete whole[key];
      await expectRefused(api, 'POST', api.ofApi, [whole, errors]);
    },
  );

  test.each(noObject)('%s', (body, errors) => expectRefused(api, 'POST', api.ofApi, [body, errors]));
});

test('bounds hold at their edge', async () => {
  const sets = Array.from({ length: POOL_SETS_MAX }, () => ({ fixed_response: {} }));
  const edge = api.body({
    name: `${'a.'.repeat(121)}example.org`,
    ttl: LOAD_BALANCER_TTL_MAX,
    rules: Array.from({ length: RULES_MAX }, (_, at) => ({
      name: 'x'.repeat(200),
      priority: at % 2 === 0 ? PRIORITY_MAX : -PRIORITY_MAX,
      condition: at === 0 ? `dns.qry.qu${' '.repeat(CONDITION_CHARACTERS_MAX - 10)}` : '',
    })),
    pool_sets: sets,
    random_steering: { default_weight: 0.29, pool_weights: { [api.far]: 0.01 } },
  });
  const answer = await api.call('POST', api.ofApi, edge);
  expect(answer.body.errors).toEqual([]);
  expect(answer.body.result).toMatchObject(edge);
});

test('a rule for HTTP is kept while it is disabled, and cannot be enabled', async () => {
  const rules = [{ condition: 'http.request.uri.path contains "/a"', disabled: true }];
  const made = (await api.call('POST', api.ofApi, api.body({ rules }))).body.result;
  expect(made.rules).toEqual(rules);
  await expectRefused(api, 'PATCH', `${api.ofApi}/${made.id}`, [
    { rules: [{ ...rules[0], disabled: false }] },
    [
      [
        '/rules/0/condition',
        'rules[0].condition is wrong at character 1: http.request.uri.path needs an HTTP request, which a DNS query does not have',
      ],
    ],
  ]);
});
