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
    { seen: 'eu1+ eu2-', healthy: true, stale: false, rule: 'a tie in a region: in' },
    { seen: 'eu1- us1- ap1+', healthy: false, stale: false, rule: 'the majority of the regions' },
    { seen: 'eu1+ us1- ap1+', healthy: true, stale: false, rule: 'the majority of the regions' },
    { seen: 'eu1- us1+', healthy: true, stale: false, rule: 'a tie of regions: in' },
    {
      seen: 'eu1- eu2- eu3- us1+ ap1+',
      healthy: true,
      stale: false,
      rule: 'a region has one vote, however many workers',
    },
    {
      seen: 'eu1+ eu2+ eu3+ us1- ap1-',
      healthy: false,
      stale: false,
      rule: 'a region has one vote, however many workers',
    },
    {
      seen: 'eu1- us1+! ap1+!',
      healthy: false,
      stale: false,
      rule: 'a region that does not report has no vote',
    },
    { seen: 'eu1+ eu2-! eu3-!', healthy: true, stale: false, rule: 'a dead worker has no voice' },
    { seen: 'eu1+? eu2-', healthy: false, stale: false, rule: 'who is unable to check has no voice' },
    { seen: 'eu1+? us1- ap1-', healthy: false, stale: false, rule: 'nor has a region of none who can' },
    { seen: 'eu1-?', held: true, healthy: true, stale: true, rule: 'nobody can: the last verdict holds' },
    { seen: 'eu1+', held: false, healthy: true, stale: false, rule: 'who lives decides, not what was held' },
    {
      seen: 'eu1-! us1-!',
      held: true,
      healthy: true,
      stale: true,
      rule: 'nobody lives: the last verdict holds',
    },
    { seen: 'eu1+!', held: false, healthy: false, stale: true, rule: 'nobody lives: the last verdict holds' },
    {
      seen: '',
      held: true,
      healthy: true,
      stale: true,
      rule: 'observations are gone: the last verdict holds',
    },
    {
      seen: '',
      held: false,
      healthy: false,
      stale: true,
      rule: 'observations are gone: the last verdict holds',
    },
    { seen: 'eu1-! us1-! ap1+!', healthy: false, stale: true, rule: 'just started: what the dead said last' },
    { seen: 'eu1+! us1-!', healthy: true, stale: true, rule: 'just started, a tie: in' },
  ])('[$seen] held $held: healthy $healthy, stale $stale ($rule)', ({ seen, held, healthy, stale }) => {
    const { all, isLive } = observations(seen);
    expect(judge(all, isLive, held)).toEqual({ healthy, stale });
    // The order in which observations came means nothing.
    expect(judge(all.toReversed(), isLive, held)).toEqual({ healthy, stale });
  });

  test('one dead worker of many changes no verdict by that alone', () => {
    for (const sign of ['+', '-']) {
      const before = observations(`eu1${sign} eu2${sign} us1${sign}`);
      const after = observations(`eu1${sign}! eu2${sign} us1${sign}`);
      expect(judge(after.all, after.isLive, undefined)).toEqual(judge(before.all, before.isLive, undefined));
    }
  });

  test('UNKNOWN is what nothing comes to', () => {
    expect(judge([], () => true, undefined)).toEqual(UNKNOWN);
  });
});

describe('judgeOwnFirst (reference API §4.1, regional health), in eu', () => {
  test.each([
    { seen: 'eu1- us1+ ap1+', healthy: false, stale: false, rule: 'the own region decides alone' },
    { seen: 'eu1+ us1- ap1-', healthy: true, stale: false, rule: 'the own region decides alone' },
    { seen: 'us1- ap1-', healthy: false, stale: false, rule: 'nothing of the own region: all that report' },
    {
      seen: 'eu1+! us1- ap1-',
      healthy: false,
      stale: false,
      rule: 'the own region is gone: all that report',
    },
    {
      seen: 'eu1-! us1-!',
      held: true,
      healthy: true,
      stale: true,
      rule: 'nobody lives: the last verdict holds',
    },
  ])('[$seen] held $held: healthy $healthy ($rule)', ({ seen, held, healthy, stale }) => {
    const { all, isLive } = observations(seen);
    expect(judgeOwnFirst('eu', all, isLive, held)).toEqual({ healthy, stale });
  });
});

describe('whenStale (design §6, stale_after)', () => {
  const healthy = { healthy: true, stale: true };
  const unhealthy = { healthy: false, stale: true };
  test.each([
    { was: healthy, rule: { policy: 'unhealthy' }, staleMs: 1e12, is: healthy, why: 'never is the default' },
    { was: healthy, rule: { policy: 'hold', afterMs: 10 }, staleMs: 10, is: healthy, why: 'hold' },
    { was: healthy, rule: { policy: 'unhealthy', afterMs: 10 }, staleMs: 9, is: healthy, why: 'not yet' },
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
      why: 'who lives decides',
    },
    {
      was: UNKNOWN,
      rule: { policy: 'healthy', afterMs: 10 },
      staleMs: 10,
      is: UNKNOWN,
      why: 'unknown stays out',
    },
  ] as const)('$was.healthy for $staleMs ms by $rule: $is.healthy ($why)', ({ was, rule, staleMs, is }) => {
    expect(whenStale(was, staleMs, rule)).toEqual(is);
  });
});
