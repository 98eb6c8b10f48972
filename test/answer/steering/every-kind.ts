import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import type { SteeredBy } from '../answering.ts';
import { choiceOf, IDS, LOCATOR } from './arbitrary-load-balancer.ts';

const usable = { ipv4: 3, ipv6: 2, ttlSeconds: undefined, state: 'usable', isHashed: false } as const;
const sheds = { shedPercent: 0, isShedByHash: false, coordinates: { latitude: 50, longitude: 8 } };
const pool = { ...usable, ...sheds, lastHealthy: 1, addressesMax: undefined };
/** The states of the pools in the order of IDS. */
const POOLS = [
  pool,
  { ...pool, isHashed: true, coordinates: { latitude: -33, longitude: 151 } },
  { ...pool, shedPercent: 50 },
  { ...pool, shedPercent: 50, isShedByHash: true },
  { ...pool, state: 'down' } as const,
  { ...pool, ipv4: 0, ipv6: 0 },
];
const [PLAIN_POOL, HASHED, SHEDDING, SHEDDING_BY_HASH, DOWN, EMPTY] = IDS;

const located = { locationStrategy: { mode: 'resolver_ip', preferEcs: 'always' } } as const;
const of = (...pools: (string | undefined)[]) => pools as string[];
const rule = (condition: string): Partial<LoadBalancer> => ({
  ...located,
  rules: [{ name: 'a rule', condition, overrides: { defaultPools: of(HASHED) } }],
});
const KINDS: Readonly<Record<string, Partial<LoadBalancer>>> = {
  off: {},
  geo: {
    ...located,
    steeringPolicy: 'geo',
    countryPools: { US: of(HASHED), DE: of(PLAIN_POOL) },
    regionPools: { WEU: of(HASHED), OC: of(DOWN) },
  },
  random: {
    ...located,
    steeringPolicy: 'random',
    defaultPools: of(PLAIN_POOL, HASHED, SHEDDING),
    randomSteering: { defaultWeight: 0.3, poolWeights: { [PLAIN_POOL!]: 0.6 } },
  },
  'least-connections': { steeringPolicy: 'least_connections', defaultPools: of(PLAIN_POOL, HASHED) },
  proximity: { ...located, steeringPolicy: 'proximity', defaultPools: of(PLAIN_POOL, HASHED) },
  latency: { ...located, steeringPolicy: 'dynamic_latency', defaultPools: of(HASHED, PLAIN_POOL) },
  hash: { ...located, defaultPools: of(HASHED) },
  shedding: { ...located, defaultPools: of(SHEDDING, SHEDDING_BY_HASH) },
  fallback: { defaultPools: of(DOWN), fallbackPool: DOWN! },
  'last-healthy': { defaultPools: of(DOWN), fallbackPool: DOWN!, allDown: 'last_healthy' },
  'at-most-two': { answerAddressesMax: 2 },
  nodata: { defaultPools: of(EMPTY), fallbackPool: EMPTY! },
  sets: {
    ...located,
    poolSets: [
      {
        match: { topology: { countries: ['FR'], regions: ['OC'] } },
        overrides: { pools: of(HASHED) },
      },
      { match: { default: true }, overrides: { pools: of(PLAIN_POOL) } },
    ],
  },
  'rule-prefix': rule('ip.src in {10.1.0.0/16 2001:db8:1::/48}'),
  'rule-subnet': rule('dns.rr.opt.client.addr in {10.0.0.0/9}'),
  'rule-region': rule('cf.load_balancer.region eq "WEU"'),
  'rule-name': rule('dns.qry.name in {"rule-name.w.example.org." "a.w.example.org."}'),
  'rule-contains': rule('dns.qry.name contains "no such part"'),
  'rule-matches': rule('dns.qry.name matches "^[a-z-]+[.]w[.]"'),
  'rule-length': rule('dns.qry.name.len gt 16'),
};
/** Those whose condition is about the name: the one of a wildcard, as another is known before a query comes. */
const BY_NAME = ['rule-name', 'rule-contains', 'rule-matches', 'rule-length'];

const all = Object.entries(KINDS).map(
  ([kind, steering]) =>
    ({
      id: '0'.repeat(32),
      name: BY_NAME.includes(kind) ? '*.w.example.org' : `${kind}.example.org`,
      zoneName: 'example.org',
      enabled: true,
      defaultPools: of(PLAIN_POOL),
      fallbackPool: PLAIN_POOL,
      ...steering,
    }) as LoadBalancer,
);
// One load balancer has a name: that of the wildcard has the rules of all that are by name.
const byName = all.filter(({ name }) => name.startsWith('*'));
const wildcard = { ...byName[0]!, rules: byName.flatMap(({ rules }) => rules ?? []) };
/** Load balancers of example.org of every kind. */
export const EVERY_KIND: readonly LoadBalancer[] = [
  ...all.filter((each) => !byName.includes(each)),
  wildcard,
];

/** A name of each kind, by what the kind is called. */
export const NAME_OF_KIND: ReadonlyMap<string, string> = new Map(
  Object.keys(KINDS).map((kind) => [kind, `${kind}.${BY_NAME.includes(kind) ? 'w.' : ''}example.org`]),
);

/** What they go by. */
export const STEERED_BY: SteeredBy = {
  node: { region: 'WEU', country: 'DE' },
  byLatency: (pools) => pools,
  choiceOf: (id) => choiceOf(id, POOLS),
  locator: LOCATOR,
};
