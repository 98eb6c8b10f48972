const MONITOR = {
  type: 'https',
  description: 'Website',
  path: '/healthz',
  expected_codes: '2xx',
  interval: 60,
  timeout: 5,
  retries: 2,
};
const POOL = {
  name: 'web',
  description: 'Web servers',
  minimum_origins: 1,
  origins: [
    { name: 'web-1', address: '192.0.2.1' },
    { name: 'web-2', address: '192.0.2.2', weight: 0.5 },
  ],
};
/** Stands for the identifier of a monitor in examples. The served document has that of an existing monitor instead. */
export const EXAMPLE_MONITOR_ID = '0123456789abcdef0123456789abcdef';

/** In examples, where the identifier of a pool is to be, as above. */
export const EXAMPLE_POOL_ID = 'fedcba9876543210fedcba9876543210';
/** In examples, where the identifier of the account is to be, as above. */
export const EXAMPLE_ACCOUNT_ID = 'ffeeddccbbaa99887766554433221100';
/** In examples, where the name of a zone is to be, as above. */
export const EXAMPLE_ZONE_NAME = 'zone.example';
/** In examples, where the identifier of that zone is to be, as above. */
export const EXAMPLE_ZONE_ID = '00112233445566778899aabbccddeeff';

const LOAD_BALANCER = {
  name: `www.${EXAMPLE_ZONE_NAME}`,
  description: 'Website',
  default_pools: [EXAMPLE_POOL_ID],
  fallback_pool: EXAMPLE_POOL_ID,
  region_pools: { WEU: [EXAMPLE_POOL_ID] },
  steering_policy: 'geo',
  ttl: 30,
};

const RECORD = { type: 'A', name: 'www1', content: '192.0.2.1', ttl: 300 };

const GROUP = {
  description: 'Website and its certificate',
  members: [
    {
      monitor_id: EXAMPLE_MONITOR_ID,
      enabled: true,
      monitoring_only: false,
      must_be_healthy: false,
    },
  ],
};

/** Bodies that can be sent as they are, by the operation's name without its account or user. */
const EXAMPLES: Readonly<Record<string, object>> = {
  postPools: POOL,
  putPoolsById: POOL,
  patchPoolsById: { description: 'Web servers', minimum_origins: 1 },
  patchPools: { notification_email: '' },
  postPoolsByIdPreview: MONITOR,
  postMonitors: MONITOR,
  putMonitorsById: MONITOR,
  patchMonitorsById: MONITOR,
  postMonitorsByIdPreview: MONITOR,
  postMonitorGroups: GROUP,
  putMonitorGroupsById: GROUP,
  patchMonitorGroupsById: { description: 'Website and its certificate' },
  postLoadBalancers: LOAD_BALANCER,
  putLoadBalancersById: LOAD_BALANCER,
  patchLoadBalancersById: { description: 'Website', ttl: 60 },
  postOverrides: {
    pool: 'web',
    endpoint: 'web-1',
    action: 'out',
    owner: 'ann',
    reason: 'The disk is being replaced.',
  },
  postApply: {
    monitors: [{ ...MONITOR, description: 'Shop' }],
    pools: [{ ...POOL, name: 'shop', monitor: 'Shop' }],
    load_balancers: [{ name: `shop.${EXAMPLE_ZONE_NAME}`, default_pools: ['shop'], fallback_pool: 'shop' }],
  },
  postZones: { name: 'lb.example.org' },
  patchZonesById: { paused: false },
  patchZonesByIdSettings: { pool_ttl: 30 },
  postZonesByZoneIdDnsRecords: RECORD,
  putZonesByZoneIdDnsRecordsById: { ...RECORD, content: '192.0.2.2' },
  patchZonesByZoneIdDnsRecordsById: { ttl: 600, comment: 'Website' },
  postZonesByZoneIdDnsRecordsBatch: { posts: [{ ...RECORD, name: 'www2' }] },
  patchZonesByZoneIdDnsSettings: { ns_ttl: 3_600, soa: { min_ttl: 60 } },
  postTokens: { name: 'ci', scope: 'edit', pool_prefix: 'web' },
};

/** Parameters of paths and queries, by the end of the path before them, or by their name. */
const PARAMETERS: Readonly<Record<string, string>> = {
  'pools/:id': EXAMPLE_POOL_ID,
  'monitors/:id': EXAMPLE_MONITOR_ID,
  'zones/:id': EXAMPLE_ZONE_ID,
  'zones/:zone_id': EXAMPLE_ZONE_ID,
  'accounts/:account_id': EXAMPLE_ACCOUNT_ID,
  'explain?name': `www.${EXAMPLE_ZONE_NAME}`,
  'countries?name': `www.${EXAMPLE_ZONE_NAME}`,
};

/** Returns the example of a parameter of the path or the query of a route; undefined: it has none. `url` has parameters as `:id`. */
export function exampleOfParameter(url: string, name: string): string | undefined {
  const [, before] = new RegExp(`([^/]+/:${name})(?:/|$)`).exec(url) ?? [];
  return PARAMETERS[before ?? `${url.split('/').at(-1)}?${name}`];
}

/** Returns the example body of an operation; undefined: it has none. */
export function exampleOf(operationId: string): object | undefined {
  return EXAMPLES[operationId.replace(/^([a-z]+)(Account|User|ZonesByZoneId(?=LoadBalancers))/, '$1')];
}
