/** CNAMEs that are answered with the addresses of their target: at the apex of zones, and where a record says so. */

import { describe, expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { CNAME_CHAIN_MAX } from '../../../src/dns/rrset.ts';
import { FLATTENED_CNAME, Type } from '../../../src/dns/type.ts';
import type { Zone } from '../../../src/zone/zone.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf, lines } from '../answering.ts';

/** A zone all of whose CNAMEs but those named `alias…` are flattened. */
function zone(apex: string, text: string, pools?: string): Zone {
  const { rrsets, ...rest } = zoneFile(apex, text, pools === undefined ? {} : { pools });
  const isAlias = (owner: Uint8Array) => Buffer.from(owner.subarray(1, 6)).toString() === 'alias';
  return {
    ...rest,
    rrsets: rrsets.map((set) =>
      set.type === Type.CNAME && !isAlias(set.owner) ? { ...set, type: FLATTENED_CNAME } : set,
    ),
  };
}

const NS = '@ 3600 NS ns.example.net\n';
const CHAIN = Array.from(
  { length: CNAME_CHAIN_MAX + 1 },
  (_, i) => `alias${i} 60 CNAME alias${i + 1}.example.org`,
);
const { ask, setPools } = answering(
  authorityOf(
    [
      zone(
        'example.org',
        `${NS}@ 300 CNAME web.pools.example.org
         @ 300 MX 10 example.org
         @ 300 HTTPS 1 . ipv4hint=auto
         www 60 A 192.0.2.1
         sub.deep 40 CNAME www.example.org
         *.wild 40 CNAME www.example.org
         out 40 CNAME www.example.net
         none 40 CNAME no.example.org
         loop 40 CNAME alias-loop.example.org
         alias-loop 40 CNAME loop.example.org
         to-alias 300 CNAME alias-www.example.org
         alias-www 20 CNAME www.example.org
         to-flat 40 CNAME example.com
         longest 60 CNAME alias2.example.org
         longer 60 CNAME alias1.example.org
         ${CHAIN.join('\n')}
         alias${CNAME_CHAIN_MAX + 1} 60 CNAME www.example.org
         dn 60 DNAME example.org
         below 60 CNAME www.dn.example.org
         cut 60 NS ns.cut.example.org
         ns.cut 60 A 192.0.2.5
         in-cut 60 CNAME ns.cut.example.org`,
        'pools',
      ),
      zone('example.com', `${NS}@ 300 CNAME example.org\n alias-apex 300 CNAME example.com`),
      zone('many.example', `${NS}@ 300 CNAME host.many.example\n${manyAddresses(40)}`),
    ],
    new Map([['web', [member('192.0.2.77'), member('2001:db8::77')]]]),
  ),
);

function member(address: string) {
  return { address, weight: 100 };
}

function manyAddresses(count: number): string {
  return Array.from({ length: count }, (_, i) => `host 60 AAAA 2001:db8::${(i + 1).toString(16)}`).join('\n');
}

const SOA = 'example.org. 10 SOA ns.example.org. host.example.org. 7 3600 600 86400 10';
type Row = {
  readonly rule: string;
  readonly name: string;
  readonly type?: keyof typeof Type;
  readonly answer?: string[];
};
const rows: Row[] = [
  { rule: 'a pool, with its TTL', name: 'example.org', answer: ['example.org. 30 A 192.0.2.77'] },
  {
    rule: 'the other family',
    name: 'example.org',
    type: 'AAAA',
    answer: ['example.org. 30 AAAA 2001:db8::77'],
  },
  { rule: 'it is no CNAME for others', name: 'example.org', type: 'CNAME' },
  { rule: 'nor for other types', name: 'example.org', type: 'TXT' },
  { rule: 'over the apex of another zone', name: 'example.com', answer: ['example.com. 30 A 192.0.2.77'] },
  {
    rule: 'behind an alias',
    name: 'alias-apex.example.com',
    answer: ['alias-apex.example.com. 300 CNAME example.com.', 'example.com. 30 A 192.0.2.77'],
  },
  {
    rule: 'below the apex, with the shorter TTL',
    name: 'sub.deep.example.org',
    answer: ['sub.deep.example.org. 40 A 192.0.2.1'],
  },
  {
    rule: 'RFC 8482: ANY',
    name: 'sub.deep.example.org',
    type: 'ANY',
    answer: ['sub.deep.example.org. 40 A 192.0.2.1'],
  },
  {
    rule: 'RFC 4592 §3.3.1: a wildcard',
    name: 'a.wild.example.org',
    answer: ['a.wild.example.org. 40 A 192.0.2.1'],
  },
  {
    rule: 'over an alias that lasts shorter',
    name: 'to-alias.example.org',
    answer: ['to-alias.example.org. 20 A 192.0.2.1'],
  },
  { rule: 'to another one', name: 'to-flat.example.org', answer: ['to-flat.example.org. 30 A 192.0.2.77'] },
  { rule: 'to a name elsewhere', name: 'out.example.org' },
  { rule: 'to a name that does not exist', name: 'none.example.org' },
  { rule: 'a loop', name: 'loop.example.org' },
  { rule: 'to a name below a DNAME', name: 'below.example.org' },
  { rule: 'to a name below a zone cut', name: 'in-cut.example.org' },
  {
    rule: `over ${CNAME_CHAIN_MAX} further aliases`,
    name: 'longest.example.org',
    answer: ['longest.example.org. 60 A 192.0.2.1'],
  },
  { rule: 'over one more', name: 'longer.example.org' },
];

describe('a flattened alias answers with the addresses of its target', () => {
  test.each(rows)('$rule: $name $type', ({ name, type = 'A', answer }) => {
    const message = ask({ name, type });
    expect(message).toMatchObject({ rcode: 0, aa: true, tc: false });
    expect(lines(message.answer)).toEqual(answer ?? []);
    expect(lines(message.authority)).toEqual(answer === undefined ? [SOA] : []);
  });

  test('its owner is written as it was asked', () => {
    expect(ask({ name: 'ExAmPlE.oRg', type: 'A' }).answer[0]!.name).toBe('ExAmPlE.oRg.');
  });

  test('as addresses beside MX, and as hints of HTTPS', () => {
    const beside = ['example.org. 30 A 192.0.2.77', 'example.org. 30 AAAA 2001:db8::77'];
    expect(lines(ask({ name: 'example.org', type: 'MX' }).additional)).toEqual(beside);
    const [https] = ask({ name: 'example.org', type: 'HTTPS' }).answer;
    expect([https!.ttlSeconds, https!.rdata.endsWith('0004' + '0004' + 'c000024d')]).toEqual([30, true]);
  });

  test('TC where they do not fit (RFC 2181 §9)', () => {
    const question = { name: 'many.example', type: 'AAAA' } as const;
    expect(ask(question)).toMatchObject({ tc: true, answer: [], authority: [] });
    expect(ask(question, Transport.TCP).answer).toHaveLength(40);
  });

  test('nothing where the pool has no members, and the next ones when they come', () => {
    setPools(new Map([['web', []]]));
    expect(lines(ask({ name: 'example.org', type: 'A' }).authority)).toEqual([SOA]);
    setPools(new Map([['web', [member('192.0.2.78')]]]));
    expect(lines(ask({ name: 'example.org', type: 'A' }).answer)).toEqual(['example.org. 30 A 192.0.2.78']);
  });
});
