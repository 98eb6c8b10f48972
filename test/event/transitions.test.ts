import { describe, expect, test } from 'vitest';
import type { Worker } from '../../src/check/worker.ts';
import type { PoolStanding } from '../../src/event/event.ts';
import type { ReportedPool, ReportedState } from '../../src/event/reported.ts';
import {
  alarmReports,
  overrideReports,
  poolReport,
  presenceReports,
  type RaisedAlarm,
  type ServedPool,
  type SubjectReport,
} from '../../src/event/transitions.ts';
import type { Standing } from '../../src/pool/members.ts';
import type { Override } from '../../src/pool/override.ts';
import { makeEndpoint } from '../probe/checks.ts';

const STANDINGS: Readonly<Record<string, Standing>> = {
  h: 'healthy',
  u: 'unhealthy',
  '?': 'unknown',
  '-': 'unmonitored',
  x: 'disabled',
};

/** `healthy ah bu`: the pool, and its endpoints by name and standing; `ah!` is in since its failure is held back. */
function parse(text: string) {
  const [standing, ...endpoints] = text.split(' ');
  return {
    standing: standing as PoolStanding,
    endpoints: endpoints.map((each) => [each[0]!, STANDINGS[each[1]!]!] as const),
  };
}

function reported(text: string): ReportedPool | undefined {
  return text === '' ? undefined : { kind: 'pool', name: 'web', ...parse(text) };
}

function present(text: string): ServedPool | undefined {
  if (text === '') return undefined;
  const { standing, endpoints } = parse(text);
  return {
    id: 'p',
    name: 'web',
    standing,
    endpoints: endpoints.map(([name, each]) => ({
      name,
      address: '192.0.2.1',
      standing: each,
      isHeldBack: text.includes(`${name}h!`),
    })),
    answered: endpoints.filter(([, each]) => each === 'healthy').length,
    minimum: 1,
  };
}

const why = () => ({ reason: 'TCP Timeout', region: 'eu' });
const steps = (was: string, now: string) => poolReport('p', reported(was), present(now), why, 7);

/** `a unknown>healthy`, and for the pool `pool …`; then what is remembered. */
function shown({ events, put, drop }: SubjectReport): string {
  const turns = events.map((event) => {
    const who = 'endpoint' in event ? event.endpoint : event.kind;
    return `${who} ${event.was}>${event.now}`;
  });
  return [...turns, ...put.map(() => 'put'), ...drop.map((subject) => `drop ${subject}`)].join(', ');
}

describe('a pool and its endpoints', () => {
  test.each([
    { was: 'healthy ah bu', now: 'healthy ah bu', gives: '', rule: 'nothing changed' },
    { was: 'healthy ah bu', now: 'healthy ah bh!', gives: '', rule: 'reported unhealthy, then kept' },
    { was: 'healthy ah bh', now: 'healthy ah bh!', gives: '', rule: 'kept before it was reported' },
    {
      was: 'healthy ah bu',
      now: 'healthy au bh!',
      gives: 'a healthy>unhealthy, put',
      rule: 'another endpoint changes while one reported as unhealthy is kept in answers',
    },
    {
      was: 'unhealthy au bu',
      now: 'healthy ah! bh!',
      gives: '',
      rule: 'a pool is healthy only by endpoints that are kept in answers',
    },
    {
      was: 'unhealthy au bu',
      now: 'healthy ah! bh',
      gives: 'b unhealthy>healthy, pool unhealthy>healthy, put',
      rule: 'a pool is healthy without the endpoint that is kept in answers',
    },
    {
      was: 'healthy a? bh',
      now: 'healthy ah! bh',
      gives: 'a unknown>healthy, put',
      rule: 'an endpoint kept in answers was never reported as unhealthy',
    },
    {
      was: 'healthy ah bh',
      now: 'healthy au bh',
      gives: 'a healthy>unhealthy, put',
      rule: 'one endpoint becomes unhealthy',
    },
    {
      was: 'healthy ah',
      now: 'unhealthy au',
      gives: 'a healthy>unhealthy, pool healthy>unhealthy, put',
      rule: 'the pool becomes unhealthy with its endpoint',
    },
    {
      was: 'unhealthy au',
      now: 'healthy ah',
      gives: 'a unhealthy>healthy, pool unhealthy>healthy, put',
      rule: 'the pool becomes healthy with its endpoint',
    },
    {
      was: 'unknown a?',
      now: 'healthy ah',
      gives: 'a unknown>healthy, pool unknown>healthy, put',
      rule: 'the first result is a transition',
    },
    {
      was: '',
      now: 'healthy ah',
      gives: 'a unknown>healthy, pool unknown>healthy, put',
      rule: 'the first report of a pool is a transition',
    },
    { was: '', now: 'unknown a?', gives: 'put', rule: 'a new pool that is unknown has no transition' },
    { was: '', now: 'unmonitored a-', gives: 'put', rule: 'a new pool without a monitor has no transition' },
    { was: '', now: 'disabled ax', gives: 'put', rule: 'a new pool that is disabled has no transition' },
    {
      was: 'healthy ah',
      now: 'disabled ax',
      gives: 'a healthy>disabled, pool healthy>disabled, put',
      rule: 'a pool that is disabled later has a transition',
    },
    {
      was: 'healthy ah',
      now: 'unmonitored a-',
      gives: 'a healthy>unmonitored, pool healthy>unmonitored, put',
      rule: 'a pool lost its monitor',
    },
    {
      was: 'unmonitored a-',
      now: 'unknown a?',
      gives: 'a unmonitored>unknown, pool unmonitored>unknown, put',
      rule: 'a pool got a monitor',
    },
    { was: 'healthy ah', now: 'healthy ah b?', gives: 'put', rule: 'an endpoint was added' },
    { was: 'healthy ah bh', now: 'healthy ah', gives: 'put', rule: 'a healthy endpoint was removed' },
    { was: 'healthy ah', now: 'healthy bh', gives: 'b unknown>healthy, put', rule: 'another replaced it' },
    {
      was: 'healthy ah',
      now: 'maintenance ah',
      gives: 'pool healthy>maintenance, put',
      rule: 'all endpoints are under maintenance',
    },
    {
      was: 'unknown a? b?',
      now: 'unhealthy au b?',
      gives: 'a unknown>unhealthy, put',
      rule: 'the other endpoint may still become healthy',
    },
    {
      was: 'unknown au b?',
      now: 'unhealthy au bu',
      gives: 'b unknown>unhealthy, pool unknown>unhealthy, put',
      rule: 'the other endpoint is unhealthy, too',
    },
    { was: 'unhealthy au', now: 'unhealthy au b?', gives: 'put', rule: 'an unhealthy pool stays so' },
    { was: 'healthy ah', now: '', gives: 'drop pool/p', rule: 'a deleted healthy pool has no transition' },
    { was: '', now: '', gives: '', rule: 'a deleted pool was never reported' },
    {
      was: 'unhealthy ah bu',
      now: '',
      gives: 'b unhealthy>deleted, pool unhealthy>deleted, drop pool/p',
      rule: 'a deleted unhealthy endpoint and its pool are reported as deleted',
    },
    { was: 'healthy ah bu', now: 'healthy ah', gives: 'b unhealthy>deleted, put', rule: 'it is deleted' },
    {
      was: 'healthy au bh',
      now: 'healthy bh cu',
      gives: 'a unhealthy>deleted, c unknown>unhealthy, put',
      rule: 'an unhealthy endpoint replaced another',
    },
  ])('[$was] then [$now]: $gives ($rule)', ({ was, now, gives: expected }) => {
    expect(shown(steps(was, now))).toBe(expected);
  });

  test('a transition names the pool and endpoint, was, now, reason, region and time', () => {
    const { events, put } = steps('healthy ah', 'unhealthy au');
    const common = { pool: 'p', poolName: 'web', was: 'healthy', now: 'unhealthy', atMs: 7 };
    expect(events).toEqual([
      {
        kind: 'endpoint',
        ...common,
        endpoint: 'a',
        address: '192.0.2.1',
        reason: 'TCP Timeout',
        region: 'eu',
      },
      { kind: 'pool', ...common, reason: '0 of 1 endpoints may be answered; at least 1 must be' },
    ]);
    expect(put).toEqual([{ subject: 'pool/p', state: reported('unhealthy au') }]);
  });

  test('a deleted pool is reported by its old name and without an address', () => {
    const { events } = steps('unhealthy au', '');
    const common = { pool: 'p', poolName: 'web', was: 'unhealthy', now: 'deleted', atMs: 7 };
    expect(events).toEqual([
      { kind: 'endpoint', ...common, endpoint: 'a', reason: 'it was deleted' },
      { kind: 'pool', ...common, reason: 'it was deleted' },
    ]);
  });

  test('the end of a deleted pool was sent to all destinations, but not to the address in its own settings', () => {
    const audience = { notificationEmail: 'a@example.org', notificationFilter: { pool: { disable: true } } };
    const now = { ...present('unhealthy au')!, audience };
    const { put } = poolReport('p', reported('unhealthy au'), now, why, 7);
    const state = put[0]!.state as ReportedPool;
    expect(state).toEqual({ ...reported('unhealthy au'), audience });
    expect(shown(poolReport('p', structuredClone(state), now, why, 7))).toBe('');
    const { events } = poolReport('p', state, undefined, why, 7);
    expect(events).toEqual([
      expect.objectContaining({ kind: 'endpoint', now: 'deleted', audience }),
      expect.objectContaining({ kind: 'pool', now: 'deleted', audience }),
    ]);
    // An endpoint that is deleted alone still has its pool, which says who is notified.
    const [alone] = poolReport('p', state, { ...now, endpoints: [] }, why, 7).events;
    expect([alone!.now, 'audience' in alone!]).toEqual(['deleted', false]);
  });

  test('the name of a pool that was reported without one is remembered, and has no transition', () => {
    const { name: _, ...nameless } = reported('healthy ah')!;
    expect(shown(poolReport('p', nameless, present('healthy ah'), why, 7))).toBe('put');
  });

  test('a transition under an override names the override, and a forced-out endpoint leaves no transition open', () => {
    const pool = present('unhealthy a? b?')!;
    const endpoints = pool.endpoints.map((each) => ({ ...each, override: 'out' as const }));
    expect(shown(poolReport('p', reported('unknown a? b?'), { ...pool, endpoints }, why, 7))).toBe(
      'pool unknown>unhealthy, put',
    );
    const turned = present('unhealthy au')!;
    const beneath = turned.endpoints.map((each) => ({ ...each, override: 'maintenance' as const }));
    const { events } = poolReport('p', reported('unhealthy ah'), { ...turned, endpoints: beneath }, why, 7);
    expect(events).toEqual([expect.objectContaining({ now: 'unhealthy', override: 'maintenance' })]);
  });

  test('an endpoint may be named like a property of objects', () => {
    const endpoints = [{ name: '__proto__', address: '192.0.2.1', standing: 'healthy' as const }];
    const now = { ...present('healthy ah')!, endpoints };
    const first = poolReport('p', undefined, now, why, 7);
    expect(first.events).toHaveLength(2);
    const state = first.put[0]!.state as ReportedPool;
    expect(poolReport('p', structuredClone(state), now, why, 7).events).toEqual([]);
  });
});

describe('workers and regions', () => {
  /** `a@eu b@us!`: workers in regions; ! abstains. */
  const workers = (text: string): Worker[] =>
    text
      .split(' ')
      .filter(Boolean)
      .map((each) => {
        const [id, region] = each.replace('!', '').split('@') as [string, string];
        return { id, region, startedAtMs: 0, ...(each.endsWith('!') ? { isAbstaining: true } : {}) };
      });
  /** What is remembered after these reports. */
  function remembered(text: string): Map<string, ReportedState> {
    const all = new Map<string, ReportedState>();
    for (const { put } of presenceReports(all, workers(text), () => true, 0))
      for (const { subject, state } of put) all.set(subject, state);
    return all;
  }
  const turns = (was: string, now: string, isGone = true) =>
    presenceReports(remembered(was), workers(now), () => isGone, 7)
      .flatMap(({ events }) => events)
      .map((event) => `${event.kind === 'worker' ? event.worker : event.kind} ${event.was}>${event.now}`)
      .join(', ');

  test.each([
    { was: '', now: 'a@eu', gives: 'a absent>live, region absent>live', rule: 'a worker joined' },
    { was: 'a@eu', now: 'a@eu b@eu', gives: 'b absent>live', rule: 'a second worker joined' },
    { was: 'a@eu', now: 'a@eu!', gives: 'a live>abstaining, region live>abstaining', rule: 'it abstains' },
    { was: 'a@eu b@eu', now: 'a@eu! b@eu', gives: 'a live>abstaining', rule: 'one of two abstains' },
    { was: 'a@eu!', now: 'a@eu', gives: 'a abstaining>live, region abstaining>live', rule: 'it votes again' },
    { was: 'a@eu b@us', now: 'b@us', gives: 'a live>absent, region live>absent', rule: 'it left' },
    { was: 'a@eu b@eu', now: 'b@eu', gives: 'a live>absent', rule: 'one of two workers left' },
    { was: 'a@eu', now: 'a@eu', gives: '', rule: 'nothing changed' },
  ])('[$was] then [$now]: $gives ($rule)', ({ was, now, gives: expected }) => {
    expect(turns(was, now)).toBe(expected);
  });

  test('a worker that may return soon is not reported as absent', () => {
    expect(turns('a@eu', '', false)).toBe('');
  });

  test('a departed worker is dropped, and its event names its region', () => {
    const gone = presenceReports(remembered('a@eu'), [], () => true, 7);
    expect(gone.map(({ drop }) => drop)).toEqual([['worker/a'], ['region/eu']]);
    expect(gone[0]!.events[0]).toMatchObject({ worker: 'a', region: 'eu', now: 'absent' });
  });
});

describe('overrides', () => {
  const AT_MS = Date.parse('2026-06-01T12:00:00Z');
  const override = (over: Partial<Override> = {}): Override => ({
    id: 'o',
    pool: 'p',
    action: 'out',
    owner: 'ann',
    reason: 'disk',
    createdOn: '',
    ...over,
  });
  const HELD: ReportedState = { kind: 'override', pool: 'p', poolName: 'web', action: 'out', owner: 'ann' };
  const OF_A: ReportedState = { ...HELD, endpoint: 'A' };
  test.each([
    { was: undefined, now: override(), gives: 'pending>active disk', rule: 'it begins without times' },
    {
      was: undefined,
      now: override({ start: '2026-06-01T12:00:00Z' }),
      gives: 'pending>active disk',
      rule: 'it begins at its start time',
    },
    { was: undefined, now: override({ start: '2026-06-01T12:00:01Z' }), gives: '', rule: 'too early' },
    {
      was: undefined,
      now: override({ end: '2026-06-01T12:00:00Z' }),
      gives: '',
      rule: 'it ended before a node led',
    },
    { was: HELD, now: override(), gives: '', rule: 'it stays active' },
    {
      was: HELD,
      now: override({ action: 'in' }),
      gives: 'active>active disk',
      rule: 'its action changed',
    },
    { was: HELD, now: override({ end: '2026-06-01T12:00:01Z' }), gives: '', rule: 'its end has not come' },
    {
      was: HELD,
      now: override({ end: '2026-06-01T12:00:00Z' }),
      gives: 'active>ended its end time has passed',
      rule: 'it ends at its end time',
    },
    { was: OF_A, now: undefined, gives: 'active>deleted it was deleted', rule: 'it was deleted' },
    {
      was: { ...OF_A, endpoint: 'b8', poolName: 'before' },
      now: undefined,
      gives: 'active>deleted its endpoint is no longer in the pool',
      rule: 'its endpoint was deleted, and its pool has another name by now',
    },
    {
      was: HELD,
      now: override({ start: '2026-06-02T12:00:00Z' }),
      gives: 'active>pending its start time is yet to come',
      rule: 'its start time was postponed',
    },
  ])('an override, when $rule: [$gives]', ({ was, now, gives: expected }) => {
    const before = new Map<string, ReportedState>(was ? [['override/o', was]] : []);
    const web = { name: 'web', endpoints: [makeEndpoint({ name: 'a' })] };
    const found = overrideReports(before, new Map(now ? [['o', now]] : []), () => web, AT_MS);
    const text = found.flatMap(({ events }) => events).map((e) => `${e.was}>${e.now} ${e.reason}`);
    expect(text.join()).toBe(expected);
    for (const { events } of found)
      expect(events[0]).toMatchObject({
        override: 'o',
        pool: 'p',
        poolName: 'web',
        owner: 'ann',
        atMs: AT_MS,
      });
  });
});

test('an alarm is reported once when it is raised and once when it is over', () => {
  const raised: RaisedAlarm = {
    kind: 'alarm',
    alarm: 'mass_failure',
    about: 'eu',
    region: 'eu',
    pools: ['web'],
    reason: 'too much',
    sinceMs: 6,
  };
  const subject = 'alarm/mass_failure/eu';
  const [begun] = alarmReports(new Map(), new Map([[subject, raised]]), 7);
  const { sinceMs: _, ...shown } = raised;
  expect(begun!.events).toEqual([{ ...shown, was: 'quiet', now: 'raised', atMs: 7 }]);
  const state = begun!.put[0]!.state;
  expect(state).not.toHaveProperty('reason');
  expect(alarmReports(new Map([[subject, state]]), new Map([[subject, raised]]), 8)).toEqual([]);
  const [over] = alarmReports(new Map([[subject, state]]), new Map(), 9);
  expect(over).toMatchObject({ put: [], drop: [subject] });
  expect(over!.events[0]).toMatchObject({ about: 'eu', was: 'raised', now: 'quiet', pools: ['web'] });
});
