import { expect, test } from 'vitest';
import { KEPT_MS } from '../../../src/load-balancer/latency/average.ts';
import {
  createPoolLatencies,
  type PoolLatencies,
} from '../../../src/load-balancer/latency/pool-latencies.ts';

const MINUTE_MS = 60_000;
const LIST = ['a', 'b', 'c'];

/** Measures once a minute from `from` up to `to`. */
function measure(
  latencies: PoolLatencies,
  from: number,
  to: number,
  rtts: Readonly<Record<string, Readonly<Record<string, number>>>>,
): void {
  for (let minute = from; minute <= to; minute += 1) {
    for (const [region, pools] of Object.entries(rtts))
      for (const [pool, rttMs] of Object.entries(pools))
        latencies.add(pool, region, rttMs, minute * MINUTE_MS);
    look(latencies, minute);
  }
}

const look = (latencies: PoolLatencies, minute: number, lists: readonly (readonly string[])[] = [LIST]) =>
  void [...latencies.look(lists, minute * MINUTE_MS)];

test('the region of the client decides the order, and without one the list does', () => {
  const latencies = createPoolLatencies();
  measure(latencies, 0, 3, { WEU: { a: 90, b: 10, c: 50 }, OC: { a: 90, b: 300, c: 10 } });
  expect(latencies.order(LIST, 'WEU')).toEqual(['b', 'c', 'a']);
  expect(latencies.order(LIST, 'OC')).toEqual(['c', 'a', 'b']);
  expect(latencies.order(LIST, 'SAS')).toEqual(LIST);
  expect(latencies.order(LIST, undefined)).toEqual(LIST);
  expect(latencies.averagesOf('b').get('OC')).toBeCloseTo(300);
});

test('nothing is ordered before measurements span three minutes', () => {
  const latencies = createPoolLatencies();
  measure(latencies, 0, 2, { WEU: { a: 90, b: 10 } });
  expect(latencies.order(LIST, 'WEU')).toEqual(LIST);
  expect(latencies.averagesOf('a').get('WEU')).toBeUndefined();
  measure(latencies, 3, 3, { WEU: { a: 90, b: 10 } });
  expect(latencies.order(LIST, 'WEU')).toEqual(['b', 'a', 'c']);
});

test('workers of a region that is no code of the API measure for nobody', () => {
  const latencies = createPoolLatencies();
  measure(latencies, 0, 5, { local: { a: 90, b: 10 } });
  expect(latencies.order(LIST, 'local')).toEqual(LIST);
  expect(latencies.averagesOf('a').size).toBe(0);
});

test('an order changes three minutes after its averages differ by over 10 %, and a new list has it at once', () => {
  const latencies = createPoolLatencies();
  measure(latencies, 0, 30, { WEU: { a: 100, b: 100, c: 100 } });
  expect(latencies.order(LIST, 'WEU')).toEqual(LIST);
  let minute = 31;
  for (; latencies.averagesOf('c').get('WEU')! >= latencies.averagesOf('a').get('WEU')! * 0.9; minute += 1)
    measure(latencies, minute, minute, { WEU: { a: 100, b: 100, c: 20 } });
  expect(minute).toBeGreaterThan(32);
  measure(latencies, minute, minute + 1, { WEU: { a: 100, b: 100, c: 20 } });
  expect(latencies.order(LIST, 'WEU')).toEqual(LIST);
  expect(latencies.order(['b', 'c'], 'WEU')).toEqual(['c', 'b']);
  measure(latencies, minute + 2, minute + 2, { WEU: { a: 100, b: 100, c: 20 } });
  expect(latencies.order(LIST, 'WEU')).toEqual(['c', 'a', 'b']);
});

test('an average is forgotten where its pool is in no list, and thirty minutes after it was measured last', () => {
  const latencies = createPoolLatencies();
  measure(latencies, 0, 3, { WEU: { a: 90, b: 10, other: 1 } });
  expect(latencies.averagesOf('other').get('WEU')).toBeUndefined();
  const last = 3 + KEPT_MS / MINUTE_MS;
  look(latencies, last - 1);
  expect(latencies.order(LIST, 'WEU')).toEqual(['b', 'a', 'c']);
  look(latencies, last);
  expect(latencies.averagesOf('a').get('WEU')).toBeUndefined();
  expect(latencies.order(LIST, 'WEU')).toEqual(LIST);
});

test('a list that is used no more is ordered anew when it comes back', () => {
  const latencies = createPoolLatencies();
  measure(latencies, 0, 3, { WEU: { a: 90, b: 10, c: 50 } });
  const order = latencies.order(LIST, 'WEU');
  expect(latencies.order(LIST, 'WEU')).toBe(order);
  look(latencies, 4, [['a', 'b'], ['c']]);
  expect(latencies.order(LIST, 'WEU')).not.toBe(order);
  expect(latencies.order(LIST, 'WEU')).toEqual(order);
});
