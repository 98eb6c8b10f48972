import { expect, test } from 'vitest';
import { COUNTED_NAMES_MAX, Counter, newCounters } from '../../../src/answer/counters.ts';
import { createCountedNames } from '../../../src/serve/counted/counted-names.ts';

function start() {
  const counters = newCounters();
  const names = createCountedNames((place) => counters[place]!);
  const ask = (ordinal: number, times = 1) => void (counters[Counter.NAMES + ordinal]! += times);
  const shown = () => [...names.queries].map(({ kind, name, queries }) => [kind, name, queries]);
  return { counters, names, ask, shown };
}

test('a name keeps its ordinal, and another of that ordinal begins at 0', () => {
  const { names, ask, shown } = start();
  const web = names.take('pool', 'web', 'Web');
  expect(names.take('pool', 'web', 'WEB')).toBe(web);
  const lb = names.take('load_balancer', 'web', 'web.example.');
  expect(lb).not.toBe(web);
  ask(web, 3);
  ask(lb, 2);
  expect(shown()).toEqual([
    ['pool', 'WEB', 3],
    ['load_balancer', 'web.example.', 2],
  ]);
  names.free('pool', 'web');
  names.free('pool', 'web');
  expect(names.take('pool', 'other', 'other')).toBe(web);
  ask(web);
  expect(shown()).toEqual([
    ['load_balancer', 'web.example.', 2],
    ['pool', 'other', 1],
  ]);
});

test(`${COUNTED_NAMES_MAX} names are counted, and further ones with all others`, () => {
  const { names } = start();
  const ordinals = Array.from({ length: COUNTED_NAMES_MAX }, (_, i) => names.take('pool', `p${i}`, `p${i}`));
  expect(new Set(ordinals)).toEqual(new Set(Array.from({ length: COUNTED_NAMES_MAX }, (_, i) => i + 1)));
  expect(names.take('pool', 'more', 'more')).toBe(0);
  names.free('pool', 'p7');
  expect(names.take('pool', 'more', 'more')).toBe(8);
});

test('a zone begins at 0, whatever its ordinal counted before', () => {
  const { counters, names } = start();
  counters[Counter.ZONES + 4]! += 5;
  expect(names.queriesOfZone(4)).toBe(5);
  names.zoneCame(4);
  counters[Counter.ZONES + 4]! += 2;
  expect(names.queriesOfZone(4)).toBe(2);
});
