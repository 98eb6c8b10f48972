import { expect, test } from 'vitest';
import type { Outcome } from '../../src/check/outcome.ts';
import { confirms } from '../../src/health/mass-failure.ts';
import { FAULT_CHARACTERS_MAX, type Observation } from '../../src/health/observation.ts';
import { conclude, unable } from '../../src/monitor/conclusion.ts';
import { makeCheck } from '../probe/checks.ts';
import { makeObservation, WORKER } from './observations.ts';

const GOOD: Outcome = { ok: true, reason: 'No failures', responseCode: 200, rttMs: 2 };
const BAD: Outcome = { ok: false, reason: 'TCP Timeout', responseCode: 0, rttMs: 2 };
/** What is found of a host name with these addresses, at each the same. */
const at = (outcome: Outcome, ...addresses: string[]): Outcome => ({
  ...outcome,
  byAddress: addresses.map((address) => ({ ...outcome, address })),
});
/** What was held of a host name with these addresses, of each the same. */
function held(addresses: readonly string[], fields: Partial<Observation> = {}): Observation {
  const whole = makeObservation(fields);
  const { healthy, lastOk, streak, sinceMs, reason, responseCode, rttMs } = whole;
  const one = { healthy, lastOk, streak, sinceMs, reason, responseCode, rttMs };
  return { ...whole, addresses, byAddress: addresses.map((address) => ({ ...one, address })) };
}
const DOWN: Partial<Observation> = { healthy: false, lastOk: false };

test.each<{
  rule: string;
  was: Partial<Observation> | undefined;
  outcome: Outcome;
  down?: number;
  up?: number;
  healthy: boolean;
  changed: boolean;
  event: string | undefined;
}>([
  {
    rule: 'the first result decides',
    was: undefined,
    outcome: GOOD,
    healthy: true,
    changed: true,
    event: 'unknown → healthy',
  },
  {
    rule: 'a bad first result decides, whatever the thresholds',
    was: undefined,
    outcome: BAD,
    down: 3,
    healthy: false,
    changed: true,
    event: 'unknown → unhealthy',
  },
  { rule: 'an equal result', was: {}, outcome: GOOD, healthy: true, changed: false, event: undefined },
  {
    rule: 'without a threshold one bad result is enough',
    was: {},
    outcome: BAD,
    healthy: false,
    changed: true,
    event: 'healthy → unhealthy',
  },
  {
    rule: 'with a threshold of 0 one bad result is enough',
    was: {},
    outcome: BAD,
    down: 0,
    healthy: false,
    changed: true,
    event: 'healthy → unhealthy',
  },
  { rule: 'one bad of two', was: {}, outcome: BAD, down: 2, healthy: true, changed: false, event: undefined },
  {
    rule: 'two bad results in a row make the check unhealthy',
    was: { lastOk: false, streak: 1 },
    outcome: BAD,
    down: 2,
    healthy: false,
    changed: true,
    event: 'healthy → unhealthy',
  },
  {
    rule: 'one good result makes the check healthy again',
    was: DOWN,
    outcome: GOOD,
    up: 1,
    healthy: true,
    changed: true,
    event: 'unhealthy → healthy',
  },
  {
    rule: 'a takeover is news because the worker is another, though the health is the same',
    was: { worker: 'w0' },
    outcome: GOOD,
    healthy: true,
    changed: true,
    event: undefined,
  },
  {
    rule: 'a result after an absence is news, though the health is the same',
    was: { stay: 1 },
    outcome: GOOD,
    healthy: true,
    changed: true,
    event: undefined,
  },
  {
    rule: 'the new worker of a check continues the streak of the old one',
    was: { worker: 'w0', lastOk: false, streak: 1 },
    outcome: BAD,
    down: 2,
    healthy: false,
    changed: true,
    event: 'healthy → unhealthy',
  },
])('$rule', ({ was, outcome, down, up, healthy, changed, event }) => {
  const thresholds = {
    ...(down === undefined ? {} : { consecutiveDown: down }),
    ...(up === undefined ? {} : { consecutiveUp: up }),
  };
  const check = makeCheck(thresholds, { address: '192.0.2.1' });
  const before = was && makeObservation({ check: check.key, ...was });
  const concluded = conclude(check, outcome, before, WORKER, 5_000);
  expect(concluded.observation).toMatchObject({
    check: check.key,
    region: 'eu',
    worker: 'w1',
    healthy,
    lastOk: outcome.ok,
    reason: outcome.reason,
    responseCode: outcome.responseCode,
    rttMs: 2,
    atMs: 5_000,
    sinceMs: event === undefined ? 1_000 : 5_000,
  });
  expect(concluded.changed).toBe(changed);
  expect(concluded.events.map((each) => `${each.was} → ${each.now}`)).toEqual(
    event === undefined ? [] : [event],
  );
});

test('every endpoint that has the check gets its own event', () => {
  const check = makeCheck({}, { address: '192.0.2.1' });
  const [user] = check.users;
  const twice = {
    ...check,
    users: [user!, { pool: { ...user!.pool, name: 'api' }, endpoint: user!.endpoint }],
  };
  const { events } = conclude(twice, BAD, undefined, WORKER, 5_000);
  expect(events).toEqual(
    ['web', 'api'].map((poolName) => ({
      kind: 'health',
      pool: user!.pool.id,
      poolName,
      endpoint: 'one',
      address: '192.0.2.1',
      monitor: check.monitor.id,
      was: 'unknown',
      now: 'unhealthy',
      reason: 'TCP Timeout',
      region: 'eu',
      worker: 'w1',
      atMs: 5_000,
    })),
  );
});

test.each([
  { was: ['192.0.2.1'], found: ['192.0.2.1'], addresses: ['192.0.2.1'], changed: false },
  {
    was: ['192.0.2.1', '192.0.2.2'],
    found: ['192.0.2.2', '192.0.2.1'],
    addresses: ['192.0.2.1', '192.0.2.2'],
    changed: false,
  },
  { was: ['192.0.2.1'], found: ['192.0.2.2'], addresses: ['192.0.2.2'], changed: true },
  {
    was: ['192.0.2.1'],
    found: ['192.0.2.1', '192.0.2.2'],
    addresses: ['192.0.2.1', '192.0.2.2'],
    changed: true,
  },
  { was: ['192.0.2.1'], found: undefined, addresses: ['192.0.2.1'], changed: false },
  { was: undefined, found: ['192.0.2.1'], addresses: ['192.0.2.1'], changed: true },
])('addresses $was, then $found: $addresses kept, news: $changed', ({ was, found, addresses, changed }) => {
  const check = makeCheck({}, { address: 'a.example.org' });
  const before = was === undefined ? makeObservation() : held(was);
  const outcome = found === undefined ? GOOD : at(GOOD, ...found);
  const concluded = conclude(check, outcome, before, WORKER, 5_000);
  expect([concluded.observation.addresses, concluded.changed]).toEqual([addresses, changed]);
});

test.each([
  { was: undefined, found: 30, ttl: 16, changed: true, rule: 'the TTL is known for the first time' },
  {
    was: 16,
    found: 17,
    ttl: 16,
    changed: false,
    rule: 'a TTL that a cache counts down is not news every second',
  },
  { was: 16, found: 15, ttl: 8, changed: true, rule: 'half the TTL is news' },
  { was: 16, found: undefined, ttl: undefined, changed: true, rule: 'the TTL is unknown now' },
])('a TTL of $was, then $found: $ttl, news: $changed ($rule)', ({ was, found, ttl, changed }) => {
  const addresses = ['192.0.2.1'];
  const of = (seconds: number | undefined) => (seconds === undefined ? {} : { addressTtlSeconds: seconds });
  const before = held(addresses, of(was));
  const concluded = conclude(
    makeCheck({}, {}),
    { ...at(GOOD, ...addresses), ...of(found) },
    before,
    WORKER,
    5_000,
  );
  expect([concluded.observation.addressTtlSeconds, concluded.changed]).toEqual([ttl, changed]);
  const lost = conclude(makeCheck({}, {}), BAD, concluded.observation, WORKER, 6_000);
  expect(lost.observation.addressTtlSeconds).toBe(ttl);
});

test.each([
  { was: { sinceResults: 0 }, changed: true, rule: 'the first failure after the check turned bad is news' },
  { was: { sinceResults: 1 }, changed: false, rule: 'a later failure is not news' },
  { was: { sinceResults: 1, lastOk: true }, changed: true, rule: 'good results do not confirm a failure' },
])('$rule (design: mass failures)', ({ was, changed }) => {
  const before = makeObservation({ ...DOWN, ...was });
  expect(conclude(makeCheck({ consecutiveUp: 9 }, {}), BAD, before, WORKER, 2_000).changed).toBe(changed);
});

test('a second failure confirms the first, even if the clock of the second worker is behind', () => {
  const turned = conclude(makeCheck({}, {}), BAD, makeObservation(), WORKER, 9_000).observation;
  const next = conclude(makeCheck({}, {}), BAD, turned, { ...WORKER, id: 'w2' }, 5_000).observation;
  expect([confirms(turned), confirms(next)]).toEqual([false, true]);
});

test('a worker that cannot make a check keeps the earlier health, and its first result is news', () => {
  const check = makeCheck({}, {});
  const was = makeObservation({ streak: 7, worker: 'w0' });
  const held = unable(check, 'x'.repeat(FAULT_CHARACTERS_MAX + 1), was, WORKER, 5_000);
  expect(held).toMatchObject({ healthy: true, streak: 7, worker: 'w1', reason: 'Probe Not Possible' });
  expect(held.fault).toHaveLength(FAULT_CHARACTERS_MAX);
  const { observation, changed, events } = conclude(check, GOOD, held, WORKER, 6_000);
  expect([observation.fault, observation.streak, changed, events]).toEqual([undefined, 8, true, []]);
  const never = unable(check, 'x', undefined, WORKER, 5_000);
  expect(conclude(check, BAD, never, WORKER, 6_000).events).toMatchObject([
    { was: 'unknown', now: 'unhealthy' },
  ]);
});

test.each([
  { was: {}, outcome: BAD, tells: true },
  { was: { lastOk: false }, outcome: BAD, tells: false },
  { was: { lastOk: false }, outcome: GOOD, tells: true },
  { was: DOWN, outcome: GOOD, tells: true },
])(
  'only with the option is a result news that begins or ends to contradict the health: $tells',
  ({ was, outcome, tells }) => {
    const check = makeCheck({ consecutiveDown: 3, consecutiveUp: 3 }, {});
    const before = makeObservation({ ...was, check: check.key });
    const news = (publishesContradictions: boolean) =>
      conclude(check, outcome, before, WORKER, 9, publishesContradictions).changed;
    expect([news(true), news(false)]).toEqual([tells, false]);
  },
);

test('an observation keeps the end of a certificate while none is shown, and another end is news', () => {
  const check = makeCheck({}, {});
  const shown = (certificateEndsAtMs: number) => ({ ...GOOD, certificateEndsAtMs });
  const first = conclude(check, shown(5), undefined, WORKER, 1).observation;
  const same = conclude(check, shown(5), first, WORKER, 2);
  const none = conclude(check, GOOD, same.observation, WORKER, 3);
  const other = conclude(check, shown(9), none.observation, WORKER, 4);
  expect(
    [same, none, other].map(({ observation, changed }) => [observation.certificateEndsAtMs, changed]),
  ).toEqual([
    [5, false],
    [5, false],
    [9, true],
  ]);
});
