/** Ids by key against a plain Map of Sets. TEST_SEED repeats a run. */

import { expect, test } from 'vitest';
import { createIdsByKey, link, unlink } from '../../src/store/multimap.ts';
import fc, { draws } from '../support/property.ts';
import { seed } from '../support/seed.ts';

const step = fc.record({
  op: fc.constantFrom('add', 'add', 'delete'),
  key: fc.constantFrom('a', 'b', 'c'),
  id: fc.constantFrom('1', '2', '3'),
});

test(`ids come and go as in a Map of Sets (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ids = createIdsByKey<string>();
      const plain = new Map<string, Set<string>>();
      for (const { op, key, id } of steps) {
        if (op === 'add') {
          ids.add(key, id);
          link(plain, key, id);
        } else expect(ids.delete(key, id)).toBe(unlink(plain, key, id));
        expect([...ids.of(key)].sort()).toEqual([...(plain.get(key) ?? [])].sort());
      }
    }),
    { numRuns: draws(200) },
  );
});
