import { expect, test } from 'vitest';
import { Counter, LATENCY_BOUNDS_NS, newCounters } from '../../../src/answer/counters.ts';
import { newExchange, Transport } from '../../../src/answer/exchange.ts';
import { observed, TIMED_EVERY } from '../../../src/answer/sample/observed.ts';
import { newRing, openRingReader, RING_SLOTS } from '../../../src/answer/sample/ring.ts';

const SEED = 7;
const answersThree = { respond: () => 3 };

test.each([
  [1, 100],
  [0.1, 10_000],
  [0.001, 100_000],
])('of a share of %d a share is copied, by chance', (share, queries) => {
  const counters = newCounters();
  const ring = newRing();
  const reader = openRingReader(ring, () => 0);
  const responder = observed(answersThree, { ring, share }, counters, SEED);
  const exchange = newExchange(Transport.UDP);
  exchange.reply = new Uint8Array(3);
  let taken = 0;
  for (let i = 0; i < queries; i += 1) {
    expect(responder.respond(exchange)).toBe(3);
    if (reader.next() !== undefined) taken += 1;
  }
  expect(counters[Counter.SAMPLED]).toBe(taken);
  expect(counters[Counter.UNSAMPLED]).toBe(0);
  const expected = share * queries;
  // Four standard deviations of a binomial distribution.
  expect(Math.abs(taken - expected)).toBeLessThanOrEqual(4 * Math.sqrt(expected * (1 - share)));
});

test('what a full ring does not take is counted, and answered as before', () => {
  const counters = newCounters();
  const responder = observed(answersThree, { ring: newRing(), share: 1 }, counters, SEED);
  const exchange = newExchange(Transport.UDP);
  for (let i = 0; i < RING_SLOTS + 5; i += 1) expect(responder.respond(exchange)).toBe(3);
  expect([counters[Counter.SAMPLED], counters[Counter.UNSAMPLED]]).toEqual([RING_SLOTS, 5]);
});

test(`one query of ${TIMED_EVERY} is timed, and none is copied where nothing is sampled`, () => {
  const counters = newCounters();
  const responder = observed(answersThree, undefined, counters, SEED);
  const exchange = newExchange(Transport.UDP);
  for (let i = 0; i < 3 * TIMED_EVERY; i += 1) responder.respond(exchange);
  const buckets = counters.subarray(Counter.LATENCY, Counter.LATENCY + LATENCY_BOUNDS_NS.length + 1);
  expect(buckets.reduce((sum, each) => sum + each, 0)).toBe(3);
  expect(counters[Counter.LATENCY_SUM_NS]).toBeGreaterThan(0);
  expect(counters[Counter.SAMPLED]).toBe(0);
});
