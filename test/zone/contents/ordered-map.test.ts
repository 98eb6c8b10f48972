import { expect, test } from 'vitest';
import { CHUNK_MAX, OrderedMap, valuesUnder } from '../../../src/zone/contents/ordered-map.ts';
import fc, { draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';

const anyKey = fc.integer({ min: 0, max: 900 }).map((n) => `k${String(n).padStart(3, '0')}`);
const anyStep = fc.record({ key: anyKey, value: fc.option(fc.nat(9), { nil: undefined }) });

/** What the same map is that is nothing but sorted. */
function sorted(model: ReadonlyMap<string, number>): [string, number][] {
  return [...model].sort(([a], [b]) => (a < b ? -1 : 1));
}

test(`a map stays in order after any changes, and earlier versions do not change (seed ${seed})`, () => {
  const begun = fc.uniqueArray(anyKey, { maxLength: 900 });
  fc.assert(
    fc.property(begun, fc.array(anyStep, { maxLength: 300 }), anyKey, (keys, steps, asked) => {
      const model = new Map(keys.map((key, i) => [key, i]));
      let map = OrderedMap.of(model);
      const before = map;
      const edit = map.edit();
      const was = sorted(model);
      for (const { key, value } of steps) {
        if (value === undefined) model.delete(key);
        else model.set(key, value);
        map = value === undefined ? map.without(key) : map.with(key, value);
        if (value === undefined) edit.delete(key);
        else edit.set(key, value);
        expect(edit.get(key)).toBe(value);
      }
      const now = sorted(model);
      expect([...map.from()]).toEqual(now);
      expect(map.size).toBe(now.length);
      const edited = edit.done();
      expect([...edited.from()]).toEqual(now);
      expect(edited.size).toBe(now.length);
      expect(OrderedMap.differences(map, edited)).toEqual([]);
      expect([...map.from(asked)]).toEqual(now.filter(([key]) => key >= asked));
      expect(map.get(asked)).toBe(model.get(asked));
      expect(map.keyAfter(asked)).toBe(now.find(([key]) => key > asked)?.[0]);
      expect([...valuesUnder(map, asked.slice(0, 3))]).toEqual(
        now.filter(([key]) => key.startsWith(asked.slice(0, 3))).map(([, value]) => value),
      );
      expect([...before.from()]).toEqual(was);
      const [old, fresh] = [new Map(was), model];
      const differences = [...new Set([...old.keys(), ...fresh.keys()])]
        .sort()
        .map((key) => ({ key, before: old.get(key), after: fresh.get(key) }))
        .filter(({ before, after }) => before !== after);
      expect(OrderedMap.differences(before, map)).toEqual(differences);
      // Of maps that share nothing they are the same.
      expect(OrderedMap.differences(OrderedMap.of(was), OrderedMap.of(now))).toEqual(differences);
      expect(OrderedMap.differences(map, map)).toEqual([]);
    }),
    { numRuns: draws(60) },
  );
});

test('a map may have one chunk, one entry more, or lose all its entries', () => {
  const keys = Array.from({ length: CHUNK_MAX + 1 }, (_, i) => String.fromCharCode(33 + i));
  let map = OrderedMap.of<number>();
  for (const [i, key] of keys.entries()) {
    map = map.with(key, i);
    expect(map.size).toBe(i + 1);
  }
  expect([...map.from()].map(([key]) => key)).toEqual(keys);
  for (const key of keys) map = map.without(key);
  expect([map.size, [...map.from()], map.get('!'), map.keyAfter('')]).toEqual([0, [], undefined, undefined]);
  expect(map.without('!')).toBe(map);
});
