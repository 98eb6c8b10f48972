import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/dns/name.ts';
import { Type } from '../../src/dns/type.ts';
import { addressesOf, isCut, soaRRset } from '../../src/zone/authority.ts';
import { zoneFile } from './zone-file.ts';

describe('soaRRset', () => {
  test('the rdata of RFC 1035 §3.3.13, the serial in all 32 bits', () => {
    const { owner, type, rdata } = soaRRset(zoneFile('example.org', ''), 0xffff_fffe, 'answer');
    expect(owner).toEqual(parseName('example.org'));
    expect(type).toBe(Type.SOA);
    const names = [...parseName('ns.example.org'), ...parseName('host.example.org')];
    const numbers = 'fffffffe 00000e10 00000258 00015180 0000000a';
    expect(rdata.map((each) => Buffer.from(each).toString('hex'))).toEqual([
      Buffer.from(names).toString('hex') + numbers.replaceAll(' ', ''),
    ]);
  });

  test.each([
    { use: 'answer', soaTtlSeconds: 3600, minimumSeconds: 10, ttl: 3600, rule: 'RFC 1035 §3.3.13' },
    { use: 'negative', soaTtlSeconds: 3600, minimumSeconds: 10, ttl: 10, rule: 'RFC 2308 §3' },
    { use: 'negative', soaTtlSeconds: 10, minimumSeconds: 3600, ttl: 10, rule: 'RFC 2308 §3' },
  ] as const)('$use TTL of ($soaTtlSeconds, $minimumSeconds): $ttl ($rule)', ({ use, ttl, ...options }) => {
    expect(soaRRset(zoneFile('example.org', '', options), 1, use).ttlSeconds).toBe(ttl);
  });
});

describe('addressesOf', () => {
  test('additional data are the A and AAAA records of targets in the zone, and nothing else', () => {
    const zone = zoneFile(
      'example.org',
      `cut    60 NS   ns.cut.example.org
       cut    60 NS   ns.example.com
       ns.cut 60 A    192.0.2.1
       ns.cut 60 AAAA 2001:db8::1
       ns.cut 60 TXT  text
       www    60 A    192.0.2.2`,
    );
    const ns = zone.rrsets.find(({ type }) => type === Type.NS)!;
    const found = addressesOf(zone, ns);
    expect(found.map(({ type }) => type)).toEqual([Type.A, Type.AAAA]);
    expect(found.every(({ owner }) => Buffer.compare(owner, parseName('ns.cut.example.org')) === 0)).toBe(
      true,
    );
  });
});

describe('isCut (RFC 1034 §4.2.1)', () => {
  const zone = zoneFile(
    'example.org',
    '@ 60 NS ns.example.com\ncut 60 NS ns.example.com\nwww 60 A 192.0.2.1',
  );
  test.each([
    { name: 'example.org', cut: false, why: 'the NS records of the apex are not a cut' },
    { name: 'cut.example.org', cut: true, why: 'NS records below the apex' },
    { name: 'www.example.org', cut: false, why: 'no NS' },
  ])('$name: cut $cut, $why', ({ name, cut }) => {
    const owner = parseName(name);
    const sets = zone.rrsets.filter((set) => Buffer.compare(set.owner, owner) === 0);
    expect(isCut(zone, owner, sets)).toBe(cut);
  });
});
