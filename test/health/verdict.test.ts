import { describe, expect, test } from 'vitest';
import type { CheckKey } from '../../src/check/check.ts';
import type { Observation } from '../../src/health/observation.ts';
import { judge, judgeOwnFirst, UNKNOWN, whenStale } from '../../src/health/verdict.ts';

/** `eu1+` is a healthy observation of worker 1 in region eu, `eu2-` an unhealthy one; `!` behind it: a dead worker; `?`: unable to check. */
function observations(text: string): { all: Observation[]; isLive: (worker: string) => boolean } {
  const dead = new Set<string>();
  const all = text
    .split(' ')
    .filter(Boolean)
    .map((word): Observation => {
      const [, region, number, sign, mark] = /^([a-z]+)(\d+)([+-])([!?]?)$/.exec(word)!;
      const worker = `${region}${number}`;
      if (mark === '!') dead.add(worker);
      const healthy = sign === '+';
      return {
        check: 'check' as CheckKey,
        region: region!,
        worker,
        healthy,
        lastOk: healthy,
        streak: 1,
        sinceMs: 0,
        reason: healthy ? 'No failures' : 'TCP Timeout',
        responseCode: 0,
        rttMs: 1,
        atMs: 0,
        ...(mark === '?' ? { fault: 'cannot' } : {}),
      };
    });
  return { all, isLive: (worker) => !dead.has(worker) };
}

describe('judge (design §6)', () => {
  test.each([
    { seen: '', healthy: undefined, stale: false, rule: 'nothing was ever observed: unknown' },
    { seen: 'eu1+', healthy: true, stale: false, rule: 'one worker' },
    { seen: 'eu1-', healthy: false, stale: false, rule: 'one worker' },
    { seen: 'eu1- eu2- eu3+', healthy: false, stale: false, rule: 'a region is the majority of its workers' },
    { seen: 'eu1+ eu2+ eu3-', healthy: true, stale: false, rule: 'a region is the majority of its workers' },
    { seen: 'eu1+ eu2-', healthy: true, stale: false, rule: 'a tie in a region is healthy' },
    { seen: 'eu1- us1- ap1+', healthy: false, stale: false, rule: 'the majority of the regions decides' },
    { seen: 'eu1+ us1- ap1+', healthy: true, stale: false, rule: 'the majority of the regions decides' },
    { seen: 'eu1- us1+', healthy: true, stale: false, rule: 'a tie of regions is healthy' },
    {
      seen: 'eu1- eu2- eu3- us1+ ap1+',
      healthy: true,
      stale: false,
      rule: 'a region has one vote, whatever its number of workers',
    },
    {
      seen: 'eu1+ eu2+ eu3+ us1- ap1-',
      healthy: false,
      stale: false,
      rule: 'a region has one vote, whatever its number of workers',
    },
    {
      seen: 'eu1- us1+! ap1+!',
      healthy: false,
      stale: false,
      rule: 'a region that does not report has no vote',
    },
    { seen: 'eu1+ eu2-! eu3-!', healthy: true, stale: false, rule: 'a dead worker has no vote' },
    { seen: 'eu1+? eu2-', healthy: false, stale: false, rule: 'a worker that cannot check has no vote' },
    { seen: 'eu1+? us1- ap1-', healthy: false, stale: false, rule: 'a region of such workers has no vote' },
    { seen: 'eu1-?', held: true, healthy: true, stale: true, rule: 'none can check: the verdict stays' },
    { seen: 'eu1+', held: false, healthy: true, stale: false, rule: 'a live worker decides' },
    {
      seen: 'eu1-! us1-!',
      held: true,
      healthy: true,
      stale: true,
      rule: 'no worker is live: the last verdict stays',
    },
    { seen: 'eu1+!', held: false, healthy: false, stale: true, rule: 'no live worker: the verdict stays' },
    {
      seen: '',
      held: true,
      healthy: true,
      stale: true,
      rule: 'there are no observations: the last verdict stays',
    },
    {
      seen: '',
      held: false,
      healthy: false,
      stale: true,
      rule: 'there are no observations: the last verdict stays',
    },
    { seen: 'eu1-! us1-! ap1+!', healthy: false, stale: true, rule: 'after a start, dead workers decide' },
    { seen: 'eu1+! us1-!', healthy: true, stale: true, rule: 'after a start, a tie is healthy' },
  ])('[$seen] before $held: healthy $healthy, stale $stale ($rule)', ({ seen, held, healthy, stale }) => {
    const { all, isLive } = observations(seen);
    expect(judge(all, isLive, held)).toEqual({ healthy, stale });
    // The order in which observations came means nothing.
    expect(judge(all.toReversed(), isLive, held)).toEqual({ healthy, stale });
  });

  test('the death of one worker among several does not change the verdict', () => {
    for (const sign of ['+', '-']) {
      const before = observations(`eu1${sign} eu2${sign} us1${sign}`);
      const after = observations(`eu1${sign}! eu2${sign} us1${sign}`);
      expect(judge(after.all, after.isLive, undefined)).toEqual(judge(before.all, before.isLive, undefined));
    }
  });

  test('without observations the verdict is UNKNOWN', () => {
    expect(judge([], () => true, undefined)).toEqual(UNKNOWN);
  });
});

describe('judgeOwnFirst (reference API §4.1, regional health), in eu', () => {
  test.each([
    { seen: 'eu1- us1+ ap1+', healthy: false, stale: false, rule: 'the region of the pool decides alone' },
    { seen: 'eu1+ us1- ap1-', healthy: true, stale: false, rule: 'the region of the pool decides alone' },
    { seen: 'us1- ap1-', healthy: false, stale: false, rule: 'no own observations: all regions decide' },
    {
      seen: 'eu1+! us1- ap1-',
      healthy: false,
      stale: false,
      rule: 'the own region has no live worker: all other regions decide',
    },
    {
      seen: 'eu1-! us1-!',
      held: true,
      healthy: true,
      stale: true,
      rule: 'no worker is live: the last verdict stays',
    },
  ])('[$seen] after verdict $held: healthy $healthy ($rule)', ({ seen, held, healthy, stale }) => {
    const { all, isLive } = observations(seen);
    expect(judgeOwnFirst('eu', all, isLive, held)).toEqual({ healthy, stale });
  });
});

describe('whenStale (design §6, stale_after)', () => {
  const healthy = { healthy: true, stale: true };
  const unhealthy = { healthy: false, stale: true };
  test.each([
    { was: healthy, rule: { policy: 'unhealthy' }, staleMs: 1e12, is: healthy, why: 'never is the default' },
    { was: healthy, rule: { policy: 'hold', afterMs: 10 }, staleMs: 10, is: healthy, why: 'policy hold' },
    { was: healthy, rule: { policy: 'unhealthy', afterMs: 10 }, staleMs: 9, is: healthy, why: 'too early' },
    { was: healthy, rule: { policy: 'unhealthy', afterMs: 10 }, staleMs: 10, is: unhealthy, why: 'too old' },
    {
      was: unhealthy,
      rule: { policy: 'unhealthy', afterMs: 10 },
      staleMs: 10,
      is: unhealthy,
      why: 'too old',
    },
    { was: unhealthy, rule: { policy: 'healthy', afterMs: 10 }, staleMs: 10, is: healthy, why: 'too old' },
    {
      was: { healthy: true, stale: false },
      rule: { policy: 'unhealthy', afterMs: 10 },
      staleMs: 10,
      is: { healthy: true, stale: false },
      why: 'a live worker decides',
    },
    {
      was: UNKNOWN,
      rule: { policy: 'healthy', afterMs: 10 },
      staleMs: 10,
      is: UNKNOWN,
      why: 'an unknown verdict stays unknown',
    },
  ] as const)('$was.healthy for $staleMs ms by $rule: $is.healthy ($why)', ({ was, rule, staleMs, is }) => {
    expect(whenStale(was, staleMs, rule)).toEqual(is);
  });
});
