import { describe, expect, test } from 'vitest';
import { ANSWERED_RECORDS_MAX, TTL_SECONDS_MAX } from '../../../src/dns/rrset.ts';
import { AUTHORED_TYPES } from '../../../src/rdata/record-type.ts';
import { RRSET_OCTETS_MAX } from '../../../src/zone/authoring/zone-rules.ts';
import { problemsOf, setsOf, withRecords, zonesOf } from '../../config/loading.ts';

describe('records', () => {
  test('may have names that are not ASCII, which are stored in Punycode (RFC 5891)', () => {
    const [zone] = zonesOf(withRecords('{ name: bücher, type: CNAME, value: Straße.example.net }'));
    expect(setsOf(zone!)).toContain(
      'xn--bcher-kva.example.org. 3600 CNAME 0d786e2d2d73747261652d6f7161076578616d706c65036e657400',
    );
    expect(problemsOf(withRecords('{ name: ü/x, type: A, value: 192.0.2.1 }'))).toEqual([
      'zones[0].records[0].name: "ü/x" is not a domain name (has "ü/x" in it, which cannot be converted to Punycode)',
    ]);
  });

  test('are sets with owners relative to the zone', () => {
    const [zone] = zonesOf(
      withRecords(
        '{ name: "@", type: TXT, value: v=spf1 -all }',
        '{ name: www, type: A, ttl: 300, value: [192.0.2.1, 192.0.2.2] }',
        '{ name: WWW.example.org., type: A, ttl: 300, value: 192.0.2.3 }',
        '{ name: www, type: AAAA, value: "2001:db8::1" }',
        '{ name: "*.w", type: CNAME, value: www.example.org }',
        '{ name: m, type: MX, value: 10 www.example.org }',
        '{ name: _dns._udp, type: SRV, value: 0 0 53 www.example.org }',
        '{ name: c, type: CAA, value: "0 issue \\"\\"" }',
        '{ name: p, type: PTR, value: www.example.org }',
        '{ name: sub, type: NS, value: [ns.sub.example.org, ns.example.net, ns1.example.org] }',
        '{ name: ns.sub, type: A, value: 192.0.2.4 }',
        '{ name: t, type: TYPE65280, value: ["\\\\# 3 abcd EF", "\\\\# 0"] }',
      ),
    );
    expect(setsOf(zone!).slice(2)).toEqual([
      'example.org. 3600 TXT 0b763d73706631202d616c6c',
      'www.example.org. 300 A c0000201 c0000202 c0000203',
      'www.example.org. 3600 AAAA 20010db8000000000000000000000001',
      '*.w.example.org. 3600 CNAME 03777777076578616d706c65036f726700',
      'm.example.org. 3600 MX 000a03777777076578616d706c65036f726700',
      '_dns._udp.example.org. 3600 SRV 00000000003503777777076578616d706c65036f726700',
      'c.example.org. 3600 CAA 00056973737565',
      'p.example.org. 3600 PTR 03777777076578616d706c65036f726700',
      'sub.example.org. 3600 NS 026e7303737562076578616d706c65036f726700 026e73076578616d706c65036e657400 036e7331076578616d706c65036f726700',
      'ns.sub.example.org. 3600 A c0000204',
      't.example.org. 3600  abcdef ',
    ]);
  });

  test.each([
    {
      rule: 'RFC 1034 §3.6.2, CNAME and other data',
      records: ['{ name: a, type: CNAME, value: b.example.org }', '{ name: a, type: A, value: 192.0.2.1 }'],
      problem:
        'zones[0].records[0].value: a.example.org. has A as well (zones[0].records[1].value); a CNAME must be the only record at its name (RFC 1034 §3.6.2)',
    },
    {
      rule: 'a CNAME at the apex leads to a name of the file',
      records: ['{ name: "@", type: CNAME, value: b.example.net }'],
      problem:
        'zones[0].records[0].value: b.example.net. is in no zone of this file; a CNAME at the apex answers with the addresses of its target, and no other server is asked for them',
    },
    {
      rule: 'a CNAME at the apex stands for addresses there',
      records: [
        '{ name: "@", type: CNAME, value: b.example.org }',
        '{ name: "@", type: AAAA, value: "::1" }',
      ],
      problem:
        'zones[0].records[0].value: example.org. has AAAA as well (zones[0].records[1].value); at the apex, a CNAME answers with the addresses of its target, in the place of A, AAAA and DNAME',
    },
    {
      rule: 'RFC 2181 §10.1, two CNAMEs at the apex',
      records: ['{ name: "@", type: CNAME, value: [b.example.org, c.example.org] }'],
      problem:
        'zones[0].records[0].value[1]: example.org. has a CNAME already (zones[0].records[0].value[0]) (RFC 2181 §10.1)',
    },
    {
      rule: 'RFC 2181 §10.1, two CNAMEs',
      records: ['{ name: a, type: CNAME, value: [b.example.net, c.example.net] }'],
      problem:
        'zones[0].records[0].value[1]: a.example.org. has a CNAME already (zones[0].records[0].value[0]) (RFC 2181 §10.1)',
    },
    {
      rule: 'RFC 1034 §3.6.2, a name server is no alias',
      records: ['{ name: ns1, type: CNAME, value: b.example.net }'],
      problem:
        'zones[0].records[0].value: ns1.example.org. has A as well (zones[0].ns[0].addresses[0]); a CNAME must be the only record at its name (RFC 1034 §3.6.2)',
    },
    {
      rule: 'RFC 2181 §5.2, TTLs differ',
      records: [
        '{ name: a, type: A, ttl: 1, value: 192.0.2.1 }',
        '{ name: a, type: A, ttl: 2, value: 192.0.2.2 }',
      ],
      problem:
        'zones[0].records[1].value: a.example.org. A has TTL 2 here and 1 at zones[0].records[0].value; a set has one TTL (RFC 2181 §5.2)',
    },
    {
      rule: 'RFC 2181 §5, the same record twice',
      records: ['{ name: a, type: MX, value: [10 B.example.net, 10 b.example.net.] }'],
      problem:
        'zones[0].records[0].value[1]: a.example.org. MX has this record already (zones[0].records[0].value[0])',
    },
    {
      rule: 'RFC 2181 §5, an address under ns and under records',
      records: ['{ name: ns1, type: A, value: 192.0.2.53 }'],
      problem:
        'zones[0].records[0].value: ns1.example.org. A has this record already (zones[0].ns[0].addresses[0])',
    },
    {
      rule: 'one place for the name servers of the zone',
      records: ['{ name: "@", type: NS, value: ns2.example.net }'],
      problem: 'zones[0].records[0].value: is an NS record of the apex; move it to `ns` of the zone',
    },
    {
      rule: 'RFC 1034 §4.2.1, a record below a delegation',
      records: [
        '{ name: sub, type: NS, value: ns.example.net }',
        '{ name: www.sub, type: A, value: 192.0.2.1 }',
      ],
      problem:
        'zones[0].records[1].value: www.sub.example.org. is at or below sub.example.org., which is delegated; only addresses of name servers are allowed there (RFC 1034 §4.2.1)',
    },
    {
      rule: 'RFC 1034 §4.2.1, a record at a delegation',
      records: ['{ name: sub, type: NS, value: ns.example.net }', '{ name: sub, type: TXT, value: x }'],
      problem:
        'zones[0].records[1].value: sub.example.org. is at or below sub.example.org., which is delegated; only addresses of name servers are allowed there (RFC 1034 §4.2.1)',
    },
    {
      rule: 'RFC 1034 §4.2.1, a delegation below a delegation',
      records: [
        '{ name: sub, type: NS, value: ns.example.net }',
        '{ name: a.sub, type: NS, value: ns.example.net }',
      ],
      problem:
        'zones[0].records[1].value: a.sub.example.org. is at or below sub.example.org., which is delegated; only addresses of name servers are allowed there (RFC 1034 §4.2.1)',
    },
    {
      rule: 'RFC 1034 §4.2.1, glue is missing',
      records: ['{ name: sub, type: NS, value: ns.sub.example.org }'],
      problem:
        'zones[0].records[0].value: ns.sub.example.org. is in the zone, so its addresses must be here too',
    },
    {
      rule: 'RFC 4592 §4.2, a wildcard delegation',
      records: ['{ name: "*.w", type: NS, value: ns.example.net }'],
      problem:
        'zones[0].records[0].value: *.w.example.org. is a wildcard; it cannot be delegated (RFC 4592 §4.2)',
    },
    {
      rule: 'RFC 2181 §10.3, MX to an alias',
      records: [
        '{ name: a, type: CNAME, value: b.example.net }',
        '{ name: "@", type: MX, value: 1 a.example.org }',
      ],
      problem:
        'zones[0].records[1].value: a.example.org. is an alias (zones[0].records[0].value); MX needs a name with addresses (RFC 2181 §10.3)',
    },
    {
      rule: 'RFC 2782, SRV to an alias',
      records: [
        '{ name: a, type: CNAME, value: b.example.net }',
        '{ name: _s._tcp, type: SRV, value: 0 0 1 a.example.org }',
      ],
      problem:
        'zones[0].records[1].value: a.example.org. is an alias (zones[0].records[0].value); SRV needs a name with addresses (RFC 2782)',
    },
    {
      rule: 'an owner in another zone',
      records: ['{ name: www.example.net., type: A, value: 192.0.2.1 }'],
      problem: 'zones[0].records[0].name: "www.example.net." is outside the zone example.org.',
    },
    {
      rule: 'an owner with the zone in it and no final dot',
      records: ['{ name: www.example.org, type: A, value: 192.0.2.1 }'],
      problem:
        'zones[0].records[0].name: "www.example.org" ends in the name of the zone; write "www" or "www.example.org."',
    },
    {
      rule: 'the apex without its final dot',
      records: ['{ name: example.org, type: A, value: 192.0.2.1 }'],
      problem:
        'zones[0].records[0].name: "example.org" ends in the name of the zone; write "@" or "example.org."',
    },
    {
      rule: 'RFC 1035 §2.3.4, an owner of 256 octets with its zone',
      records: [`{ name: ${`${'x'.repeat(63)}.`.repeat(3)}${'y'.repeat(50)}, type: A, value: 192.0.2.1 }`],
      problem: `zones[0].records[0].name: "${`${'x'.repeat(63)}.`.repeat(2).slice(0, 80)}…" is not a domain name (has 256 octets; 255 at most)`,
    },
    {
      rule: 'a target that was meant to be relative',
      records: ['{ name: a, type: CNAME, value: www }'],
      problem:
        'zones[0].records[0].value: "www" points to a name with only one label; write the full name, or end it with a dot if it is the full name',
    },
    {
      rule: 'invalid rdata',
      records: ['{ name: a, type: A, value: [192.0.2.1, 192.0.2.300] }'],
      problem: 'zones[0].records[0].value[1]: "192.0.2.300" is not an IPv4 address',
    },
    {
      rule: 'an unknown type',
      records: ['{ name: a, type: SOA, value: x }'],
      problem: 'zones[0].records[0].type: "SOA" is made from the settings of the zone',
    },
    ...[46, 47, 48, 50, 51, 59, 60].map((type) => ({
      rule: `RFC 4034, 5155, 7344: TYPE${type} means something only in a signed zone`,
      records: [`{ name: a, type: TYPE${type}, value: "\\\\# 0" }`],
      problem: `zones[0].records[0].type: "TYPE${type}" is a type of signed zones, which are not served yet`,
    })),
    ...['TYPE255', 'TYPE0', 'TYPE65536', 'TYPE'].map((type) => ({
      rule: `RFC 3597 §5: ${type} cannot be served, or is invalid`,
      records: [`{ name: a, type: ${type}, value: "\\\\# 0" }`],
      problem: `zones[0].records[0].type: "${type}" is not one of ${AUTHORED_TYPES.join(', ')}, and not TYPE with the number of another type`,
    })),
    {
      rule: 'RFC 3597 §5: a length that is wrong',
      records: ['{ name: a, type: TYPE65280, value: "\\\\# 3 abcd" }'],
      problem: 'zones[0].records[0].value: "\\\\# 3 abcd" has 2 octets, and says 3',
    },
    {
      rule: 'RFC 3597 §5: not hexadecimal',
      records: ['{ name: a, type: TYPE65280, value: "\\\\# 1 xy" }'],
      problem:
        'zones[0].records[0].value: "\\\\# 1 xy" must be `\\# length hexadecimal-octets` (RFC 3597 §5)',
    },
    {
      rule: 'RFC 2181 §8, a TTL one past the end',
      records: [`{ name: a, type: A, ttl: ${TTL_SECONDS_MAX + 1}, value: 192.0.2.1 }`],
      problem: `zones[0].records[0].ttl: is 2147483648; must be a whole number from 0 to 2147483647`,
    },
    {
      rule: 'no value',
      records: ['{ name: a, type: A, value: [] }'],
      problem: 'zones[0].records[0].value: has 0 items; must have 1 to 1000',
    },
    {
      rule: 'a number for a value',
      records: ['{ name: a, type: TXT, value: 1 }'],
      problem: 'zones[0].records[0].value: must be a string, not 1; put it in quotes',
    },
  ])('refused: $rule', ({ records, problem }) => {
    expect(problemsOf(withRecords(...records))).toEqual([problem]);
  });

  test.each([
    {
      what: 'a TTL of 0 and the longest (RFC 2181 §8)',
      records: [
        `{ name: a, type: A, ttl: 0, value: 192.0.2.1 }`,
        `{ name: b, type: A, ttl: ${TTL_SECONDS_MAX}, value: 192.0.2.1 }`,
      ],
    },
    {
      what: 'an owner of 255 octets (RFC 1035 §2.3.4)',
      records: [`{ name: ${`${'x'.repeat(63)}.`.repeat(3)}${'y'.repeat(49)}, type: A, value: 192.0.2.1 }`],
    },
    { what: 'a target of one label with its dot', records: ['{ name: a, type: CNAME, value: localhost. }'] },
    { what: 'a null MX (RFC 7505)', records: ['{ name: "@", type: MX, value: 0 . }'] },
    {
      what: 'an owner that ends in an escaped dot',
      records: ["{ name: 'a\\.', type: A, value: 192.0.2.1 }"],
    },
    {
      what: 'a server named like the delegation',
      records: [
        '{ name: sub, type: NS, value: sub.example.org }',
        '{ name: sub, type: A, value: 192.0.2.1 }',
      ],
    },
    {
      what: 'a server below another delegation',
      records: [
        '{ name: a, type: NS, value: ns.b.example.org }',
        '{ name: b, type: NS, value: ns.example.net }',
      ],
    },
  ])('accepted: $what', ({ records }) => {
    expect(problemsOf(withRecords(...records))).toEqual([]);
  });

  test('the records of a set must fit a message, up to the edge', () => {
    const text = (octets: number) => '\\120'.repeat(octets);
    // 250 strings in a record: 250 × 256 octets and 12 of record make 64,012; so one of 62 octets takes what is left.
    const strings = (last: number) => `'${`"${text(255)}" `.repeat(249)}"${text(last)}"'`;
    const most = RRSET_OCTETS_MAX - 12 - 249 * 256 - 1;
    expect(problemsOf(withRecords(`{ name: a, type: TXT, value: ${strings(most)} }`))).toEqual([]);
    expect(problemsOf(withRecords(`{ name: a, type: TXT, value: ${strings(most + 1)} }`))).toEqual([
      'zones[0].records[0].value: a.example.org. TXT needs 64001 octets in an answer; 64000 at most',
    ]);
  });

  test('only the records that an answer holds must fit (before: 200 texts of 400 octets were refused)', () => {
    const texts = (octets: number) => {
      const strings = `"${'x'.repeat(200)}" `.repeat(octets / 200);
      const values = Array.from({ length: 2 * ANSWERED_RECORDS_MAX }, (_, i) => `'"${i}" ${strings}'`);
      return withRecords(`{ name: a, type: TXT, value: [${values.join(', ')}] }`);
    };
    expect(problemsOf(texts(400))).toEqual([]);
    expect(problemsOf(texts(800))).toEqual([
      'zones[0].records[0].value[0]: a.example.org. TXT needs 82000 octets in an answer; 64000 at most',
    ]);
  });
});

describe('records that differ only in case are the same record (RFC 4343 §3, RFC 3597 §6)', () => {
  test.each([
    ['NS', 'sub', 'ns.example.net', 'NS.Example.NET'],
    ['PTR', 'p', 'office.example.net', 'Office.example.net'],
    ['MX', 'm', '10 a.example.net', '10 A.example.net'],
    ['SRV', 's', '0 0 53 a.example.net', '0 0 53 A.example.net'],
    ['TYPE17', 'r', '\\\\# 4 01610000', '\\\\# 4 01410000'],
  ])('%s', (type, name, one, other) => {
    expect(
      problemsOf(withRecords(`{ name: ${name}, type: ${type}, value: ["${one}", "${other}"] }`)),
    ).toEqual([expect.stringContaining('has this record already (zones[0].records[0].value[0])')]);
  });
  test.each([
    ['TXT', 'a', 'A'],
    ['TYPE65280', '\\\\# 1 61', '\\\\# 1 41'],
  ])('%s contains no names, so the records differ', (type, one, other) => {
    const [zone] = zonesOf(withRecords(`{ name: t, type: ${type}, value: ["${one}", "${other}"] }`));
    expect(zone!.rrsets.at(-1)!.rdata).toHaveLength(2);
  });
});
