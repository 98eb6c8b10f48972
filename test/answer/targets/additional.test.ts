import { describe, expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { TARGETS_MAX } from '../../../src/answer/targets/additional.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import type { Type } from '../../../src/dns/type.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf, lines } from '../answering.ts';
import { queryPacket } from '../query-packet.ts';
import { EVERY_KIND, STEERED_BY } from '../steering/every-kind.ts';
import { steeredZone } from '../steering/steering-table.ts';

const member = (address: string, weight = 100) => ({ address, weight });
const POOLS = new Map([
  ['web', [member('192.0.2.77'), member('2001:db8::77')]],
  ['empty', []],
  ['pick', [member('192.0.2.81', 1), member('192.0.2.82', 2)]],
]);
const org = zoneFile(
  'example.org',
  `@          3600 NS    ns1.example.org
   @          3600 NS    ns.cut.example.org
   @          3600 NS    web.pools.example.org
   ns1        3600 A     192.0.2.53
   mail        300 MX    10 Mx1.example.org
   mail        300 MX    20 mx2.example.com
   mail        300 MX    30 mx.example.net
   mx1         600 A     192.0.2.1
   mx1         600 A     192.0.2.2
   mx1         600 AAAA  2001:db8::1
   nomail      300 MX    0 .
   same        300 MX    10 mx1.example.org
   same        300 MX    20 MX1.example.org
   alias       300 MX    10 toalias.example.org
   toalias     300 CNAME mx1.example.org
   below       300 MX    10 x.cut.example.org
   renamed     300 MX    10 mx1.moved.example.org
   moved       300 DNAME example.org
   wild        300 MX    10 any.w.example.org
   *.w         300 A     192.0.2.9
   missing     300 MX    10 none.example.org
   _s._tcp     300 SRV   1 1 443 web.pools.example.org
   _e._tcp     300 SRV   1 1 443 empty.pools.example.org
   _p._tcp     300 SRV   1 1 443 pick.pools.example.org
   _n._tcp     300 SRV   0 0 0 .
   chain       300 CNAME mail.example.org
   svc         300 HTTPS 1 .
   svc         300 A     192.0.2.30
   *.svcs      300 HTTPS 1 .
   *.svcs      300 A     192.0.2.31
   to          300 HTTPS 1 web.pools.example.org
   ali         300 HTTPS 0 svc.example.org
   ali2        300 HTTPS 0 ali.example.org
   self        300 HTTPS 0 self.example.org
   self        300 A     192.0.2.32
   ring        300 SVCB  0 ring2.example.org
   ring2       300 SVCB  0 ring.example.org
   ring2       300 A     192.0.2.33
   gone        300 HTTPS 0 .
   cut        3600 NS    ns.cut.example.org
   ns.cut     3600 A     192.0.2.4`,
  { pools: 'pools' },
);
const com = zoneFile(
  'example.com',
  'mx2 60 AAAA 2001:db8::2\n_http._tcp 60 SRV 1 1 80 web.pools.example.org',
);
const { ask, setPools } = answering(authorityOf([org, com], POOLS));

type Row = readonly [
  rule: string,
  name: string,
  type: keyof typeof Type,
  additional: readonly string[],
  answers?: number,
];
const rows: readonly Row[] = [
  [
    'RFC 1035 §3.3.9: MX, from this zone and another of ours',
    'mail',
    'MX',
    [
      'Mx1.example.org. 600 A 192.0.2.1',
      'Mx1.example.org. 600 A 192.0.2.2',
      'Mx1.example.org. 600 AAAA 2001:db8::1',
      'mx2.example.com. 60 AAAA 2001:db8::2',
    ],
    3,
  ],
  ['RFC 7505 §3: a null MX has no target', 'nomail', 'MX', []],
  [
    'RFC 2181 §5: a target that is there twice has its addresses once',
    'same',
    'MX',
    [
      'mx1.example.org. 600 A 192.0.2.1',
      'mx1.example.org. 600 A 192.0.2.2',
      'mx1.example.org. 600 AAAA 2001:db8::1',
    ],
    2,
  ],
  ['RFC 2181 §10.3: an alias is not followed', 'alias', 'MX', []],
  ['RFC 2181 §5.4.1: what is delegated is not ours', 'below', 'MX', []],
  ['RFC 6672: below a DNAME an alias is not followed', 'renamed', 'MX', []],
  ['RFC 4592 §3.3.1: a wildcard', 'wild', 'MX', ['any.w.example.org. 300 A 192.0.2.9']],
  ['a target that does not exist', 'missing', 'MX', []],
  [
    'RFC 2782: SRV to a pool',
    '_s._tcp',
    'SRV',
    ['web.pools.example.org. 30 A 192.0.2.77', 'web.pools.example.org. 30 AAAA 2001:db8::77'],
  ],
  ['a pool without healthy members', '_e._tcp', 'SRV', []],
  ['RFC 2782: the root as a target says that there is no service', '_n._tcp', 'SRV', []],
  [
    'behind an alias',
    'chain',
    'MX',
    [
      'Mx1.example.org. 600 A 192.0.2.1',
      'Mx1.example.org. 600 A 192.0.2.2',
      'Mx1.example.org. 600 AAAA 2001:db8::1',
      'mx2.example.com. 60 AAAA 2001:db8::2',
    ],
    4,
  ],
  [
    'RFC 9460 §2.5: the root is the owner of a service',
    'svc',
    'HTTPS',
    ['svc.example.org. 300 A 192.0.2.30'],
  ],
  ['the owner that a wildcard makes', 'X.svcs', 'HTTPS', ['X.svcs.example.org. 300 A 192.0.2.31']],
  [
    'RFC 9460 §4.1: HTTPS to a pool',
    'to',
    'HTTPS',
    ['web.pools.example.org. 30 A 192.0.2.77', 'web.pools.example.org. 30 AAAA 2001:db8::77'],
  ],
  [
    'RFC 9460 §4.1: an alias has the records that it leads to as well',
    'ali',
    'HTTPS',
    ['svc.example.org. 300 HTTPS 1 .', 'svc.example.org. 300 A 192.0.2.30'],
  ],
  [
    'over two aliases',
    'ali2',
    'HTTPS',
    [
      'ali.example.org. 300 HTTPS 0 svc.example.org.',
      'svc.example.org. 300 HTTPS 1 .',
      'svc.example.org. 300 A 192.0.2.30',
    ],
  ],
  ['RFC 2181 §5: an alias to itself', 'self', 'HTTPS', ['self.example.org. 300 A 192.0.2.32']],
  [
    'RFC 2181 §5: a ring of aliases',
    'ring',
    'SVCB',
    ['ring2.example.org. 300 SVCB 0 ring.example.org.', 'ring2.example.org. 300 A 192.0.2.33'],
  ],
  ['RFC 9460 §2.5.1: an alias to the root says that there is no service', 'gone', 'HTTPS', []],
  [
    'RFC 1035 §3.3.11: NS at the apex, also a pool; what is below a cut is glue of its referral',
    '@',
    'NS',
    [
      'ns1.example.org. 3600 A 192.0.2.53',
      'web.pools.example.org. 30 A 192.0.2.77',
      'web.pools.example.org. 30 AAAA 2001:db8::77',
    ],
    3,
  ],
  ['RFC 8482 §4: ANY is answered with as little as can be', 'mail', 'ANY', [], 3],
];

const full = (name: string) => (name === '@' ? 'example.org' : `${name}.example.org`);

describe('additional records', () => {
  const cases = rows.map(([rule, name, type, additional, answers = 1]) => ({
    ...{ rule, name, type, additional, answers },
  }));
  test.each(cases)('$rule', ({ name, type, additional, answers }) => {
    const message = ask({ name: full(name), type });
    expect(message).toMatchObject({ rcode: Rcode.NOERROR, aa: true, tc: false, authority: [] });
    expect(message.answer).toHaveLength(answers);
    expect(lines(message.additional).toSorted()).toEqual(additional.toSorted());
  });

  test('of a pool with weights have one address, as its answers have', () => {
    const found = Array.from({ length: 60 }, () =>
      lines(ask({ name: full('_p._tcp'), type: 'SRV' }).additional),
    );
    expect(new Set(found.map(({ length }) => length))).toEqual(new Set([1]));
    expect(new Set(found.flat()).size).toBe(2);
  });

  test('begin with each address equally often', () => {
    const firsts = Array.from(
      { length: 60 },
      () => lines(ask({ name: full('same'), type: 'MX' }).additional)[0],
    );
    expect(new Set(firsts).size).toBe(2);
  });

  test('follow the pool at once', () => {
    setPools(new Map([...POOLS, ['web', [member('192.0.2.78')]]]));
    const changed = ask({ name: '_http._tcp.example.com', type: 'SRV' });
    setPools(POOLS);
    const back = ask({ name: '_http._tcp.example.com', type: 'SRV' });
    expect(lines(changed.additional)).toEqual(['web.pools.example.org. 30 A 192.0.2.78']);
    expect(back.additional).toHaveLength(2);
  });

  test('are left out by whole sets where they do not fit, without TC (RFC 2181 §9)', () => {
    const members = Array.from({ length: 60 }, (_, i) => member(`192.0.2.${i}`));
    const { ask } = answering(authorityOf([org], new Map([['web', [...members, member('2001:db8::77')]]])));
    const spec = { name: full('_s._tcp'), type: 'SRV' } as const;
    const small = ask(spec);
    expect(small.tc).toBe(false);
    expect(lines(small.additional)).toEqual(['web.pools.example.org. 30 AAAA 2001:db8::77']);
    expect(ask(spec, Transport.TCP).additional).toHaveLength(61);
  });

  test('are none where the answer itself is cut', () => {
    const many = Array.from({ length: 20 }, (_, i) => `m 60 MX ${i} ${'x'.repeat(60)}${i}.example.org`);
    const { ask } = answering(authorityOf([zoneFile('example.org', `${many.join('\n')}\nx 60 A 192.0.2.1`)]));
    expect(ask({ name: 'm.example.org', type: 'MX' })).toMatchObject({
      tc: true,
      answer: [],
      additional: [],
    });
  });

  test.each([TARGETS_MAX, TARGETS_MAX + 1])(`are those of ${TARGETS_MAX} of %i targets`, (targets) => {
    const records = Array.from(
      { length: targets },
      (_, i) => `m 60 MX ${i} t${i}.example.org\nt${i} 60 A 192.0.2.${i}`,
    );
    const { ask } = answering(authorityOf([zoneFile('example.org', records.join('\n'))]));
    const { additional } = ask({ name: 'm.example.org', type: 'MX' }, Transport.TCP);
    expect(additional).toHaveLength(TARGETS_MAX);
  });

  test('are none for rdata without a whole name', () => {
    const zone = zoneFile('example.org', 'm 60 MX 1 t.example.org\nt 60 A 192.0.2.1');
    const broken = [[0, 1, 63, 116], [0, 1], [0]].map((octets) => Uint8Array.from(octets));
    for (const rdata of broken) {
      const rrsets = zone.rrsets.map((set) => (set.type === 15 ? { ...set, rdata: [rdata] } : set));
      const { send } = answering(authorityOf([{ ...zone, rrsets }]));
      const reply = send(queryPacket({ name: 'm.example.org', type: 'MX' }))!;
      // The counts of the header: one answer, nothing else.
      expect([...reply.subarray(6, 12)]).toEqual([0, 1, 0, 0, 0, 0]);
    }
  });

  test('of a load balancer are what it chooses for the client, and the scope says so (RFC 7871 §7.2.1)', () => {
    const zone = steeredZone(
      EVERY_KIND,
      zoneFile(
        'example.org',
        '_s._tcp 60 SRV 1 1 443 hash.example.org\n_n._tcp 60 SRV 1 1 443 nodata.example.org',
      ),
    );
    const { ask } = answering(authorityOf([zone]), 1, undefined, { steeredBy: STEERED_BY });
    const opts = [{ options: [{ code: 8, data: '000118000a0102' }] }];
    const direct = ask({ name: 'hash.example.org', opts });
    const beside = ask({ name: '_s._tcp.example.org', type: 'SRV', opts });
    expect(lines(beside.additional)).toEqual(expect.arrayContaining(lines(direct.answer)));
    expect(beside.opt?.options).toEqual(direct.opt?.options);
    expect(beside.opt?.options[0]?.data).toBe('000118180a0102');
    const nothing = ask({ name: '_n._tcp.example.org', type: 'SRV' });
    expect(nothing).toMatchObject({ authority: [], additional: [] });
  });
});
