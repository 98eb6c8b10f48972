import { describe, expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { CNAME_CHAIN_MAX } from '../../../src/dns/rrset.ts';
import type { Type } from '../../../src/dns/type.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf, lines } from '../answering.ts';

const label = 'x'.repeat(63);
const long = `${label}.${label}.${label}`;
const SOA = 'example.org. 10 SOA ns.example.org. host.example.org. 7 3600 600 86400 10';
const COM_SOA = 'example.com. 10 SOA ns.example.com. host.example.com. 7 3600 600 86400 10';
const zones = [
  zoneFile(
    'example.org',
    `d            300 DNAME Target.example.com
     d            300 A     192.0.2.1
     d            300 TXT   "beside"
     out          300 DNAME example.net
     here         300 DNAME t.example.org
     www.t         60 A     192.0.2.2
     root         300 DNAME .
     into         300 CNAME www.d.example.org
     one          300 DNAME two.example.org
     two          300 DNAME one.example.org
     grow         300 DNAME x.grow.example.org
     twice        300 DNAME again.example.org
     b.again      300 CNAME c.twice.example.org
     c.again       60 A     192.0.2.3
     back         300 DNAME example.org
     topool       300 DNAME pools.example.org
     far          300 DNAME ${long}.example.com
     w            300 DNAME wild.example.org
     *.wild        60 A     192.0.2.4
     tocut        300 DNAME cut.example.org
     cut         3600 NS    ns.cut.example.org
     ns.cut      3600 A     192.0.2.5`,
    { pools: 'pools' },
  ),
  zoneFile('example.com', 'www.target 60 A 192.0.2.10\ntarget 60 A 192.0.2.11'),
  zoneFile('apex.example', '@ 300 DNAME example.com\n@ 300 NS ns.example.net\n@ 300 MX 10 mx.example.net'),
  zoneFile('below.d.example.org', 'www 60 A 192.0.2.12'),
];
const { ask } = answering(authorityOf(zones, new Map([['web', [{ address: '192.0.2.77', weight: 100 }]]])));

interface Row {
  readonly rule: string;
  readonly name: string;
  readonly type?: keyof typeof Type;
  readonly rcode?: number;
  readonly aa?: boolean;
  readonly answer?: readonly string[];
  readonly authority?: readonly string[];
  readonly additional?: readonly string[];
}

const rows: readonly Row[] = [
  {
    rule: '§2.2: a name below',
    name: 'www.d.example.org',
    answer: [
      'd.example.org. 300 DNAME Target.example.com.',
      'www.d.example.org. 300 CNAME www.Target.example.com.',
      'www.Target.example.com. 60 A 192.0.2.10',
    ],
  },
  {
    rule: 'RFC 4343 §4.1: the labels keep the case that they were asked in',
    name: 'WwW.D.example.org',
    answer: [
      'D.example.org. 300 DNAME Target.example.com.',
      'WwW.D.example.org. 300 CNAME WwW.Target.example.com.',
      'WwW.Target.example.com. 60 A 192.0.2.10',
    ],
  },
  {
    rule: '§2.4: the owner itself is not renamed',
    name: 'd.example.org',
    answer: ['d.example.org. 300 A 192.0.2.1'],
  },
  { rule: '§2.4: the owner lacks a type', name: 'd.example.org', type: 'AAAA', authority: [SOA] },
  {
    rule: 'the DNAME is asked for',
    name: 'd.example.org',
    type: 'DNAME',
    answer: ['d.example.org. 300 DNAME Target.example.com.'],
  },
  {
    rule: 'RFC 1034 §4.3.2: a query for CNAME gets the CNAME that the DNAME makes, which BIND, Knot and NSD do not follow either',
    name: 'no.d.example.org',
    type: 'CNAME',
    answer: [
      'd.example.org. 300 DNAME Target.example.com.',
      'no.d.example.org. 300 CNAME no.Target.example.com.',
    ],
  },
  {
    rule: '§3.2 3C: NODATA at the end',
    name: 'www.d.example.org',
    type: 'AAAA',
    answer: [
      'd.example.org. 300 DNAME Target.example.com.',
      'www.d.example.org. 300 CNAME www.Target.example.com.',
    ],
    authority: [COM_SOA],
  },
  {
    rule: 'RFC 6604 §3: the rcode is that of the last name',
    name: 'no.d.example.org',
    rcode: Rcode.NXDOMAIN,
    answer: [
      'd.example.org. 300 DNAME Target.example.com.',
      'no.d.example.org. 300 CNAME no.Target.example.com.',
    ],
    authority: [COM_SOA],
  },
  {
    rule: 'out of our zones the resolver goes on',
    name: 'a.b.out.example.org',
    answer: ['out.example.org. 300 DNAME example.net.', 'a.b.out.example.org. 300 CNAME a.b.example.net.'],
  },
  {
    rule: 'within the zone',
    name: 'www.here.example.org',
    answer: [
      'here.example.org. 300 DNAME t.example.org.',
      'www.here.example.org. 300 CNAME www.t.example.org.',
      'www.t.example.org. 60 A 192.0.2.2',
    ],
  },
  {
    rule: 'to the root',
    name: 'www.root.example.org',
    answer: ['root.example.org. 300 DNAME .', 'www.root.example.org. 300 CNAME www.'],
  },
  {
    rule: 'behind a CNAME',
    name: 'into.example.org',
    answer: [
      'into.example.org. 300 CNAME www.d.example.org.',
      'd.example.org. 300 DNAME Target.example.com.',
      'www.d.example.org. 300 CNAME www.Target.example.com.',
      'www.Target.example.com. 60 A 192.0.2.10',
    ],
  },
  {
    rule: 'to a pool',
    name: 'web.topool.example.org',
    answer: [
      'topool.example.org. 300 DNAME pools.example.org.',
      'web.topool.example.org. 300 CNAME web.pools.example.org.',
      'web.pools.example.org. 30 A 192.0.2.77',
    ],
  },
  {
    rule: 'to a wildcard',
    name: 'a.w.example.org',
    answer: [
      'w.example.org. 300 DNAME wild.example.org.',
      'a.w.example.org. 300 CNAME a.wild.example.org.',
      'a.wild.example.org. 60 A 192.0.2.4',
    ],
  },
  {
    rule: 'to a delegation',
    name: 'a.tocut.example.org',
    answer: [
      'tocut.example.org. 300 DNAME cut.example.org.',
      'a.tocut.example.org. 300 CNAME a.cut.example.org.',
    ],
    authority: ['cut.example.org. 3600 NS ns.cut.example.org.'],
    additional: ['ns.cut.example.org. 3600 A 192.0.2.5'],
  },
  {
    rule: 'RFC 2181 §5: a DNAME that is met twice is there once',
    name: 'b.twice.example.org',
    answer: [
      'twice.example.org. 300 DNAME again.example.org.',
      'b.twice.example.org. 300 CNAME b.again.example.org.',
      'b.again.example.org. 300 CNAME c.twice.example.org.',
      'c.twice.example.org. 300 CNAME c.again.example.org.',
      'c.again.example.org. 60 A 192.0.2.3',
    ],
  },
  {
    rule: 'RFC 2181 §5: a DNAME that leads to its own owner is there once, where it is asked for',
    name: 'back.back.example.org',
    type: 'DNAME',
    answer: [
      'back.example.org. 300 DNAME example.org.',
      'back.back.example.org. 300 CNAME back.example.org.',
    ],
  },
  {
    rule: 'RFC 2181 §5: a DNAME that leads to its own owner is there once, where it is asked for by ANY',
    name: 'back.back.example.org',
    type: 'ANY',
    answer: [
      'back.example.org. 300 DNAME example.org.',
      'back.back.example.org. 300 CNAME back.example.org.',
    ],
  },
  {
    rule: 'RFC 2181 §5: a loop ends where it comes back',
    name: 'a.one.example.org',
    answer: [
      'one.example.org. 300 DNAME two.example.org.',
      'a.one.example.org. 300 CNAME a.two.example.org.',
      'two.example.org. 300 DNAME one.example.org.',
      'a.two.example.org. 300 CNAME a.one.example.org.',
    ],
  },
  {
    rule: '§2.2: a name that becomes too long',
    name: `${'y'.repeat(50)}.far.example.org`,
    rcode: Rcode.YXDOMAIN,
    answer: [`far.example.org. 300 DNAME ${long}.example.com.`],
  },
  {
    rule: '§2.2: one octet less is not too long',
    name: `${'y'.repeat(49)}.far.example.org`,
    rcode: Rcode.NXDOMAIN,
    answer: [
      `far.example.org. 300 DNAME ${long}.example.com.`,
      `${'y'.repeat(49)}.far.example.org. 300 CNAME ${'y'.repeat(49)}.${long}.example.com.`,
    ],
    authority: [COM_SOA],
  },
  {
    rule: '§2.3: at the apex, whose own records stay',
    name: 'apex.example',
    type: 'MX',
    answer: ['apex.example. 300 MX 10 mx.example.net.'],
  },
  {
    rule: '§2.3: at the apex',
    name: 'target.apex.example',
    answer: [
      'apex.example. 300 DNAME example.com.',
      'target.apex.example. 300 CNAME target.example.com.',
      'target.example.com. 60 A 192.0.2.11',
    ],
  },
  {
    rule: 'RFC 1034 §4.3.2 2: a zone of ours below it answers itself',
    name: 'www.below.d.example.org',
    answer: ['www.below.d.example.org. 60 A 192.0.2.12'],
  },
  {
    rule: 'ANY below it',
    name: 'target.apex.example',
    type: 'ANY',
    answer: [
      'apex.example. 300 DNAME example.com.',
      'target.apex.example. 300 CNAME target.example.com.',
      'target.example.com. 60 A 192.0.2.11',
    ],
  },
];

describe('DNAME (RFC 6672)', () => {
  test.each(rows)('$rule', ({ name, type = 'A', ...expected }) => {
    const { rcode = Rcode.NOERROR, aa = true, answer = [], authority = [], additional = [] } = expected;
    const message = ask({ name, type }, Transport.TCP);
    expect(message).toMatchObject({ rcode, aa, tc: false });
    expect(lines(message.answer)).toEqual(answer);
    expect(lines(message.authority)).toEqual(authority);
    expect(lines(message.additional)).toEqual(additional);
  });

  test(`a DNAME to a name below itself ends after ${CNAME_CHAIN_MAX} aliases`, () => {
    const { answer, rcode } = ask({ name: 'a.grow.example.org' }, Transport.TCP);
    expect(rcode).toBe(Rcode.NOERROR);
    expect(answer).toHaveLength(1 + CNAME_CHAIN_MAX);
    expect(new Set(lines(answer)).size).toBe(answer.length);
  });

  test('what does not fit sets TC, and what is there is right', () => {
    const way = Array.from(
      { length: CNAME_CHAIN_MAX },
      (_, i) => `r${i} 60 DNAME ${'z'.repeat(20)}.r${i + 1}.example.org`,
    );
    const { ask } = answering(authorityOf([zoneFile('example.org', way.join('\n'))]));
    for (const octets of [1, 10, 20, 30, 40]) {
      const name = `${'a'.repeat(octets)}.r0.example.org`;
      const whole = lines(ask({ name }, Transport.TCP).answer);
      const cut = ask({ name });
      expect(cut.tc).toBe(true);
      expect(cut.answer.length).toBeGreaterThan(0);
      expect(lines(cut.answer)).toEqual(whole.slice(0, cut.answer.length));
    }
  });
});
