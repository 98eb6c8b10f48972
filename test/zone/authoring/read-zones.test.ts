import { describe, expect, test } from 'vitest';
import { formatName } from '../../../src/dns/name.ts';
import { CONFIGURED_ZONES_MAX } from '../../../src/zone/authoring/read-zones.ts';
import { NS, problemsOf, setsOf, zoneFile, zonesOf } from '../../config/loading.ts';

describe('a zone', () => {
  test('has defaults for everything except its name and name servers', () => {
    const [zone] = zonesOf(zoneFile(''));
    expect(zone).toMatchObject({
      soa: {
        ttlSeconds: 3600,
        refreshSeconds: 3600,
        retrySeconds: 600,
        expireSeconds: 1209600,
        minimumSeconds: 10,
      },
      poolTtlSeconds: 30,
    });
    expect(zone).not.toHaveProperty('pools');
    expect([zone!.apex, zone!.soa.mname, zone!.soa.rname].map(formatName)).toEqual([
      'example.org.',
      'ns1.example.org.',
      'hostmaster.example.org.',
    ]);
    expect(setsOf(zone!)).toEqual([
      'example.org. 3600 NS 036e7331076578616d706c65036f726700',
      'ns1.example.org. 3600 A c0000235',
    ]);
  });

  test('accepts all settings', () => {
    const soa =
      '{ mname: a.example.net, rname: b@example.net, ttl: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 }';
    const [zone] = zonesOf(zoneFile(`ttl: 6\nsoa: ${soa}\npools: a.b\npool_ttl: 7`));
    expect(zone!.soa).toMatchObject({
      ttlSeconds: 1,
      refreshSeconds: 2,
      retrySeconds: 3,
      expireSeconds: 4,
      minimumSeconds: 5,
    });
    expect(zone!.poolTtlSeconds).toBe(7);
    expect([zone!.soa.mname, zone!.soa.rname, zone!.pools!].map(formatName)).toEqual([
      'a.example.net.',
      'b.example.net.',
      'a.b.example.org.',
    ]);
    expect(zone!.rrsets.every((set) => set.ttlSeconds === 6)).toBe(true);
  });

  test.each([
    { rname: 'hostmaster@example.org', shown: 'hostmaster.example.org.' },
    { rname: 'first.last@example.org', shown: 'first\\.last.example.org.' },
    { rname: 'first\\.last.example.org', shown: 'first\\.last.example.org.' },
  ])('rname $rname is $shown (RFC 1035 §8)', ({ rname, shown }) => {
    const [zone] = zonesOf(zoneFile(`soa: { rname: '${rname}' }`));
    expect(formatName(zone!.soa.rname)).toBe(shown);
  });

  test('may be the root or a name of one label', () => {
    const zones = zonesOf(`
zones:
  - { name: ., ns: [{ name: a.example.org, addresses: [192.0.2.1] }] }
  - { name: lan, ns: [{ name: ns.lan, addresses: ["2001:db8::1"] }], records: [{ name: www, type: CNAME, value: ns.lan }] }`);
    expect(zones.map(({ apex }) => formatName(apex))).toEqual(['.', 'lan.']);
    expect(setsOf(zones[1]!)).toContain('www.lan. 3600 CNAME 026e73036c616e00');
  });
});

describe('name servers', () => {
  test.each([
    {
      ns: '[{ name: ns1.example.org }]',
      problem: 'zones[0].ns[0].name: ns1.example.org. is in the zone, so its addresses must be here too',
    },
    {
      ns: '[{ name: ns1.example.net, addresses: [192.0.2.1] }]',
      problem:
        'zones[0].ns[0].addresses: ns1.example.net. is outside the zone, so its addresses belong to another zone; remove them here',
    },
    {
      ns: '[{ name: ns1.example.net }, { name: NS1.example.net. }]',
      problem: 'zones[0].ns[1].name: example.org. NS has this record already (zones[0].ns[0].name)',
    },
    {
      ns: '[{ name: ns1 }]',
      problem:
        'zones[0].ns[0].name: "ns1" has only one label; write the full name, or end it with a dot if it is the full name',
    },
    {
      ns: '[{ name: ns1..example.org, addresses: [192.0.2.1] }]',
      problem: 'zones[0].ns[0].name: "ns1..example.org" is not a domain name (has an empty label)',
    },
    {
      ns: '[{ name: ns1.example.org, addresses: [192.0.2.1, "2001:db8::x"] }]',
      problem: 'zones[0].ns[0].addresses[1]: "2001:db8::x" is not an IP address',
    },
    { ns: '[]', problem: 'zones[0].ns: has 0 items; must have 1 to 32' },
    {
      ns: '[{ name: ns1.example.org, adresses: [192.0.2.1] }]',
      problem: 'zones[0].ns[0].adresses: is not a key here (did you mean "addresses"?)',
    },
  ])('refused: $problem', ({ ns, problem }) => {
    expect(problemsOf(zoneFile('', ns))).toEqual([problem]);
  });

  test('in the zone may have their addresses among the records', () => {
    const records = 'records: [{ name: ns1, type: AAAA, value: "2001:db8::53" }]';
    expect(problemsOf(zoneFile(records, '[{ name: ns1.example.org }]'))).toEqual([]);
  });

  test('below a delegation of the zone need addresses here', () => {
    const records = 'records: [{ name: sub, type: NS, value: ns.example.net }]';
    expect(problemsOf(zoneFile(records, '[{ name: ns.sub.example.org }]'))).toEqual([
      'zones[0].ns[0].name: ns.sub.example.org. is in the zone, so its addresses must be here too',
    ]);
    expect(problemsOf(zoneFile(records, '[{ name: ns.sub.example.org, addresses: [192.0.2.1] }]'))).toEqual(
      [],
    );
  });
});

describe('pools', () => {
  test.each([
    { pools: '"@"', problem: 'zones[0].pools: "@" is the apex of the zone; pools need a name below it' },
    { pools: '"*"', problem: 'zones[0].pools: "*" is at or below a wildcard, where pools cannot be' },
    { pools: '"a.*"', problem: 'zones[0].pools: "a.*" is at or below a wildcard, where pools cannot be' },
    {
      pools: 'pools.example.net.',
      problem: 'zones[0].pools: "pools.example.net." is outside the zone example.org.',
    },
    { pools: '', problem: 'zones[0].pools: is empty; leave the key out or give it a string' },
    {
      pools: 'w',
      problem:
        'zones[0].records[0].value: x.w.example.org. can have no A: a pool of this name answers for its addresses',
    },
    {
      pools: 'x.w',
      problem:
        'zones[0].records[0].value: x.w.example.org. is the name below which pools are answered, and can have no records',
    },
    {
      pools: 'a.sub',
      problem:
        'zones[0].records[1].value: sub.example.org. cannot be delegated, because the pools of this zone are below it',
    },
    {
      pools: 'ns1',
      problem:
        'zones[0].ns[0].addresses[0]: ns1.example.org. is the name below which pools are answered, and can have no records',
    },
  ])('refused: $problem', ({ pools, problem }) => {
    const records =
      'records:\n  - { name: x.w, type: A, value: 192.0.2.1 }\n  - { name: sub, type: NS, value: ns.example.net }';
    expect(problemsOf(zoneFile(`pools: ${pools}\n${records}`))).toEqual([problem]);
  });

  test.each([
    {
      record: '{ name: p, type: TXT, value: a }',
      problem: 'p.example.org. is the name below which pools are answered, and can have no records',
    },
    {
      record: '{ name: web.p, type: AAAA, value: "2001:db8::1" }',
      problem: 'web.p.example.org. can have no AAAA: a pool of this name answers for its addresses',
    },
    {
      record: '{ name: web.p, type: CNAME, value: example.net }',
      problem: 'web.p.example.org. can have no CNAME: a pool of this name answers for its addresses',
    },
    {
      record: '{ name: "*.p", type: TXT, value: a }',
      problem: '*.p.example.org. is at or below a wildcard of names of pools, and can have no records',
    },
    {
      record: '{ name: web.p, type: NS, value: ns.example.net }',
      problem:
        'web.p.example.org. is below p.example.org., where pools are answered, and cannot be delegated',
    },
    {
      record: '{ name: x.web.p, type: NS, value: ns.example.net }',
      problem:
        'x.web.p.example.org. is below p.example.org., where pools are answered, and cannot be delegated',
    },
    {
      record: '{ name: "a.*.p", type: TXT, value: a }',
      problem: 'a.*.p.example.org. is at or below a wildcard of names of pools, and can have no records',
    },
    { record: '{ name: web.p, type: TXT, value: a }' },
    { record: '{ name: web.p, type: CAA, value: 0 issue "ca.example.net" }' },
    { record: '{ name: _acme-challenge.web.p, type: CNAME, value: example.net }' },
    { record: '{ name: a.web.p, type: A, value: 192.0.2.1 }' },
    { record: '{ name: "*.web.p", type: A, value: 192.0.2.1 }' },
  ])('$record at and below the names of pools: $problem', ({ record, problem }) => {
    const found = problemsOf(zoneFile(`pools: p\nrecords: [${record}]`));
    expect(found).toEqual(problem === undefined ? [] : [expect.stringContaining(problem)]);
  });

  test('of pools leaves room for every pool name, up to the edge', () => {
    const label = (octets: number) => `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(octets)}`;
    // 191 octets leave 64 for a pool's label and its length; the zone has 13 and two labels 128.
    expect(problemsOf(zoneFile(`pools: ${label(191 - 13 - 128 - 1)}`))).toEqual([]);
    expect(problemsOf(zoneFile(`pools: ${label(191 - 13 - 128)}`))[0]).toMatch(
      /is too long: the name of a pool must fit before it$/,
    );
  });
});

describe('several zones', () => {
  test.each([
    {
      what: 'one twice',
      zones: [`{ name: example.org, ns: ${NS} }`, `{ name: EXAMPLE.org., ns: ${NS} }`],
      problems: ['zones[1].name: example.org. is defined already (zones[0])'],
    },
    {
      what: 'records and pools under a deeper zone',
      zones: [
        `{ name: example.org, ns: ${NS}, pools: p.sub, records: [{ name: a.sub, type: A, value: 192.0.2.1 }] }`,
        '{ name: sub.example.org, ns: [{ name: ns.example.net }] }',
      ],
      problems: [
        'zones[0].records[0].value: a.sub.example.org. belongs to the zone sub.example.org. (zones[1])',
        'zones[0].pools: p.sub.example.org. belongs to the zone sub.example.org. (zones[1])',
      ],
    },
    {
      what: 'a zone among the pools of another, which was accepted and never served',
      zones: [
        `{ name: example.org, ns: ${NS}, pools: p }`,
        '{ name: deep.one.p.example.org, ns: [{ name: ns.example.net }] }',
      ],
      problems: [
        'zones[1].name: deep.one.p.example.org. is among the pools at p.example.org. (zones[0].pools)',
      ],
    },
    {
      what: 'a deeper zone with its delegation, DS and glue',
      zones: [
        `{ name: example.org, ns: ${NS}, records: [{ name: sub, type: NS, value: ns.sub.example.org }, { name: sub, type: DS, value: 1 8 2 ${'ab'.repeat(32)} }, { name: ns.sub, type: A, value: 192.0.2.1 }] }`,
        '{ name: sub.example.org, ns: [{ name: ns.sub.example.org, addresses: [192.0.2.1] }] }',
      ],
      problems: [],
    },
    {
      what: 'DS at an apex, which no query would find (RFC 4035 §2.4)',
      zones: [
        `{ name: example.org, ns: ${NS}, records: [{ name: '@', type: DS, value: 1 8 2 ${'ab'.repeat(32)} }] }`,
      ],
      problems: [
        'zones[0].records[0].value: example.org. is the apex, and DS belongs to the zone above it (RFC 4035 §2.4)',
      ],
    },
  ])('$what', ({ zones, problems }) => {
    expect(problemsOf(`zones: [${zones.join(', ')}]`)).toEqual(problems);
  });

  test(`are ${CONFIGURED_ZONES_MAX} at most`, () => {
    const zones = (count: number) =>
      Array.from({ length: count }, (_, i) => `{ name: z${i}.example.org, ns: [{ name: ns.example.net }] }`);
    expect(zonesOf(`zones: [${zones(CONFIGURED_ZONES_MAX).join(', ')}]`)).toHaveLength(CONFIGURED_ZONES_MAX);
    expect(problemsOf(`zones: [${zones(CONFIGURED_ZONES_MAX + 1).join(', ')}]`)).toEqual([
      'zones: has 1001 items; must have 0 to 1000',
    ]);
  });
});

test('missing addresses are reported beside other errors', () => {
  const told = 'zones[0].ns[0].name: ns.example.org. is in the zone, so its addresses must be here too';
  const ns = '[{ name: ns.example.org }]';
  expect(problemsOf(`dsn: {}\n${zoneFile('soa: { minimum: 0 }\nttl: x\npool_ttl: -1', ns)}`)).toEqual([
    expect.stringMatching(/^dsn: is not a key here/),
    expect.stringMatching(/^zones\[0\]\.ttl: /),
    expect.stringMatching(/^zones\[0\]\.soa\.minimum: /),
    expect.stringMatching(/^zones\[0\]\.pool_ttl: /),
    told,
  ]);
  const twice = 'records: [{ name: a, type: A, value: [192.0.2.1, 192.0.2.1] }]';
  expect(problemsOf(zoneFile(twice, ns))).toEqual([expect.stringMatching(/has this record already/), told]);
  // The key may be theirs, misspelled, and so may the record.
  expect(problemsOf(zoneFile('', '[{ name: ns.example.org, adresses: [192.0.2.1] }]'))).toHaveLength(1);
  expect(problemsOf(zoneFile('record: []', ns))).toHaveLength(1);
  expect(problemsOf(zoneFile('records: [{ name: ns, type: A, value: x }]', ns))).toHaveLength(1);
});

test('errors of one part do not hide those of another', () => {
  const file = `
zones:
  - name: a..b
    ttl: -1
    soa: { rname: "@example.org", minimum: 0 }
    ns: [{ name: x.., addresses: [x] }, { }]
    pool_ttl: 1.5
    records:
      - { name: a, type: A, ttl: 1h, value: [x, y] }
      - { name: b, type: MX }
      - 7
  - name: example.org
    ns: ${NS}
    records: [{ name: a, type: A, value: x }, { name: b, type: CNAME, value: [c.example.net, d.example.net] }]`;
  expect(problemsOf(file)).toEqual([
    'zones[0].name: "a..b" is not a domain name (has an empty label)',
    'zones[0].ttl: is -1; must be a whole number from 0 to 2147483647',
    'zones[0].soa.rname: "@example.org" has nothing before the @',
    'zones[0].soa.minimum: is 0; must be a whole number from 1 to 2147483647',
    'zones[0].ns[0].name: "x.." is not a domain name (has an empty label)',
    'zones[0].ns[0].addresses[0]: "x" is not an IP address',
    'zones[0].ns[1].name: is missing',
    'zones[0].pool_ttl: is 1.5; must be a whole number from 0 to 2147483647',
    'zones[0].records[0].ttl: must be a whole number, not "1h"',
    'zones[0].records[0].value[0]: "x" is not an IPv4 address',
    'zones[0].records[0].value[1]: "y" is not an IPv4 address',
    'zones[0].records[1].value: is missing',
    'zones[0].records[2]: must be a mapping, not 7',
    'zones[1].records[0].value: "x" is not an IPv4 address',
    'zones[1].records[1].value[1]: b.example.org. has a CNAME already (zones[1].records[1].value[0]) (RFC 2181 §10.1)',
  ]);
});
