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
  },
  postZones: { name: 'lb.example.org' },
  patchZonesById: { paused: false },
  patchZonesByIdSettings: { pool_ttl: 30 },
  postTokens: { name: 'ci', scope: 'edit', pool_prefix: 'web' },
};

/** Returns the example body of an operation; undefined: it has none. */
export function exampleOf(operationId: string): object | undefined {
  return EXAMPLES[operationId.replace(/^([a-z]+)(Account|User)/, '$1')];
}
