import { formatName, isAtOrBelow, nameKey, parentOf, parseName, type WireName } from '../../src/dns/name.ts';
import { FLATTENED_CNAME } from '../../src/dns/type.ts';
import type { Member } from '../../src/pool/members.ts';
import { rdataKey } from '../../src/rdata/rdata.ts';
import { recordTypeNumber } from '../../src/rdata/record-type.ts';
import type { Authority } from '../../src/zone/authority.ts';
import type { Zone } from '../../src/zone/zone.ts';
import { rdataOf } from '../rdata/of-type.ts';
import fc from '../support/property.ts';

/** Few labels, so that names meet: above, below and beside each other, and often a wildcard. */
const label = fc.constantFrom('a', 'a', 'b', 'c', '*', '*', 'long-label');
const APEXES = [
  'example.org',
  'a.example.org',
  'b.a.example.org',
  'c.example.org',
  'example.com',
  'a.b.example.org',
  // Far below the pools of a zone: the names between exist.
  'x.web.pools.example.org',
  'a.pools.example.org',
];
/** Names of pools. */
export const POOLS = ['a', 'b', 'web'];

/** A name relative to an apex. */
export const relative = fc
  .oneof(fc.array(label, { maxLength: 4 }), fc.array(label, { maxLength: 1 }))
  .map((labels) => labels.join('.'));
/** A name below an apex, or the apex itself. */
export const under = (name: string, apex: string) => (name === '' ? apex : `${name}.${apex}`);

/** A name in one of the zones that may be there, or in none. */
export const anyName = fc
  .tuple(
    relative,
    fc.constantFrom(...APEXES, 'pools.example.org', 'pools.a.example.org', 'example.net', 'org'),
  )
  .map(([name, apex]) => under(name, apex));

/** Names that often have addresses. */
const usualName = fc
  .tuple(
    fc.constantFrom('', '', 'a', 'b'),
    fc.constantFrom(...APEXES, ...POOLS.map((pool) => `${pool}.pools.example.org`)),
  )
  .map(([name, apex]) => under(name, apex));

/** A name as somebody may write it in rdata, in any case. */
const writtenName = fc
  .tuple(fc.oneof(anyName, usualName), fc.boolean())
  .map(([name, upper]) => (upper ? name.toUpperCase() : name));

/** Parameters of a service, with hints to be filled. */
const anyParameters = fc.constantFrom(
  '',
  'ipv4hint=auto',
  'ipv6hint=auto',
  'alpn=h2 port=443 ipv4hint=auto key7000=x ipv6hint=auto key8000=y',
  'mandatory=ipv4hint ipv4hint=auto',
  'mandatory=ipv4hint,ipv6hint,port port=8443 ipv4hint=auto ipv6hint=auto',
  'ipv4hint=198.51.100.1,198.51.100.2 ipv6hint=auto',
);

/** A record of any of the types that answers differ by. */
export const record = fc.oneof(
  { weight: 4, arbitrary: fc.nat(7).map((n) => ({ type: 'A' as const, text: `192.0.2.${n}` })) },
  { weight: 2, arbitrary: fc.nat(3).map((n) => ({ type: 'AAAA' as const, text: `2001:db8::${n}` })) },
  { weight: 1, arbitrary: fc.constant({ type: 'TXT' as const, text: 'text' }) },
  {
    weight: 1,
    arbitrary: fc.nat(2).map((n) => ({ type: 'DS' as const, text: `1 8 2 ${`${n}${n}`.repeat(32)}` })),
  },
  { weight: 1, arbitrary: writtenName.map((name) => ({ type: 'MX' as const, text: `10 ${name}` })) },
  { weight: 1, arbitrary: writtenName.map((name) => ({ type: 'SRV' as const, text: `1 2 443 ${name}` })) },
  { weight: 1, arbitrary: writtenName.map((name) => ({ type: 'PTR' as const, text: name })) },
  { weight: 1, arbitrary: fc.constant({ type: 'CAA' as const, text: '0 issue "ca.example.net"' }) },
  { weight: 1, arbitrary: fc.nat(2).map((n) => ({ type: 'TYPE65280' as const, text: `\\# 2 00c${n}` })) },
  { weight: 3, arbitrary: writtenName.map((name) => ({ type: 'CNAME' as const, text: name })) },
  { weight: 1, arbitrary: writtenName.map((name) => ({ type: 'DNAME' as const, text: name })) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.nat(2), fc.oneof(writtenName, usualName, fc.constant('.')), anyParameters)
      .map(([priority, name, parameters]) => ({
        type: 'HTTPS' as const,
        text: `${priority} ${name} ${priority === 0 ? '' : parameters}`,
      })),
  },
  { weight: 3, arbitrary: writtenName.map((name) => ({ type: 'NS' as const, text: name })) },
);
interface Authored {
  readonly owner: WireName;
  readonly type: string;
  readonly text: string;
}

/** A set of more records than an answer holds, all of one size or each of another. */
const manyRecords = fc
  .tuple(
    relative,
    fc.constantFrom('A' as const, 'TXT' as const, 'NS' as const),
    fc.integer({ min: 99, max: 130 }),
  )
  .map(([name, type, count]) =>
    Array.from({ length: count }, (_, i) => {
      const texts = { A: `203.0.113.${i}`, TXT: `"${'x'.repeat(i)}"`, NS: `ns${i}.example.net` };
      return [name, { type, text: texts[type] }] as [string, { type: typeof type; text: string }];
    }),
  );

const authoredZone = fc.record({
  apex: fc.constantFrom(...APEXES),
  records: fc
    .tuple(
      fc.array(fc.tuple(relative, record), { maxLength: 14 }),
      fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: manyRecords }),
    )
    .map((parts) => parts.flat()),
  pools: fc.option(fc.constantFrom('pools', 'a.pools', 'c'), { nil: undefined }),
  /** Where a CNAME at the apex leads. */
  flattened: fc.option(usualName, { freq: 2, nil: undefined }),
  /** Whether it has DS of the zones below it. */
  signsBelow: fc.boolean(),
  poolTtlSeconds: fc.integer({ min: 1, max: 60 }),
  soaTtlSeconds: fc.integer({ min: 1, max: 100 }),
  minimumSeconds: fc.integer({ min: 1, max: 100 }),
});

/** More addresses than an answer holds, of one weight, now and then: a hundred and some. */
const manyMembers: fc.Arbitrary<Member[]> = fc
  .integer({ min: 99, max: 130 })
  .map((count) => Array.from({ length: count }, (_, i) => ({ address: `198.51.100.${i}`, weight: 100 })));

const fewMembers: fc.Arbitrary<Member[]> = fc.array(
  fc.record(
    {
      address: fc.oneof(
        fc.nat(9).map((n) => `192.0.2.${n}`),
        fc.nat(9).map((n) => `2001:db8::${n}`),
        fc.constant('host.example.com'),
      ),
      weight: fc.constantFrom(100, 100, 100, 50, 1),
      ttlSeconds: fc.integer({ min: 1, max: 60 }),
    },
    { requiredKeys: ['address', 'weight'] },
  ),
  { maxLength: 5 },
);

const members = fc.oneof({ weight: 6, arbitrary: fewMembers }, { weight: 1, arbitrary: manyMembers });

/** Pools that answer in all zones, and what their members are. */
export const anyPools: fc.Arbitrary<Authority['pools']> = fc
  .array(fc.tuple(fc.constantFrom(...POOLS), members), { maxLength: 3 })
  .map((pools) => new Map(pools.map(([name, of]) => [name, uniqueAddresses(of)])));

/** Zones, nested and not, with pools, wildcards, cuts, aliases and loops of them: all that a Zone may be. */
export const anyAuthority: fc.Arbitrary<Authority> = fc
  .record({
    zones: fc.uniqueArray(authoredZone, { minLength: 1, maxLength: 5, selector: ({ apex }) => apex }),
    pools: anyPools,
    serial: fc.nat(0xffff_ffff),
  })
  .map(({ zones, pools, serial }) => {
    const apexes = zones.map(({ apex }) => parseName(apex));
    return {
      serial,
      zones: zones.map((zone) => zoneOf(zone, apexes)),
      pools,
    };
  });

function uniqueAddresses(of: readonly Member[]): Member[] {
  return [...new Map(of.map((member) => [member.address, member])).values()];
}

/** Leaves out what breaks a rule a Zone keeps. */
function zoneOf(
  written: typeof authoredZone extends fc.Arbitrary<infer T> ? T : never,
  apexes: WireName[],
): Zone {
  const apex = parseName(written.apex);
  const others = apexes.filter((other) => other.length > apex.length && isAtOrBelow(other, apex));
  let records: Authored[] = written.records.map(([name, { type, text }]) => ({
    owner: parseName(under(name, written.apex)),
    type,
    text,
  }));
  if (written.flattened !== undefined)
    records.unshift({ owner: apex, type: 'CNAME', text: written.flattened });
  if (written.signsBelow)
    for (const owner of others) records.push({ owner, type: 'DS', text: `9 8 2 ${'99'.repeat(32)}` });
  const isApex = ({ owner }: Authored) => owner.length === apex.length;
  const isOfName = ({ type }: Authored) => type === 'NS' || type === 'DNAME';
  records = records.filter((each) => !isOfName(each) || !formatName(each.owner).startsWith('*'));
  const cuts = [
    ...others,
    ...records.filter((each) => each.type === 'NS' && !isApex(each)).map(({ owner }) => owner),
  ];
  const isCutOff = (name: WireName) => cuts.some((cut) => isAtOrBelow(name, cut));
  records = records.filter((each) => each.type !== 'DS' || !isApex(each));
  records = records.filter(({ owner, type }) => ['NS', 'A', 'AAAA', 'DS'].includes(type) || !isCutOff(owner));
  const rewritten = records.filter(({ type }) => type === 'DNAME').map(({ owner }) => owner);
  // RFC 6672 §2.4: nothing is below a DNAME; but the table must not rely on it.
  records = records.filter(
    ({ owner, type }) =>
      type === 'TXT' || !rewritten.some((top) => owner.length > top.length && isAtOrBelow(owner, top)),
  );
  // The first record at a name decides whether it is an alias.
  const first = new Map<string, Authored>();
  for (const each of records) if (!first.has(nameKey(each.owner))) first.set(nameKey(each.owner), each);
  records = records.filter((each) => {
    const decides = first.get(nameKey(each.owner))!;
    if (decides.type !== 'CNAME') return each.type !== 'CNAME';
    // At the apex it stands for the records that have addresses, and others are beside it.
    return each === decides || (isApex(each) && !['CNAME', 'A', 'AAAA', 'DNAME'].includes(each.type));
  });
  const pools = written.pools === undefined ? undefined : parseName(under(written.pools, written.apex));
  const hasPools = pools !== undefined && !isCutOff(pools);
  if (hasPools) records = records.filter((each) => isBesidePools(each, pools));
  if (hasPools) records = records.filter(({ owner, type }) => type !== 'DNAME' || !isAtOrBelow(pools, owner));

  const sets = Map.groupBy(records, ({ owner, type }) => `${type} ${nameKey(owner)}`);
  return {
    apex,
    soa: {
      mname: parseName(`ns.${written.apex}`),
      rname: parseName(`host.${written.apex}`),
      ttlSeconds: written.soaTtlSeconds,
      refreshSeconds: 3600,
      retrySeconds: 600,
      expireSeconds: 86_400,
      minimumSeconds: written.minimumSeconds,
    },
    rrsets: [...sets.values()].map((set, i) => ({
      owner: set[0]!.owner,
      type: set[0]!.type === 'CNAME' && isApex(set[0]!) ? FLATTENED_CNAME : recordTypeNumber(set[0]!.type)!,
      ttlSeconds: i,
      rdata: [...new Map(set.map(rdataWithKey)).values()].slice(0, set[0]!.type === 'DNAME' ? 1 : undefined),
    })),
    ...(hasPools ? { pools } : {}),
    poolTtlSeconds: written.poolTtlSeconds,
  };
}

/** Whether a record keeps the rules of names at and below those of pools. */
function isBesidePools({ owner, type }: Authored, pools: WireName): boolean {
  if (!isAtOrBelow(owner, pools)) return true;
  if (owner.length === pools.length || type === 'NS') return false;
  let pool = owner;
  while (nameKey(parentOf(pool)!) !== nameKey(pools)) pool = parentOf(pool)!;
  if (formatName(pool).startsWith('*')) return false;
  return pool !== owner || !['A', 'AAAA', 'CNAME', 'DNAME'].includes(type);
}

function rdataWithKey({ type, text }: Authored): [string, Uint8Array] {
  const rdata = rdataOf(type, text);
  return [rdataKey(recordTypeNumber(type)!, rdata), rdata];
}
