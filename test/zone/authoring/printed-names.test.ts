/** Names that are printed, and parsed again by what printed them or by who copies them. */

import { describe, expect, test } from 'vitest';
import { settingsOf } from '../../../src/admin/zones/known-zone.ts';
import { foldName, formatName, isAtOrBelow, parseName, parseWrittenName } from '../../../src/dns/name.ts';
import {
  formatFullName,
  formatOwner,
  parseFullName,
  parseOwner,
} from '../../../src/zone/authoring/owner-name.ts';
import { readAuthoredZone } from '../../../src/zone/authoring/read-authored-zone.ts';
import { configOf } from '../../config/loading.ts';
import fc from '../../support/property.ts';

const escaped = (octets: Uint8Array) =>
  Array.from(octets, (octet) => `\\${String(octet).padStart(3, '0')}`).join('');
/** Any octet, and more often those that mean something in some text. */
const octet = fc.oneof(
  fc.constantFrom(...[...'@."\\();$*/=,#: aA'].map((c) => c.charCodeAt(0))),
  fc.nat(255),
);
const label = fc
  .array(octet, { minLength: 1, maxLength: 6 })
  .map((octets) => escaped(Uint8Array.from(octets)));
const anyName = fc.array(label, { maxLength: 4 }).map((labels) => `${labels.join('.')}.`);

describe('a printed name is read as the same name', () => {
  test('in full, with its case', () => {
    fc.assert(
      fc.property(anyName, (text) => {
        const name = parseWrittenName(text);
        expect(parseWrittenName(formatName(name))).toEqual(name);
        expect(parseFullName(formatFullName(name))).toEqual(name);
      }),
    );
  });
  test('as an owner of a zone', () => {
    const apex = fc.oneof(anyName, fc.constant('.'), fc.constant('example.org.'));
    fc.assert(
      fc.property(apex, anyName, (zone, below) => {
        const name = parseName(below === '.' ? zone : `${below}${zone === '.' ? '' : zone}`);
        expect(isAtOrBelow(name, parseName(zone))).toBe(true);
        expect(parseOwner(formatOwner(name, parseName(zone)), parseName(zone))).toEqual(name);
      }),
    );
  });
  test.each([
    { name: 'dns.', full: 'dns.' },
    { name: '.', full: '.' },
    { name: 'NS1.Example.org.', full: 'NS1.Example.org' },
    { name: '\\@.example.org.', full: '\\@.example.org' },
    { name: 'a\\.', full: 'a\\..' },
  ])('$name is printed as $full', ({ name, full }) => {
    expect(formatFullName(parseWrittenName(name))).toBe(full);
  });
  test.each([
    { name: 'pools.', apex: '.', owner: 'pools' },
    { name: '\\@.example.org.', apex: 'example.org.', owner: '\\@' },
    { name: 'example.org.example.org.', apex: 'example.org.', owner: 'example.org.example.org.' },
    { name: 'example.org.', apex: 'example.org.', owner: '@' },
  ])('$name in zone $apex is printed as $owner', ({ name, apex, owner }) => {
    expect(formatOwner(parseName(name), parseName(apex))).toBe(owner);
  });
});

describe('settings shown for a zone of the configuration file give the same zone', () => {
  const settingsRead = (zone: string) => {
    const [configured] = configOf(`zones:\n  - ${zone}`).zones;
    const reading = readAuthoredZone({
      name: formatName(configured!.apex).replace(/\.$/, ''),
      settings: settingsOf(configured!),
    });
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    return { read: reading.zone, configured: configured! };
  };
  test.each([
    { what: 'a name server of one label', zone: '{ name: example.org, ns: [{ name: "dns." }] }' },
    { what: 'names in mixed case', zone: '{ name: Example.ORG, ns: [{ name: NS1.Example.NET }] }' },
    {
      what: 'name servers in the zone, with addresses',
      zone: '{ name: example.org, ns: [{ name: NS1.example.org, addresses: [192.0.2.1, "2001:DB8::1"] }] }',
    },
    {
      what: 'a mailbox',
      zone: '{ name: example.org, ns: [{ name: dns. }], soa: { rname: John.Doe@example.net } }',
    },
    {
      what: 'an @ in the first label of the mailbox',
      zone: '{ name: example.org, ns: [{ name: dns. }], soa: { rname: "a\\\\@b.example.net" } }',
    },
    {
      what: 'an SOA with names of one label',
      zone: '{ name: example.org, ns: [{ name: dns. }], soa: { mname: primary., rname: root. } }',
    },
    {
      what: 'a zone of one label',
      zone: '{ name: "lan.", ns: [{ name: dns.lan, addresses: [192.0.2.1] }], pools: p }',
    },
    {
      what: 'pools at a label that is an @',
      zone: '{ name: example.org, ns: [{ name: dns. }], pools: "\\\\064" }',
    },
    {
      what: 'pools below the name of the zone twice',
      zone: '{ name: example.org, ns: [{ name: dns. }], pools: example.org.example.org. }',
    },
  ])('$what', ({ zone }) => {
    const { read, configured } = settingsRead(zone.replaceAll(/: dns\. /g, ': "dns." '));
    expect(read.soa).toEqual(configured.soa);
    expect(read.pools && formatName(read.pools)).toBe(configured.pools && formatName(configured.pools));
    expect(read.rrsets).toEqual(configured.rrsets);
  });
});

test('names in records and SOA keep their case, and are found in any case (RFC 1035 §2.3.3)', () => {
  const [zone] = configOf(`zones:
  - name: Example.ORG
    ns: [{ name: NS1.Example.ORG, addresses: [192.0.2.1] }]
    soa: { mname: NS1.Example.ORG, rname: Host.Master@Example.ORG }
    records:
      - { name: Printer, type: PTR, value: 'Office\\032Printer.Example.ORG' }
      - { name: www, type: CNAME, value: NS1.Example.ORG }`).zones;
  const names = zone!.rrsets
    .filter(({ type }) => [2, 5, 12].includes(type))
    .map(({ rdata }) => formatName(rdata[0]!));
  expect(names).toEqual(['NS1.Example.ORG.', 'Office\\032Printer.Example.ORG.', 'NS1.Example.ORG.']);
  expect([zone!.soa.mname, zone!.soa.rname].map(formatName)).toEqual([
    'NS1.Example.ORG.',
    'Host\\.Master.Example.ORG.',
  ]);
  expect(zone!.rrsets.map(({ owner }) => owner)).toEqual(zone!.rrsets.map(({ owner }) => foldName(owner)));
});
