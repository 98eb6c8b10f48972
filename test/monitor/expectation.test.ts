import { expect, test } from 'vitest';
import { ADDRESSES_PROBED_MAX, type Outcome } from '../../src/check/outcome.ts';
import { probedKept } from '../../src/health/observation.ts';
import { conclude, unable } from '../../src/monitor/conclusion.ts';
import { knownAddresses, lookupSecondsOf, mayUseUpItsTime, probesOf } from '../../src/monitor/expectation.ts';
import { makeCheck } from '../probe/checks.ts';
import { makeObservation, WORKER } from './observations.ts';

const check = makeCheck({}, { address: 'a.example.org' });
const GOOD = { ok: true, reason: 'No failures', responseCode: 200, rttMs: 2 } as const;
const FOUND: Outcome = { ...GOOD, byAddress: [{ address: '192.0.2.1', ...GOOD }], addressTtlSeconds: 64 };
const GONE: Outcome = { ok: false, reason: 'DNS Unknown Host', responseCode: 0, rttMs: 1 };
const kept = (sinceMs: number): Outcome => ({ ...FOUND, addressesKept: { sinceMs, why: 'ESERVFAIL' } });

/** What is held after these, a second after each other, the first at 1,000 ms; 'fault': the check could not be made. */
function after(steps: readonly (Outcome | 'fault')[]) {
  let held: ReturnType<typeof unable> | undefined;
  for (const [i, step] of steps.entries()) {
    const atMs = 1_000 * (i + 1);
    held =
      step === 'fault'
        ? unable(check, 'no DNS server answered', held, WORKER, atMs)
        : conclude(check, step, held, WORKER, atMs).observation;
  }
  return held;
}

test.each<{ rule: string; steps: readonly (Outcome | 'fault')[]; atMs: number | undefined }>([
  { rule: 'a result makes them new', steps: [FOUND], atMs: 1_000 },
  { rule: 'kept, so as old as their lookup', steps: [FOUND, kept(1_000), kept(1_000)], atMs: 1_000 },
  {
    rule: 'a check that cannot be made does not make them newer',
    steps: [FOUND, 'fault', 'fault'],
    atMs: 1_000,
  },
  { rule: 'faults do not make them newer', steps: [FOUND, kept(1_000), 'fault', 'fault'], atMs: 1_000 },
  { rule: 'a new lookup after a fault makes them new', steps: [FOUND, 'fault', FOUND], atMs: 3_000 },
  { rule: 'NXDOMAIN is an answer, so no address is known', steps: [FOUND, GONE], atMs: undefined },
  { rule: 'faults do not bring them back', steps: [FOUND, GONE, 'fault', 'fault'], atMs: undefined },
  { rule: 'there never were any', steps: ['fault'], atMs: undefined },
])('addresses that are known: $rule', ({ steps, atMs }) => {
  expect(knownAddresses(after(steps))?.atMs).toBe(atMs);
});

test.each<{ rule: string; steps: readonly (Outcome | 'fault')[]; is: object | undefined }>([
  { rule: 'a DNS server answers', steps: [FOUND], is: undefined },
  { rule: 'none answers', steps: [FOUND, kept(1_000)], is: { sinceMs: 1_000, why: 'ESERVFAIL' } },
  {
    rule: 'NXDOMAIN (before: "because DNS fails: DNS Unknown Host")',
    steps: [FOUND, GONE, GONE],
    is: undefined,
  },
  { rule: 'NXDOMAIN after a failure', steps: [FOUND, kept(1_000), GONE], is: undefined },
  { rule: 'a check that is not possible', steps: [FOUND, kept(1_000), 'fault'], is: undefined },
])('whether the last known addresses are probed: $rule', ({ steps, is }) => {
  expect(probedKept(after(steps)!)).toEqual(is);
});

test('a check of a host name reserves room for each address, or for the maximum, and time for its lookup', () => {
  const observation = makeObservation({ addresses: ['192.0.2.1', '192.0.2.2'] });
  expect([probesOf(observation), probesOf(makeObservation())]).toEqual([2, 1]);
  expect([probesOf('a.example.org'), probesOf('192.0.2.1')]).toEqual([ADDRESSES_PROBED_MAX, 1]);
  expect(lookupSecondsOf(check)).toBeGreaterThan(0);
  expect(lookupSecondsOf(makeCheck({}, { address: '192.0.2.1' }))).toBe(0);
});

test('one address that timed out makes a check slow', () => {
  const bad = { ...GOOD, ok: false, reason: 'TCP Timeout' } as const;
  const both = { ...FOUND, byAddress: [...FOUND.byAddress!, { address: '192.0.2.2', ...bad }] };
  expect([after([FOUND]), after([both]), undefined].map(mayUseUpItsTime)).toEqual([false, true, true]);
});
