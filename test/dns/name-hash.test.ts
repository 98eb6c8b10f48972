import { expect, test } from 'vitest';
import { hashFrom, newQuery } from '../../src/answer/query.ts';
import { labelHash } from '../../src/answer/reader.ts';
import { LABEL_OCTETS_MAX, NAME_OCTETS_MAX, parseName } from '../../src/dns/name.ts';
import { hashName } from '../../src/dns/name-hash.ts';
import { askFor } from '../answer/asked-name.ts';
import fc, { draws } from '../support/property.ts';

test('the name of a query and all names above it have the hashes of names by themselves, and so has its first label', () => {
  const query = newQuery();
  const label = fc.stringMatching(/^[a-z0-9]{1,9}$/);
  fc.assert(
    fc.property(fc.array(label, { maxLength: 20 }), (labels) => {
      const name = parseName(`${labels.join('.')}.`);
      askFor(query, name);
      expect(query.labels).toBe(labels.length);
      let start = 0;
      for (let skip = 0; skip <= labels.length; skip += 1) {
        expect(hashFrom(query, skip)).toBe(hashName(name.subarray(start)));
        start += 1 + name[start]!;
      }
      expect(labelHash(query)).toBe(hashName(name.subarray(0, 1 + name[0]!)));
    }),
    { numRuns: draws(500) },
  );
});

test('a name of the greatest length has a hash, of whatever length its first label is', () => {
  const query = newQuery();
  for (let first = 1; first <= LABEL_OCTETS_MAX; first += 1) {
    const second = Math.ceil((123 - first) / 2);
    const lengths = [first, second, 123 - first - second, 63, 63];
    const name = parseName(lengths.map((length) => 'x'.repeat(length)).join('.'));
    expect(name).toHaveLength(NAME_OCTETS_MAX);
    askFor(query, name);
    expect(hashFrom(query, 0)).toBe(hashName(name));
    expect(labelHash(query)).toBe(hashName(name.subarray(0, 1 + first)));
  }
});

test('names that differ in octets far from each other rarely have one hash', () => {
  const hashes = new Set<number>();
  for (let i = 0; i < 100; i += 1)
    for (let k = 0; k < 100; k += 1)
      hashes.add(hashName(parseName(`${i}aa.${'b'.repeat(k % 4)}${k}bbb.example.org`)));
  expect(hashes.size).toBeGreaterThan(9_990);
});
