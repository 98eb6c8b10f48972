/** Records at and below the names of pools: what is no address of a pool is answered from records. */
import { describe, expect, test } from 'vitest';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf, lines } from '../answering.ts';
import type { QuerySpec } from '../query-packet.ts';

type Asked = NonNullable<QuerySpec['type']>;

const zone = zoneFile(
  'example.org',
  `web.pools                   60 TXT   own
   web.pools                   60 CAA   0 issue "ca.example.net"
   _acme-challenge.web.pools   60 TXT   token
   _acme-challenge.empty.pools 60 CNAME elsewhere.example.net
   _acme-challenge.none.pools  60 TXT   token
   *.web.pools                 60 A     192.0.2.99
   alias                       60 CNAME web.pools.example.org`,
  { pools: 'pools' },
);
const web = [{ address: '192.0.2.1', weight: 100 }];
const other = zoneFile('example.com', '', { pools: 'pools' });
const { ask, setPools } = answering(
  authorityOf(
    [zone, other],
    new Map([
      ['web', web],
      ['empty', []],
      ['plain', web],
    ]),
  ),
);

describe('with pools web, empty (without members) and plain', () => {
  test.each<{ name: string; type: Asked; rcode?: number; answer: string[] }>([
    { name: 'web.pools.example.org', type: 'A', answer: ['192.0.2.1'] },
    { name: 'WEB.Pools.example.org', type: 'A', answer: ['192.0.2.1'] },
    { name: 'web.pools.example.org', type: 'TXT', answer: ['own'] },
    { name: 'web.pools.example.org', type: 'CAA', answer: ['CAA'] },
    // RFC 8482 §4.1: one set is enough.
    { name: 'web.pools.example.org', type: 'ANY', answer: ['own'] },
    { name: 'web.pools.example.org', type: 'AAAA', answer: [] },
    { name: 'web.pools.example.org', type: 'MX', answer: [] },
    { name: 'web.pools.example.com', type: 'A', answer: ['192.0.2.1'] },
    { name: 'web.pools.example.com', type: 'TXT', answer: [] },
    { name: 'alias.example.org', type: 'A', answer: ['web.pools.example.org', '192.0.2.1'] },
    { name: 'alias.example.org', type: 'TXT', answer: ['web.pools.example.org', 'own'] },
    { name: '_acme-challenge.web.pools.example.org', type: 'TXT', answer: ['token'] },
    { name: '_acme-challenge.web.pools.example.org', type: 'A', answer: [] },
    { name: '_acme-challenge.empty.pools.example.org', type: 'TXT', answer: ['elsewhere.example.net'] },
    { name: 'empty.pools.example.org', type: 'A', answer: [] },
    { name: 'x.web.pools.example.org', type: 'A', answer: ['192.0.2.99'] },
    { name: 'x.empty.pools.example.org', type: 'A', rcode: 3, answer: [] },
    { name: 'x.plain.pools.example.org', type: 'A', rcode: 3, answer: [] },
    // An empty non-terminal, whether or not there is a pool (RFC 4592 §2.2.2).
    { name: 'none.pools.example.org', type: 'A', answer: [] },
    { name: '_acme-challenge.none.pools.example.org', type: 'TXT', answer: ['token'] },
  ])('$name $type: $answer', ({ name, type, rcode = 0, answer }) => {
    const message = ask({ name, type });
    expect(message.rcode).toBe(rcode);
    const found = lines(message.answer);
    expect(found).toHaveLength(answer.length);
    for (const [i, text] of answer.entries()) expect(found[i]).toContain(text);
    expect(message.authority.map(({ line }) => line)).toEqual(
      answer.length === 0 ? [expect.stringContaining('SOA')] : [],
    );
  });
});

test('a pool that goes leaves its records, and one that comes answers beside them', () => {
  const at = (type: Asked) => lines(ask({ name: 'web.pools.example.org', type }).answer).length;
  setPools(new Map());
  expect([at('A'), at('TXT'), at('ANY')]).toEqual([0, 1, 1]);
  setPools(new Map([['web', web]]));
  expect([at('A'), at('TXT'), at('ANY')]).toEqual([1, 1, 1]);
});
