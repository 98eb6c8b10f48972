import { describe, expect, test } from 'vitest';
import { formatName, parseName } from '../../src/dns/name.ts';
import { Type } from '../../src/dns/type.ts';
import { lookup } from '../../src/zone/lookup.ts';
import { walk } from '../../src/zone/walk.ts';
import fc, { draws } from '../support/property.ts';
import { anyAuthority, anyName } from './arbitrary-authority.ts';
import { zoneFile } from './zone-file.ts';

const RUNS = 300;

describe('walk', () => {
  const zones = [
    zoneFile(
      'example.org',
      `www     60 CNAME web.pools.example.org
       alias   60 CNAME www.example.org
       beside  60 CNAME none.pools.example.org
       below   60 CNAME x.web.pools.example.org
       out     60 CNAME www.example.net
       loop    60 CNAME loop.example.org
       host    60 A     192.0.2.1`,
      { pools: 'pools' },
    ),
  ];

  test.each([
    ['web.pools.example.org', ['web.pools.example.org.'], 'answer', ['web']],
    ['WWW.example.org', ['www.example.org.', 'web.pools.example.org.'], 'answer', ['web']],
    [
      'alias.example.org',
      ['alias.example.org.', 'www.example.org.', 'web.pools.example.org.'],
      'answer',
      ['web'],
    ],
    ['beside.example.org', ['beside.example.org.', 'none.pools.example.org.'], 'nxdomain', ['none']],
    ['below.example.org', ['below.example.org.', 'x.web.pools.example.org.'], 'nxdomain', ['web']],
    ['out.example.org', ['out.example.org.', 'www.example.net.'], 'answer', []],
    ['loop.example.org', Array(2).fill('loop.example.org.'), 'answer', []],
    ['host.example.org', ['host.example.org.'], 'answer', []],
    ['pools.example.org', ['pools.example.org.'], 'nodata', []],
    ['www.example.net', ['www.example.net.'], 'refused', []],
  ])('walk() from %s goes by %j to %s, and asks for the pools %j', (name, names, kind, pools) => {
    const asked = new Set<string>();
    const membersOf = (pool: string) => {
      asked.add(pool);
      return pool === 'web' ? [{ address: '192.0.2.7', weight: 100 }] : undefined;
    };
    const walked = walk({ zones, serial: 1 }, membersOf, parseName(name), Type.A);
    expect(walked.names.map(formatName)).toEqual(names);
    expect(walked.found.kind).toBe(kind);
    expect([...asked]).toEqual(pools);
  });

  test('walk() finds the same as lookup(), although it asks for fewer pools', () => {
    fc.assert(
      fc.property(anyAuthority, anyName, fc.constantFrom(Type.A, Type.AAAA), (authority, text, type) => {
        const name = parseName(text);
        const { found } = walk(authority, (pool) => authority.pools.get(pool), name, type);
        expect(found).toEqual(lookup(authority, name, type));
      }),
      { numRuns: draws(RUNS) },
    );
  });
});
