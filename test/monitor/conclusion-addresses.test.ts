import { expect, test } from 'vitest';
import type { Outcome } from '../../src/check/outcome.ts';
import type { Observation } from '../../src/health/observation.ts';
import { conclude } from '../../src/monitor/conclusion.ts';
import { makeCheck } from '../probe/checks.ts';
import { makeObservation, WORKER } from './observations.ts';

const [A, B, C] = ['192.0.2.1', '192.0.2.2', '2001:db8::1'];
const GOOD = { ok: true, reason: 'No failures', responseCode: 200, rttMs: 2 } as const;
const BAD = { ok: false, reason: 'TCP Timeout', responseCode: 0, rttMs: 9 } as const;
const GONE: Outcome = { ok: false, reason: 'DNS Unknown Host', responseCode: 0, rttMs: 1 };
const check = (up: number, down: number) =>
  makeCheck({ consecutiveUp: up, consecutiveDown: down }, { address: 'a.example.org' });

/** The outcome of one check: which addresses there were, and which of them were well. */
function found(wells: Readonly<Record<string, boolean | 'fault'>>): Outcome {
  const byAddress = Object.entries(wells).map(([address, well]) =>
    well === 'fault'
      ? { address, ...BAD, reason: 'Probe Not Possible' as const, fault: 'no IPv6' }
      : { address, ...(well ? GOOD : BAD) },
  );
  const first = byAddress.find(({ ok }) => ok) ?? byAddress[0]!;
  return { ok: first.ok, reason: first.reason, responseCode: first.responseCode, rttMs: 2, byAddress };
}

/** Takes outcomes in, one after the other; what is held then, and the events of the last. */
function after(of: ReturnType<typeof check>, outcomes: readonly Outcome[], was?: Observation) {
  let observation = was;
  let events: string[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    const next = conclude(of, outcome, observation, WORKER, 1_000 * (i + 1));
    observation = next.observation;
    events = next.events.map((each) => `${each.resolved ?? 'all'}: ${each.was} → ${each.now}`);
  }
  const well = observation?.byAddress?.filter(({ healthy }) => healthy).map(({ address }) => address);
  return { healthy: observation!.healthy, well, events, observation: observation! };
}

test.each<{
  rule: string;
  up?: number;
  down?: number;
  outcomes: readonly Outcome[];
  healthy: boolean;
  well: readonly string[] | undefined;
  events?: readonly string[];
}>([
  {
    rule: 'the first result decides for each address, and one healthy address is enough',
    down: 3,
    outcomes: [found({ [A]: true, [B]: false })],
    healthy: true,
    well: [A],
    events: ['all: unknown → healthy', `${B}: unknown → unhealthy`],
  },
  {
    rule: 'one bad result of two needed leaves an address healthy',
    down: 2,
    outcomes: [found({ [A]: true, [B]: true }), found({ [A]: true, [B]: false })],
    healthy: true,
    well: [A, B],
    events: [],
  },
  {
    rule: 'two bad results in a row make an address unhealthy',
    down: 2,
    outcomes: [
      found({ [A]: true, [B]: true }),
      found({ [A]: true, [B]: false }),
      found({ [A]: true, [B]: false }),
    ],
    healthy: true,
    well: [A],
    events: [`${B}: healthy → unhealthy`],
  },
  {
    rule: 'one good result of two needed leaves an address unhealthy',
    up: 2,
    outcomes: [found({ [A]: true, [B]: false }), found({ [A]: true, [B]: true })],
    healthy: true,
    well: [A],
    events: [],
  },
  {
    rule: 'each address has its own streak: addresses that fail in alternation all stay healthy',
    down: 2,
    outcomes: [
      found({ [A]: true, [B]: true }),
      found({ [A]: false, [B]: true }),
      found({ [A]: true, [B]: false }),
    ],
    healthy: true,
    well: [A, B],
  },
  {
    rule: 'the last healthy address takes the endpoint down with it',
    outcomes: [found({ [A]: true, [B]: false }), found({ [A]: false, [B]: false })],
    healthy: false,
    well: [],
    events: ['all: healthy → unhealthy', `${A}: healthy → unhealthy`],
  },
  {
    rule: 'for a name with one address, only the endpoint has an event',
    outcomes: [found({ [A]: true }), found({ [A]: false })],
    healthy: false,
    well: [],
    events: ['all: healthy → unhealthy'],
  },
  {
    rule: 'the first result of a new address decides at once while the endpoint is healthy',
    up: 3,
    down: 3,
    outcomes: [found({ [A]: true }), found({ [A]: true, [B]: true, [C]: false })],
    healthy: true,
    well: [A, B],
    events: [`${C}: unknown → unhealthy`],
  },
  {
    rule: 'a new address of an unhealthy endpoint needs as many good results as the endpoint',
    up: 2,
    outcomes: [found({ [A]: false }), found({ [B]: true })],
    healthy: false,
    well: [],
  },
  {
    rule: 'a new address of an unhealthy endpoint becomes healthy with the last good result it needs',
    up: 2,
    outcomes: [found({ [A]: false }), found({ [B]: true }), found({ [B]: true })],
    healthy: true,
    well: [B],
  },
  {
    rule: 'NXDOMAIN is a bad result for all known addresses',
    down: 2,
    outcomes: [found({ [A]: true, [B]: true }), GONE],
    healthy: true,
    well: [A, B],
  },
  {
    rule: 'NXDOMAIN twice in a row makes all known addresses unhealthy',
    down: 2,
    outcomes: [found({ [A]: true, [B]: true }), GONE, GONE],
    healthy: false,
    well: [],
  },
  { rule: 'NXDOMAIN for a name that never had address', outcomes: [GONE], healthy: false, well: undefined },
  {
    rule: 'a new address that this machine cannot probe is neither healthy nor reported',
    outcomes: [found({ [A]: true, [C]: 'fault' })],
    healthy: true,
    well: [A],
    events: ['all: unknown → healthy'],
  },
  {
    rule: 'a known address that this machine cannot probe keeps its health',
    outcomes: [found({ [A]: true, [C]: true }), found({ [A]: true, [C]: 'fault' })],
    healthy: true,
    well: [A, C],
    events: [],
  },
])('$rule', ({ up = 1, down = 1, outcomes, healthy, well, events }) => {
  const last = after(check(up, down), outcomes);
  expect([last.healthy, last.well]).toEqual([healthy, well]);
  if (events !== undefined) expect(last.events).toEqual(events);
});

test('an observation from an older version, with one health for all addresses, applies to each address', () => {
  const was = makeObservation({ addresses: [A, B] });
  const first = after(check(1, 2), [found({ [A]: true, [B]: false })], was);
  expect(first.well).toEqual([A, B]);
  expect(after(check(1, 2), [found({ [A]: true, [B]: false })], first.observation).well).toEqual([A]);
});

test('a change of an address or of its health is news; one more equal result is not', () => {
  const base = after(check(1, 1), [found({ [A]: true, [B]: true })]).observation;
  const isNews = (outcome: Outcome) => conclude(check(1, 1), outcome, base, WORKER, 5_000).changed;
  expect(
    [
      found({ [A]: true, [B]: true }),
      found({ [A]: true, [B]: false }),
      found({ [A]: true }),
      found({ [A]: true, [B]: true, [C]: true }),
    ].map(isNews),
  ).toEqual([false, true, true, true]);
});

test('an observation says why its addresses are old, and how many more it did not probe', () => {
  const outcome = { ...found({ [A]: true }), unprobed: 4, addressesKept: { sinceMs: 7, why: 'ESERVFAIL' } };
  expect(after(check(1, 1), [outcome]).observation).toMatchObject({
    unprobed: 4,
    addressesKept: { sinceMs: 7, why: 'ESERVFAIL' },
  });
});
