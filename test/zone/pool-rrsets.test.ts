import { expect, test } from 'vitest';
import { formatName } from '../../src/dns/name.ts';
import { Type } from '../../src/dns/type.ts';
import { POOL_RECORDS_MAX, poolRRsets } from '../../src/zone/pool-rrsets.ts';
import { zoneFile } from './zone-file.ts';

const zone = zoneFile('example.org', '', { pools: 'pools', poolTtlSeconds: 15 });
const member = (address: string, weight = 100) => ({ address, weight });

test('each address family has one record set, in the order of the members, with a weight for each record', () => {
  const members = [member('192.0.2.2', 50), member('2001:db8::1', 1), member('192.0.2.1', 30)];
  const [a, aaaa, ...rest] = poolRRsets(zone, 'Web', members);
  expect(rest).toEqual([]);
  expect(a).toEqual({
    rrset: {
      owner: a!.rrset.owner,
      type: Type.A,
      ttlSeconds: 15,
      rdata: [Uint8Array.of(192, 0, 2, 2), Uint8Array.of(192, 0, 2, 1)],
    },
    weights: [50, 30],
  });
  expect(formatName(a!.rrset.owner)).toBe('web.pools.example.org.');
  expect(aaaa!.rrset).toMatchObject({ type: Type.AAAA, ttlSeconds: 15 });
  expect(aaaa!.weights).toEqual([1]);
});

test.each([
  { asked: [undefined, 4, 8], ttlSeconds: 4, rule: 'the shortest TTL of a member wins' },
  { asked: [undefined, 64, 16], ttlSeconds: 15, rule: 'the TTL is never longer than that of the zone' },
])('a TTL of $ttlSeconds: $rule', ({ asked, ttlSeconds }) => {
  const members = asked.map((ttl, i) => ({
    ...member(i === 1 ? '2001:db8::1' : `192.0.2.${i}`),
    ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
  }));
  const sets = poolRRsets(zone, 'web', members);
  expect(sets.map(({ rrset }) => rrset.ttlSeconds)).toEqual([ttlSeconds, ttlSeconds]);
});

test('a host name that did not resolve is not answered', () => {
  expect(poolRRsets(zone, 'web', [member('host.example.com'), member('10.example.com')])).toEqual([]);
});

test('a family without members has no record set, and neither has a zone without pools', () => {
  expect(poolRRsets(zone, 'web', [])).toEqual([]);
  expect(poolRRsets(zoneFile('example.org', ''), 'web', [member('192.0.2.1')])).toEqual([]);
});

test.each([
  { members: POOL_RECORDS_MAX, records: POOL_RECORDS_MAX },
  { members: POOL_RECORDS_MAX + 1, records: POOL_RECORDS_MAX },
])('of $members members $records are answered', ({ members, records }) => {
  const [set] = poolRRsets(
    zone,
    'web',
    Array.from({ length: members }, (_, i) => member(`2001:db8::${i.toString(16)}`)),
  );
  expect(set!.rrset.rdata).toHaveLength(records);
  expect(set!.weights).toHaveLength(records);
});
