import { expect, test } from 'vitest';
import { assigned, hashOf } from '../../src/voting/assignment.ts';
import fc from '../support/property.ts';

const workerIds = fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 12 });
const keys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 60 });
const counts = fc.integer({ min: 1, max: 4 });

test('assigned() gives the requested number of different workers, in whatever order they are named', () => {
  fc.assert(
    fc.property(workerIds, keys, counts, (ids, checks, count) => {
      for (const check of checks) {
        const chosen = assigned(check, ids, count);
        expect(new Set(chosen).size).toBe(Math.min(count, ids.length));
        expect(new Set(assigned(check, [...ids].reverse(), count))).toEqual(new Set(chosen));
      }
    }),
  );
});

test('a worker that leaves moves only its own checks, and one that joins moves only the checks it gets', () => {
  fc.assert(
    fc.property(workerIds, fc.uuid(), keys, counts, (ids, extra, checks, count) => {
      fc.pre(!ids.includes(extra));
      for (const check of checks) {
        const without = new Set(assigned(check, ids, count));
        const withIt = new Set(assigned(check, [...ids, extra], count));
        if (!withIt.has(extra)) expect(withIt).toEqual(without);
        else expect([...without].filter((id) => !withIt.has(id)).length).toBeLessThanOrEqual(1);
        expect([...withIt].filter((id) => id !== extra && !without.has(id))).toEqual([]);
      }
    }),
  );
});

test('the shares of 10,000 checks among 4 workers are within a tenth of even', () => {
  const ids = ['a', 'b', 'c', 'd'].map((name) => `worker-${name}`);
  const held = new Map<string, number>();
  for (let i = 0; i < 10_000; i++) {
    const [id] = assigned(`["f1aba936b94213e5b8dca0c0dbf1f9cc","192.0.2.${i}",80,""]`, ids, 1);
    held.set(id!, (held.get(id!) ?? 0) + 1);
  }
  expect([...held.keys()].sort()).toEqual(ids);
  for (const count of held.values()) expect(Math.abs(count - 2_500)).toBeLessThan(250);
});

test('without workers no worker is assigned', () => expect(assigned('check', [], 1)).toEqual([]));

test('hashes are 32-bit, unsigned and spread over an interval', () => {
  const slots = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const hash = hashOf(`check ${i}`);
    expect(hash >>> 0).toBe(hash);
    slots[Math.floor((hash % 5_000) / 500)]!++;
  }
  for (const count of slots) expect(Math.abs(count - 1_000)).toBeLessThan(200);
});
