import { describe, expect, test } from 'vitest';
import { Rcode } from '../../../src/dns/rcode.ts';
import { CNAME_CHAIN_MAX } from '../../../src/dns/rrset.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf, lines } from '../answering.ts';

const links = Array.from(
  { length: CNAME_CHAIN_MAX + 1 },
  (_, i) => `c${i} 60 CNAME ${i === CNAME_CHAIN_MAX ? 'end' : `c${i + 1}`}.chain.example.org`,
);
const { ask } = answering(
  authorityOf(
    [
      zoneFile(
        'example.org',
        `www      300 CNAME web.example.com
         in       300 CNAME host.example.org
         host      60 A     192.0.2.1
         nodata   300 CNAME mx.example.org
         mx        60 MX    10 host.example.org
         missing  300 CNAME gone.example.org
         out      300 CNAME www.example.net
         down     300 CNAME a.cut.example.org
         cut     3600 NS    ns.cut.example.org
         ns.cut  3600 A     192.0.2.4
         self     300 CNAME self.example.org
         loop1    300 CNAME loop2.example.org
         loop2    300 CNAME loop1.example.org
         into     300 CNAME loop1.example.org
         *.star   300 CNAME *.star.example.org
         *.below  300 CNAME b.below.example.org
         here     300 CNAME there.example.com
         *.any    300 CNAME host.example.org
         towild   300 CNAME Deep.Name.any.example.org
         pooled    60 CNAME web.pools.example.com
         ds       300 CNAME sub.example.org
         cutds    300 CNAME cut.example.org`,
      ),
      zoneFile('chain.example.org', `${links.join('\n')}\nend 60 A 192.0.2.9`),
      zoneFile('sub.example.org', '@ 60 A 192.0.2.8'),
      zoneFile(
        'example.com',
        `web    60 CNAME host.example.com
         host   60 AAAA  2001:db8::1
         there 300 CNAME here.example.org`,
        { pools: 'pools' },
      ),
    ],
    new Map([['web', [{ address: '192.0.2.77', weight: 100 }]]]),
  ),
);
const orgSoa = 'example.org. 10 SOA ns.example.org. host.example.org. 7 3600 600 86400 10';
const comSoa = 'example.com. 10 SOA ns.example.com. host.example.com. 7 3600 600 86400 10';

describe('CNAME (RFC 1034 §3.6.2, §4.3.2 3a)', () => {
  test.each([
    {
      rule: 'within the zone',
      name: 'in.example.org',
      answer: ['in.example.org. 300 CNAME host.example.org.', 'host.example.org. 60 A 192.0.2.1'],
    },
    {
      rule: 'the CNAME itself is asked for',
      name: 'in.example.org',
      type: 'CNAME',
      answer: ['in.example.org. 300 CNAME host.example.org.'],
    },
    {
      rule: 'ANY does not follow',
      name: 'in.example.org',
      type: 'ANY',
      answer: ['in.example.org. 300 CNAME host.example.org.'],
    },
    {
      rule: 'through another of our zones, in two steps',
      name: 'www.example.org',
      type: 'AAAA',
      answer: [
        'www.example.org. 300 CNAME web.example.com.',
        'web.example.com. 60 CNAME host.example.com.',
        'host.example.com. 60 AAAA 2001:db8::1',
      ],
    },
    {
      rule: 'RFC 2308 §2.2: NODATA at the end, by the zone of the last name',
      name: 'www.example.org',
      answer: ['www.example.org. 300 CNAME web.example.com.', 'web.example.com. 60 CNAME host.example.com.'],
      authority: [comSoa],
    },
    {
      rule: 'RFC 2308 §2.2: NODATA in the same zone',
      name: 'nodata.example.org',
      answer: ['nodata.example.org. 300 CNAME mx.example.org.'],
      authority: [orgSoa],
    },
    {
      rule: 'RFC 6604 §3: the rcode is that of the last name',
      name: 'missing.example.org',
      rcode: Rcode.NXDOMAIN,
      answer: ['missing.example.org. 300 CNAME gone.example.org.'],
      authority: [orgSoa],
    },
    {
      rule: 'RFC 1034 §4.3.2: out of our zones the resolver goes on',
      name: 'out.example.org',
      answer: ['out.example.org. 300 CNAME www.example.net.'],
    },
    {
      rule: 'RFC 1035 §4.1.1: AA is about the first owner name, the referral about the last',
      name: 'down.example.org',
      answer: ['down.example.org. 300 CNAME a.cut.example.org.'],
      authority: ['cut.example.org. 3600 NS ns.cut.example.org.'],
      additional: ['ns.cut.example.org. 3600 A 192.0.2.4'],
    },
    {
      rule: 'RFC 4592 §3.3.3: synthesized',
      name: 'X.any.example.org',
      answer: ['X.any.example.org. 300 CNAME host.example.org.', 'host.example.org. 60 A 192.0.2.1'],
    },
    {
      rule: 'RFC 4592 §3.3.3: to a synthesized one',
      name: 'towild.example.org',
      answer: [
        'towild.example.org. 300 CNAME Deep.Name.any.example.org.',
        'Deep.Name.any.example.org. 300 CNAME host.example.org.',
        'host.example.org. 60 A 192.0.2.1',
      ],
    },
    {
      rule: 'to a pool',
      name: 'pooled.example.org',
      answer: [
        'pooled.example.org. 60 CNAME web.pools.example.com.',
        'web.pools.example.com. 30 A 192.0.2.77',
      ],
    },
    {
      rule: 'RFC 4035 §3.1.4.1: DS at an apex, at the end of a chain',
      name: 'ds.example.org',
      type: 'DS',
      answer: ['ds.example.org. 300 CNAME sub.example.org.'],
      authority: [orgSoa],
    },
    {
      rule: 'RFC 4035 §3.1.4.1: DS at a cut, at the end of a chain',
      name: 'cutds.example.org',
      type: 'DS',
      answer: ['cutds.example.org. 300 CNAME cut.example.org.'],
      authority: [orgSoa],
    },
  ] as const)('$rule', ({ name, ...expected }) => {
    const {
      type = 'A',
      rcode = Rcode.NOERROR,
      answer,
      authority = [],
      additional = [],
    } = {
      type: undefined,
      rcode: undefined,
      authority: undefined,
      additional: undefined,
      ...expected,
    };
    const message = ask({ name, type });
    expect(message).toMatchObject({ rcode, aa: true, tc: false });
    expect(lines(message.answer)).toEqual(answer);
    expect(lines(message.authority)).toEqual(authority);
    expect(lines(message.additional)).toEqual(additional);
  });

  test.each([
    { loop: 'of one step', name: 'self', answer: ['self CNAME self'] },
    { loop: 'asked in another case', name: 'SELF', answer: ['SELF CNAME self'] },
    { loop: 'of two steps', name: 'loop1', answer: ['loop1 CNAME loop2', 'loop2 CNAME loop1'] },
    { loop: 'begun at its other end', name: 'loop2', answer: ['loop2 CNAME loop1', 'loop1 CNAME loop2'] },
    {
      loop: 'that another alias leads into',
      name: 'into',
      answer: ['into CNAME loop1', 'loop1 CNAME loop2', 'loop2 CNAME loop1'],
    },
    {
      loop: 'of a wildcard that leads to itself (RFC 4592 §3.3.3)',
      name: 'a.star',
      answer: ['a.star CNAME *.star', '*.star CNAME *.star'],
    },
    { loop: 'of that wildcard, by its own name', name: '*.star', answer: ['*.star CNAME *.star'] },
    {
      loop: 'of a wildcard that leads below itself',
      name: 'a.below',
      answer: ['a.below CNAME b.below', 'b.below CNAME b.below'],
    },
    { loop: 'over two zones', name: 'here', answer: ['here CNAME there.com', 'there.com CNAME here'] },
  ])('RFC 2181 §5: a loop $loop has each record once', ({ name, answer }) => {
    const full = (text: string) =>
      text.endsWith('.com') ? text.replace('.com', '.example.com.') : `${text}.example.org.`;
    for (const type of ['A', 'AAAA', 'TXT'] as const) {
      const message = ask({ name: full(name), type });
      expect(message).toMatchObject({ rcode: Rcode.NOERROR, aa: true, tc: false, authority: [] });
      expect(lines(message.answer)).toEqual(
        answer.map((line) => {
          const [owner, target] = line.split(' CNAME ');
          return `${full(owner!)} 300 CNAME ${full(target!)}`;
        }),
      );
    }
  });

  test(`a loop of more than ${CNAME_CHAIN_MAX} aliases ends where a chain ends`, () => {
    const ring = Array.from({ length: 12 }, (_, i) => `r${i} 60 CNAME r${(i + 1) % 12}.example.org`);
    const { ask } = answering(authorityOf([zoneFile('example.org', ring.join('\n'))]));
    const answer = lines(ask({ name: 'r3.example.org' }).answer);
    expect(new Set(answer).size).toBe(CNAME_CHAIN_MAX);
    expect(answer).toHaveLength(CNAME_CHAIN_MAX);
  });

  test(`${CNAME_CHAIN_MAX} aliases are followed to the end`, () => {
    const answer = lines(ask({ name: 'c1.chain.example.org' }).answer);
    expect(answer).toHaveLength(CNAME_CHAIN_MAX + 1);
    expect(answer.at(-1)).toBe('end.chain.example.org. 60 A 192.0.2.9');
  });

  test('one alias more is left to the resolver', () => {
    const answer = lines(ask({ name: 'c0.chain.example.org' }).answer);
    expect(answer).toHaveLength(CNAME_CHAIN_MAX);
    expect(answer.at(-1)).toBe(
      `c${CNAME_CHAIN_MAX - 1}.chain.example.org. 60 CNAME c${CNAME_CHAIN_MAX}.chain.example.org.`,
    );
  });

  test('all compression pointers are right in the longest chain of the longest names', () => {
    const label = 'x'.repeat(63);
    const long = (i: number) => `${String(i).padStart(49, 'y')}.${label}.${label}.${label}.example.org`;
    const chain = Array.from({ length: CNAME_CHAIN_MAX }, (_, i) => `${long(i)}. 60 CNAME ${long(i + 1)}`);
    const { ask } = answering(
      authorityOf([
        zoneFile('example.org', [...chain, `${long(CNAME_CHAIN_MAX)}. 60 A 192.0.2.1`].join('\n')),
      ]),
    );
    const { answer, tc } = ask({ name: long(0) }, 1);
    expect(tc).toBe(false);
    expect(answer.map(({ name }) => name)).toEqual(
      Array.from({ length: CNAME_CHAIN_MAX + 1 }, (_, i) => `${long(i)}.`),
    );
    const cut = ask({ name: long(0) });
    expect(cut.tc).toBe(true);
    expect(lines(cut.answer)).toEqual(lines(answer).slice(0, cut.answer.length));
  });
});
