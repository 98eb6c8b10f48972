/** Load balancers, pools and clients of all kinds, for the steering oracle. */
import type { Choice } from '../../../src/answer/compile/choice-image.ts';
import { ipv4Octets, ipv6Octets } from '../../../src/dns/address-octets.ts';
import { Type } from '../../../src/dns/type.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import type { NodePlace } from '../../../src/load-balancer/steering/steer.ts';
import { createLocator } from '../../../src/place/locator.ts';
import { completed, type Place } from '../../../src/place/place.ts';
import type { Member } from '../../../src/pool/members.ts';
import { createPlaceOracle } from '../../place/oracle.ts';
import { loadBalancer } from '../../store/contract/samples.ts';
import fc from '../../support/property.ts';

/** Questions to each load balancer, half of them after its pools changed. */
export const QUESTIONS_EACH = 12;

/** The octets of an address of either family. */
export const octets = (address: string) => (ipv4Octets(address) ?? ipv6Octets(address))!;
const network = (text: string, place: Place) => {
  const [address = '', bits] = text.split('/');
  return { octets: octets(address), bits: Number(bits), place };
};

const NETWORKS = [
  network('10.0.0.0/8', { country: 'DE' }),
  network('10.1.0.0/16', { country: 'FR' }),
  network('10.1.2.0/23', { country: 'US', subdivision: 'NY' }),
  network('10.128.0.0/9', { country: 'AU' }),
  network('172.16.0.0/12', { region: 'SAS' }),
  network('192.168.0.0/17', {
    country: 'US',
    subdivision: 'CA',
    coordinates: { latitude: 34, longitude: -118 },
  }),
  network('2001:db8::/32', { country: 'JP' }),
  network('2001:db8:1::/48', { country: 'BR' }),
];
/** Where addresses are. */
export const placeOf = createPlaceOracle([], NETWORKS);
/** The same, for a table. */
export const { memory: LOCATOR } = createLocator({ databases: [], networks: NETWORKS });

const POOLS = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter, i) => ({
  id: letter.repeat(8) + `${i}`.repeat(24),
  number: i,
}));
/** The ids of all pools. */
export const IDS = POOLS.map(({ id }) => id);

const anyId = fc.constantFrom(...IDS);
const anyList = fc.uniqueArray(anyId, { maxLength: 5 });
const anyPlaceCode = {
  region: fc.constantFrom('WEU', 'ENAM', 'WNAM', 'OC', 'SAS', 'NEAS', 'SSAM'),
  country: fc.constantFrom('DE', 'FR', 'US', 'AU', 'JP', 'BR', 'ZZ'),
};
const anyWeight = fc.constantFrom(0, 0.1, 0.5, 1);
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 });

const anySteering = fc
  .record({
    steeringPolicy: fc.constantFrom(
      '',
      'off',
      'geo',
      'random',
      'proximity',
      'dynamic_latency',
      'least_connections',
    ),
    regionPools: optional(fc.dictionary(anyPlaceCode.region, anyList, { maxKeys: 4 })),
    countryPools: optional(fc.dictionary(anyPlaceCode.country, anyList, { maxKeys: 4 })),
    popPools: optional(fc.dictionary(fc.constantFrom('LAX', 'FRA'), anyList, { maxKeys: 1 })),
    randomSteering: optional(
      fc.record({ defaultWeight: anyWeight, poolWeights: fc.dictionary(anyId, anyWeight, { maxKeys: 3 }) }),
    ),
    locationStrategy: optional(
      fc.record({
        mode: fc.constantFrom('pop', 'resolver_ip'),
        preferEcs: fc.constantFrom('always', 'never', 'geo', 'proximity'),
      }),
    ),
    ttl: optional(fc.constantFrom(0, 5, 60, 3_600)),
  })
  .map((all) => JSON.parse(JSON.stringify(all)) as object);

const anyCondition = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      '',
      'dns.rr.opt.client',
      'dns.qry.type eq 28',
      'ip.src in {10.1.0.0/16 2001:db8:1::/48}',
      'ip.src in {10.1.2.3..10.1.3.9}',
      'ip.src lt 10.1.0.0',
      'dns.rr.opt.client.addr in {172.16.0.0/12 10.0.0.0/9}',
      'cf.load_balancer.region eq "WEU"',
      'cf.load_balancer.region in {"OC" "ENAM"}',
      'dns.qry.name contains "b"',
      'dns.qry.name matches "^[ab]+[.]"',
      'dns.qry.name in {"aa.w.example.org." "b.w.example.org." "lb.example.org."}',
      'dns.qry.name.len gt 16',
    ),
    fc
      .tuple(tie('condition'), fc.constantFrom('and', 'or', 'xor'), tie('condition'))
      .filter(([a, , b]) => a !== '' && b !== '')
      .map(([a, operator, b]) => `(${a}) ${operator} (${b})`),
    tie('condition')
      .filter((of) => of !== '')
      .map((of) => `not (${of})`),
  ),
})).condition;

const anyRule = fc.record(
  {
    condition: anyCondition,
    priority: fc.integer({ min: 0, max: 2 }),
    disabled: fc.constant(false),
    terminates: fc.boolean(),
    overrides: fc
      .record(
        {
          defaultPools: anyList,
          fallbackPool: anyId,
          steeringPolicy: fc.constantFrom('off', 'geo', 'random', 'proximity'),
          ttl: fc.constantFrom(7, 90),
          countryPools: fc.dictionary(anyPlaceCode.country, anyList, { maxKeys: 2 }),
          poolWeights: fc.dictionary(anyId, anyWeight, { maxKeys: 2 }),
          locationStrategy: fc.record({ preferEcs: fc.constantFrom('always', 'never') }),
        },
        { requiredKeys: [] },
      )
      .map((all) => JSON.parse(JSON.stringify(all)) as object),
  },
  { requiredKeys: ['overrides'] },
);

const anySet = fc.record(
  {
    match: fc.oneof(
      fc.constant({ default: true }),
      fc.record({
        topology: fc.record({
          countries: fc.uniqueArray(anyPlaceCode.country, { maxLength: 2 }),
          regions: fc.uniqueArray(anyPlaceCode.region, { maxLength: 2 }),
          pops: fc.uniqueArray(fc.constantFrom('LAX', 'FRA'), { maxLength: 1 }),
        }),
      }),
    ),
    overrides: fc.record({ pools: anyList, poolDefaultWeight: anyWeight }, { requiredKeys: [] }),
    fixedResponse: fc.constant({ status_code: 404 }),
  },
  { requiredKeys: ['match'] },
);

const NAMES = ['lb.example.org', '*.w.example.org', 'example.org'];
const anyLoadBalancer = fc
  .tuple(
    fc.constantFrom(...NAMES),
    anyList,
    anyId,
    anySteering,
    fc.array(anyRule, { maxLength: 4 }),
    fc.array(anySet, { maxLength: 2 }),
    fc.record(
      {
        answerAddressesMax: fc.constantFrom(null, 0, 1, 2, 5),
        allDown: fc.constantFrom(null, 'nodata', 'all', 'last_healthy'),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([name, defaultPools, fallbackPool, steering, rules, poolSets, extensions]) =>
    loadBalancer('0'.repeat(32), {
      name,
      defaultPools,
      fallbackPool,
      ...steering,
      rules,
      poolSets,
      ...extensions,
    } as Partial<LoadBalancer>),
  );

interface PoolSpec {
  readonly ipv4: number;
  readonly ipv6: number;
  readonly ttlSeconds: number | undefined;
  readonly state: 'usable' | 'below the minimum' | 'down';
  /** How many members were healthy last, of one that is down; 0: it is not known which. */
  readonly lastHealthy: number;
  readonly addressesMax: number | undefined;
  readonly isHashed: boolean;
  readonly shedPercent: number;
  readonly isShedByHash: boolean;
  readonly coordinates: { latitude: number; longitude: number } | undefined;
}
const anyPool: fc.Arbitrary<PoolSpec> = fc.record({
  ipv4: fc.integer({ min: 0, max: 3 }),
  ipv6: fc.integer({ min: 0, max: 2 }),
  ttlSeconds: optional(fc.constantFrom(3, 30, 500)),
  state: fc.constantFrom('usable', 'usable', 'below the minimum', 'down'),
  lastHealthy: fc.nat(2),
  addressesMax: optional(fc.constantFrom(1, 2)),
  isHashed: fc.constantFrom(false, false, true),
  shedPercent: fc.constantFrom(0, 0, 0, 40, 100),
  isShedByHash: fc.boolean(),
  coordinates: optional(
    fc.record({
      latitude: fc.integer({ min: -80, max: 80 }),
      longitude: fc.integer({ min: -180, max: 180 }),
    }),
  ),
});

function membersOf(number: number, { ipv4, ipv6, ttlSeconds, isHashed }: PoolSpec): Member[] {
  const ttl = ttlSeconds === undefined ? {} : { ttlSeconds };
  // Different weights without a hash would be drawn by; what is drawn the oracle does not say.
  const weightOf = (i: number) => (isHashed ? 20 + 40 * i : 100);
  return [
    ...Array.from({ length: ipv4 }, (_, i) => ({
      address: `192.0.2.${16 * number + i}`,
      weight: weightOf(i),
      ...ttl,
    })),
    ...Array.from({ length: ipv6 }, (_, i) => ({
      address: `2001:db8:ff::${number}:${i}`,
      weight: weightOf(i),
      ...ttl,
    })),
  ];
}

/** What load balancers know of a pool. */
export function choiceOf(id: string, pools: readonly PoolSpec[]): Choice {
  const { number } = POOLS.find((pool) => pool.id === id)!;
  const spec = pools[number]!;
  const members = membersOf(number, spec);
  return {
    id,
    isUsable: spec.state === 'usable',
    members: spec.state === 'down' ? [] : members,
    fallbackMembers: members,
    ...(spec.state === 'down' &&
      spec.lastHealthy > 0 && { lastHealthyMembers: members.slice(0, spec.lastHealthy) }),
    ...(spec.addressesMax !== undefined && { addressesMax: spec.addressesMax }),
    endpointSteering: spec.isHashed ? 'hash' : 'random',
    shedPercent: spec.shedPercent,
    isShedByHash: spec.isShedByHash,
    ...(spec.coordinates && { coordinates: spec.coordinates }),
  };
}

const anyAddress = fc.oneof(
  fc
    .tuple(fc.constantFrom(10, 172, 192, 203), fc.constantFrom(0, 1, 16, 168, 200), fc.nat(255), fc.nat(255))
    .map((all) => Uint8Array.from(all)),
  fc
    .tuple(fc.constantFrom('2001:db8::', '2001:db8:1::', '2001:db9::'), fc.nat(0xffff))
    .map(([prefix, end]) => octets(`${prefix}${end.toString(16)}`)),
);
const anySubnet = optional(
  fc.tuple(anyAddress, fc.constantFrom(0, 7, 16, 23, 24, 32)).map(([address, bits]) => masked(address, bits)),
);

/** An address whose bits behind the first ones are 0. */
export function masked(address: Uint8Array, bits: number): { octets: Uint8Array; bits: number } {
  const kept = address.map((octet, i) => octet & (0xff00 >> Math.max(0, Math.min(8, bits - 8 * i))));
  return { octets: kept, bits };
}

const anyQuestion = fc.record({
  type: fc.constantFrom(Type.A, Type.AAAA),
  label: fc.constantFrom('aa', 'b', 'x.y'),
  peer: anyAddress,
  subnet: anySubnet,
  other: anyAddress,
});

const anyNode: fc.Arbitrary<NodePlace> = fc.constantFrom(
  {},
  { ...completed({ country: 'DE' }), pop: 'FRA' },
  { region: 'WNAM', pop: 'LAX' },
  { ...completed({ country: 'AU' }) },
);
/** A load balancer, a node, two states of all pools, and questions. */
export const anyCase = fc.record({
  loadBalancer: anyLoadBalancer,
  node: anyNode,
  states: fc.array(fc.array(anyPool, { minLength: POOLS.length, maxLength: POOLS.length }), {
    minLength: 2,
    maxLength: 2,
  }),
  questions: fc.array(anyQuestion, { minLength: QUESTIONS_EACH, maxLength: QUESTIONS_EACH }),
});
