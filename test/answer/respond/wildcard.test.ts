import { describe, expect, test } from 'vitest';
import { Rcode } from '../../../src/dns/rcode.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf, lines } from '../answering.ts';

// The zone of RFC 4592 §2.2.1, under example.org instead of the top-level domain `example`.
const { ask } = answering(
  authorityOf([
    zoneFile(
      'example.org',
      `@               3600 NS  ns.example.com
       @               3600 NS  ns.example.net
       *               3600 TXT "this is a wildcard"
       *               3600 MX  10 host1.example.org
       sub.*           3600 TXT "this is not a wildcard"
       host1           3600 A   192.0.2.1
       _ssh._tcp.host1 3600 SRV 0 5 22 host1.example.org
       _ssh._tcp.host2 3600 SRV 0 5 22 host1.example.org
       subdel          3600 NS  ns.example.com
       subdel          3600 NS  ns.example.net`,
    ),
  ]),
);
const SOA = 'example.org. 10 SOA ns.example.org. host.example.org. 7 3600 600 86400 10';

describe('RFC 4592 §2.2.1: synthesized from the wildcard', () => {
  test.each([
    {
      name: 'host3.example.org',
      type: 'MX',
      answer: 'host3.example.org. 3600 MX 10 host1.example.org.',
      why: 'host3 does not exist',
    },
    { name: 'host3.example.org', type: 'A', answer: undefined, why: 'no A set at the wildcard' },
    {
      name: 'foo.bar.example.org',
      type: 'TXT',
      answer: 'foo.bar.example.org. 3600 TXT "this\\032is\\032a\\032wildcard"',
      why: 'bar does not exist',
    },
    {
      name: 'FOO.Bar.Example.ORG',
      type: 'TXT',
      answer: 'FOO.Bar.Example.ORG. 3600 TXT "this\\032is\\032a\\032wildcard"',
      why: 'RFC 4343 §4.1: the owner is what was asked',
    },
    {
      name: '*.example.org',
      type: 'MX',
      answer: '*.example.org. 3600 MX 10 host1.example.org.',
      why: '§2.1.1: the wildcard itself',
    },
  ] as const)('$name $type: $why', ({ name, type, answer }) => {
    const message = ask({ name, type });
    expect(message).toMatchObject({ rcode: Rcode.NOERROR, aa: true });
    expect(lines(message.answer)).toEqual(answer === undefined ? [] : [answer]);
    expect(lines(message.authority)).toEqual(answer === undefined ? [SOA] : []);
  });
});

describe('RFC 4592 §2.2.1: not synthesized', () => {
  test.each([
    { name: 'host1.example.org', type: 'MX', rcode: Rcode.NOERROR, why: 'host1 exists' },
    { name: 'sub.*.example.org', type: 'MX', rcode: Rcode.NOERROR, why: 'sub.* exists' },
    {
      name: '_telnet._tcp.host1.example.org',
      type: 'SRV',
      rcode: Rcode.NXDOMAIN,
      why: '_tcp.host1 exists (without data)',
    },
    {
      name: 'ghost.*.example.org',
      type: 'MX',
      rcode: Rcode.NXDOMAIN,
      why: '*.example.org exists, and has no wildcard of its own',
    },
    { name: 'host2.example.org', type: 'MX', rcode: Rcode.NOERROR, why: '§2.2.2: an empty non-terminal' },
    {
      name: 'no.host2.example.org',
      type: 'TXT',
      rcode: Rcode.NXDOMAIN,
      why: '§2.2.2: the closest encloser is empty',
    },
  ] as const)('$name $type: $why', ({ name, type, rcode }) => {
    const message = ask({ name, type });
    expect(message).toMatchObject({ rcode, aa: true, answer: [] });
    expect(lines(message.authority)).toEqual([SOA]);
  });

  test('host.subdel.example.org A: subdel is a zone cut', () => {
    const message = ask({ name: 'host.subdel.example.org' });
    expect(message).toMatchObject({ rcode: Rcode.NOERROR, aa: false, answer: [] });
    expect(lines(message.authority)).toEqual([
      'subdel.example.org. 3600 NS ns.example.com.',
      'subdel.example.org. 3600 NS ns.example.net.',
    ]);
  });
});

test('ANY takes one set of the wildcard (RFC 8482 §4.1)', () => {
  expect(lines(ask({ name: 'x.example.org', type: 'ANY' }).answer)).toEqual([
    'x.example.org. 3600 TXT "this\\032is\\032a\\032wildcard"',
  ]);
});

test('a wildcard with several addresses rotates under the queried name', () => {
  const { ask } = answering(
    authorityOf([zoneFile('example.org', '*.w 60 A 192.0.2.1\n*.w 60 A 192.0.2.2\n*.w 60 A 192.0.2.3')]),
  );
  const firsts = new Set<string>();
  for (let i = 0; i < 50; i += 1) {
    const answer = lines(ask({ name: 'a.b.w.example.org' }).answer);
    expect(answer.toSorted()).toEqual([1, 2, 3].map((n) => `a.b.w.example.org. 60 A 192.0.2.${n}`));
    firsts.add(answer[0]!);
  }
  expect(firsts.size).toBe(3);
});
