import { describe, expect, test } from 'vitest';
import { formatName, parseName } from '../../src/dns/name.ts';
import { Type } from '../../src/dns/type.ts';
import type { Authority } from '../../src/zone/authority.ts';
import { lookup } from '../../src/zone/lookup.ts';
import { zoneFile } from './zone-file.ts';

const authority: Authority = {
  serial: 9,
  zones: [
    zoneFile(
      'example.org',
      `@        60 NS    ns.example.com
       www      60 A     192.0.2.1
       a.ent    60 A     192.0.2.2
       *.wild   60 A     192.0.2.3
       alias    60 CNAME www.example.org
       out      60 CNAME www.example.net
       loop     60 CNAME loop.example.org
       tocut    60 CNAME a.cut.example.org
       cut      60 NS    ns.cut.example.org
       ns.cut   60 A     192.0.2.4`,
      { pools: 'pools' },
    ),
    zoneFile('sub.below.example.org', '@ 60 NS ns.example.com'),
  ],
  pools: new Map([
    ['web', [{ address: '192.0.2.7', weight: 100 }]],
    ['empty', []],
  ]),
};

/** What a lookup found, in short: its kind, the owners of what it returns, and the zone of the SOA. */
function found(name: string, type: number): string {
  const result = lookup(authority, parseName(name), type);
  const owners = (sets: readonly { owner: Uint8Array; type: number }[]) =>
    sets.map((set) => `${formatName(set.owner)}/${set.type}`);
  switch (result.kind) {
    case 'answer':
      return ['answer', ...owners(result.rrsets)].join(' ');
    case 'referral':
      return ['referral', ...owners([...result.chain, result.ns, ...result.glue])].join(' ');
    case 'nodata':
    case 'nxdomain':
      return [result.kind, ...owners([...result.chain, result.soa])].join(' ');
    case 'steered':
      return ['steered', ...owners([...result.chain, result.soa])].join(' ');
    case 'unread':
    case 'yxdomain':
    case 'refused':
      return result.kind;
  }
}

describe('lookup', () => {
  test.each([
    { ask: 'www.example.org', found: 'answer www.example.org./1', rule: 'RFC 1034 §4.3.2 3a' },
    { ask: 'www.example.org', type: Type.TXT, found: 'nodata example.org./6', rule: 'RFC 2308 §2.2' },
    { ask: 'none.example.org', found: 'nxdomain example.org./6', rule: 'RFC 2308 §2.1' },
    { ask: 'ent.example.org', found: 'nodata example.org./6', rule: 'RFC 4592 §2.2.2' },
    { ask: 'x.y.wild.example.org', found: 'answer x.y.wild.example.org./1', rule: 'RFC 4592 §3.3.1' },
    { ask: 'example.org', type: Type.SOA, found: 'answer example.org./6', rule: 'RFC 1035 §3.3.13' },
    { ask: 'example.com', found: 'refused', rule: 'not our zone' },
    {
      ask: 'alias.example.org',
      found: 'answer alias.example.org./5 www.example.org./1',
      rule: 'RFC 1034 §3.6.2',
    },
    {
      ask: 'alias.example.org',
      type: Type.CNAME,
      found: 'answer alias.example.org./5',
      rule: 'RFC 1034 §3.6.2',
    },
    { ask: 'out.example.org', found: 'answer out.example.org./5', rule: 'RFC 1034 §4.3.2 2' },
    {
      ask: 'a.cut.example.org',
      found: 'referral cut.example.org./2 ns.cut.example.org./1',
      rule: 'RFC 1034 §4.3.2 3b',
    },
    {
      ask: 'tocut.example.org',
      found: 'referral tocut.example.org./5 cut.example.org./2 ns.cut.example.org./1',
      rule: 'RFC 1034 §4.3.2 3b behind an alias',
    },
    { ask: 'cut.example.org', type: Type.DS, found: 'nodata example.org./6', rule: 'RFC 4035 §3.1.4.1' },
    {
      ask: 'sub.below.example.org',
      type: Type.DS,
      found: 'nodata example.org./6',
      rule: 'RFC 4035 §3.1.4.1, both zones ours',
    },
    {
      ask: 'example.org',
      type: Type.DS,
      found: 'nodata example.org./6',
      rule: 'RFC 4035 §3.1.4.1, one ours',
    },
    { ask: 'below.example.org', found: 'nodata example.org./6', rule: 'RFC 8020 §2, above a zone' },
    { ask: 'x.sub.below.example.org', found: 'nxdomain sub.below.example.org./6', rule: 'the nearest zone' },
    { ask: 'web.pools.example.org', found: 'answer web.pools.example.org./1', rule: 'a pool' },
    {
      ask: 'web.pools.example.org',
      type: Type.AAAA,
      found: 'nodata example.org./6',
      rule: 'the other address family',
    },
    { ask: 'empty.pools.example.org', found: 'nodata example.org./6', rule: 'all are out: not NXDOMAIN' },
    { ask: 'none.pools.example.org', found: 'nxdomain example.org./6', rule: 'an unknown pool' },
    { ask: 'pools.example.org', found: 'nodata example.org./6', rule: 'the pools name exists' },
    {
      ask: 'loop.example.org',
      found: 'answer loop.example.org./5',
      rule: 'each record once (RFC 2181 §5)',
    },
  ])('$ask $type: $found ($rule)', ({ ask, type = Type.A, found: expected }) => {
    expect(found(ask, type)).toBe(expected);
  });
});
