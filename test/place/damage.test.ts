import { describe, expect, test } from 'vitest';
import { readDatabase } from '../../src/place/database.ts';
import { about, LocatorError } from '../../src/place/locator-error.ts';
import { createPlaceTable } from '../../src/place/place-table.ts';
import { branchOf, createPrefixTree } from '../../src/place/prefix-tree.ts';
import { createWords, writeStrides } from '../../src/place/strides.ts';
import { writeMmdb } from '../support/mmdb.ts';
import fc, { draws } from '../support/property.ts';

const SOUND = writeMmdb(
  [
    { octets: Uint8Array.of(192, 0, 2, 0), bits: 24, record: { country_code: 'DE' } },
    { octets: Uint8Array.of(198, 51, 100, 0), bits: 24, record: { country: { iso_code: 'FR' } } },
  ],
  { type: 'Sound' },
);
const MARKER = SOUND.indexOf('MaxMind.com') - 3;

function why(octets: Buffer): string {
  try {
    about('geo.mmdb', () => readDatabase(octets, createPrefixTree(), createPlaceTable().numberOf));
    return 'it is sound';
  } catch (error) {
    if (error instanceof LocatorError) return error.message;
    throw error;
  }
}

function changed(change: (octets: Buffer) => void): Buffer {
  const octets = Buffer.from(SOUND);
  change(octets);
  return octets;
}

describe('a database that cannot be used is refused whole, with the reason', () => {
  test('a sound one is not', () => expect(why(SOUND)).toBe('it is sound'));

  test.each([
    ['an empty file', Buffer.alloc(0), 'is not a whole MaxMind DB file: it has no metadata at its end'],
    ['another file', Buffer.from('country_code,DE\n'.repeat(100)), 'is not a whole MaxMind DB file'],
    ['one that is cut', SOUND.subarray(0, MARKER), 'is not a whole MaxMind DB file'],
    ['one whose metadata is cut', SOUND.subarray(0, MARKER + 20), 'is damaged: '],
    ['one without its tree', SOUND.subarray(MARKER), 'does not fit the file'],
    [
      'one whose tree leads back',
      // The first branch of the first node.
      changed((octets) => octets.writeUIntBE(0, 0, 3)),
      'is damaged: its tree leads back to itself',
    ],
    [
      'one whose tree leads out of the records',
      changed((octets) => octets.writeUIntBE(0xff_ffff, 0, 3)),
      'is damaged: its tree leads to a record outside the file',
    ],
    [
      'one of addresses alone',
      writeMmdb([{ octets: Uint8Array.of(192, 0, 2, 0), bits: 24, record: { asn: 64_496 } }], {
        type: 'ASN',
      }),
      'has no country.iso_code, country_code or coordinates in any record (its type is "ASN")',
    ],
    [
      'one without records',
      writeMmdb([]),
      'has no country.iso_code, country_code or coordinates in any record',
    ],
  ])('%s', (_, octets, rule) => {
    expect(why(octets)).toContain(rule);
    expect(why(octets)).toMatch(/^geo\.mmdb /);
  });

  test('whatever octets are changed or cut, it is sound, or refused with a reason', () => {
    const cut = fc.integer({ min: 0, max: SOUND.length });
    const changes = fc.array(
      fc.tuple(fc.integer({ min: 0, max: SOUND.length - 1 }), fc.integer({ min: 0, max: 255 })),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.constant(SOUND.length), cut), changes, (length, all) => {
        const octets = changed((copy) => {
          for (const [at, octet] of all) copy[at] = octet;
        });
        expect(why(octets.subarray(0, length))).toMatch(/^it is sound$|^geo\.mmdb (is|has) /);
      }),
      { numRuns: draws(1_000) },
    );
  });
});

describe('a locator is bounded', () => {
  test('by the nodes of its trees', () => {
    const prefixes = [{ octets: Uint8Array.of(0), bits: 8, value: 1 }];
    expect(branchOf(createPrefixTree(8), prefixes)).toBe(7);
    expect(() => branchOf(createPrefixTree(7), prefixes)).toThrow(new LocatorError('has more than 7 nodes'));
  });

  test('by its places, beside the unknown one', () => {
    const table = createPlaceTable(2);
    expect([{}, { country: 'DE' }, { country: 'FR' }, { country: 'DE' }].map(table.numberOf)).toEqual([
      0, 1, 2, 1,
    ]);
    expect(() => table.numberOf({ country: 'AT' })).toThrow(new LocatorError('has more than 2 places'));
  });

  test('by its words', () => {
    const tree = createPrefixTree();
    const root = branchOf(tree, [{ octets: Uint8Array.of(0), bits: 8, value: 1 }]);
    const rule = { fillMin: 1, root: 1, max: 1 };
    expect(writeStrides(tree, [root], createWords(16), rule)).toHaveLength(1);
    expect(() => writeStrides(tree, [root], createWords(15), rule)).toThrow(
      new LocatorError('need more than 15 words of memory'),
    );
  });
});
