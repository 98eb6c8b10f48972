import { expect, test } from 'vitest';
import { formatName } from '../../../src/dns/name.ts';
import { conflictOf, readAuthoredZone } from '../../../src/zone/authoring/read-authored-zone.ts';
import { zoneFile } from '../zone-file.ts';

const ns = [{ name: 'ns1.example.net' }];

test('an authored zone is read by the rules of the file, with its defaults', () => {
  const read = readAuthoredZone({
    name: 'example.org',
    settings: {
      ns: [...ns, { name: 'ns.example.org', addresses: ['192.0.2.1'] }],
      pools: 'pools',
      pool_ttl: 5,
    },
  });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { apex, soa, rrsets, pools, poolTtlSeconds } = read.zone;
  expect([apex, soa.mname, soa.rname, pools!].map(formatName)).toEqual([
    'example.org.',
    'ns1.example.net.',
    'hostmaster.example.org.',
    'pools.example.org.',
  ]);
  expect([soa.ttlSeconds, soa.refreshSeconds, soa.minimumSeconds, poolTtlSeconds]).toEqual([
    3_600, 3_600, 10, 5,
  ]);
  expect(rrsets.map(({ rdata }) => rdata.length)).toEqual([2, 1]);
});

test('all errors of the settings are listed with their paths', () => {
  const settings = { ns: [{ name: 'ns.example.org' }], ttl: -1, soa: { refresh: 0, extra: 1 }, pools: '@' };
  const read = readAuthoredZone({ name: 'example.org', settings });
  expect(read.ok).toBe(false);
  expect(!read.ok && read.problems.map(({ path }) => path).sort()).toEqual([
    'pools',
    'soa.extra',
    'soa.refresh',
    'ttl',
  ]);
  const lame = readAuthoredZone({ name: 'example.org', settings: { ns: [{ name: 'ns.example.org' }] } });
  expect(!lame.ok && lame.problems).toEqual([
    { path: 'ns[0].name', message: 'ns.example.org. is in the zone, so its addresses must be here too' },
  ]);
});

const NS = '@ 60 NS ns1.example.net.';
const parent = zoneFile(
  'example.org',
  `${NS}\nwww 60 A 192.0.2.1\nsub 60 NS ns.sub.example.org.\nsub 60 DS 1 8 2 ${'ab'.repeat(32)}\nns.sub 60 A 192.0.2.2`,
  { pools: 'pools.live' },
);

test.each([
  ['example.org', undefined, /^exists already$/],
  ['EXAMPLE.org', undefined, /^exists already$/],
  ['example.com', 'pools', undefined],
  ['other.example.org', 'pools', undefined],
  ['sub.example.org', undefined, undefined],
  ['www.example.org', undefined, /would hide records at www\.example\.org\. of the zone example\.org\./],
  ['live.example.org', undefined, /the pools at pools\.live\.example\.org\. of the zone example\.org\./],
  ['web.pools.live.example.org', undefined, /the pools at pools\.live\.example\.org\./],
  ['org', undefined, undefined],
  ['org', 'example', /the zone example\.org\. would hide the pools at example\.org\. of the zone org\.$/],
])('zone %s with pools at %s beside example.org: %s', (name, pools, why) => {
  const zone = zoneFile(name, NS, pools === undefined ? {} : { pools });
  const conflict = conflictOf(zone, [zoneFile('example.net', NS), parent]);
  if (why === undefined) expect(conflict).toBeUndefined();
  else expect(conflict).toMatch(why);
});
