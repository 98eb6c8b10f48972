import { describe, expect, test } from 'vitest';
import type { CheckKey } from '../../src/check/check.ts';
import { confirms, createMassFailureGuard } from '../../src/health/mass-failure.ts';

const RULE = { share: 0.5, windowMs: 10_000, minimum: 4 };

/**
 * `a0 b0 | c9000`: a and b turn at 0, which is decided together, then c at 9000. A letter in upper case is released.
 * Returns what is held back in the end.
 */
function run(text: string, monitored: number, rule = RULE): string {
  const guard = createMassFailureGuard(rule);
  for (const together of text.split('|')) {
    let nowMs = 0;
    for (const [, letter, at] of together.matchAll(/([a-zA-Z])(\d*)/g)) {
      const check = letter!.toLowerCase() as CheckKey;
      if (letter !== check) guard.release('eu', check);
      else {
        nowMs = Number(at);
        guard.failed('eu', check, nowMs);
      }
    }
    guard.decide('eu', monitored, nowMs);
  }
  return [...(guard.heldBack.get('eu') ?? [])].sort().join('');
}

describe('a mass failure (issue 4: more than a share of all endpoints, in one region, within a short window)', () => {
  test.each([
    { failures: 'a0 b0 c0 d0', of: 8, held: '', rule: 'half of the checks is not more than half' },
    { failures: 'a0 b0 c0 d0', of: 7, held: 'abcd', rule: 'more than half of the checks fail together' },
    { failures: 'a0 b0 c0', of: 3, held: '', rule: 'fewer than the minimum fail' },
    { failures: 'a0 b0 c0 d0', of: 4, held: 'abcd', rule: 'exactly the minimum fails' },
    {
      failures: 'a0 | b1 | c2 | d3 | e4',
      of: 7,
      held: 'abcde',
      rule: 'checks that failed before the mass failure are kept in answers, too',
    },
    {
      failures: 'a0 | b1 | A | c2 | d3',
      of: 7,
      held: 'bcd',
      rule: 'except a check that failed again or was healthy again',
    },
    {
      failures: 'a0 | b5000 | c9000 | d9999 | e10000',
      of: 7,
      held: 'abcde',
      rule: 'checks stay in answers after the window has passed',
    },
    {
      failures: 'a0 | b1 c1 d1 | e10000',
      of: 5,
      held: 'abcde',
      rule: 'a later failure does not release the checks that are kept',
    },
    { failures: 'a0 b0 c0 | d9999', of: 7, held: 'abcd', rule: 'the last failure is within the window' },
    { failures: 'a0 b0 c0 | d10000', of: 7, held: '', rule: 'the last failure is past the window' },
    { failures: 'a0 | a1 | a2 | a3 | a4', of: 4, held: '', rule: 'one check that flaps counts once' },
    { failures: 'a0 b0 c0 d0 | A B', of: 7, held: 'cd', rule: 'a second failure or a success releases it' },
    { failures: 'a0 b0 c0 d0 | A B C D', of: 7, held: '', rule: 'it is over when all are released' },
  ])('$failures of $of: [$held] ($rule)', ({ failures, of, held }) => {
    expect(run(failures, of)).toBe(held);
  });

  test('regions are counted separately', () => {
    const guard = createMassFailureGuard(RULE);
    for (const letter of 'abcd') {
      guard.failed('eu', letter as CheckKey, 0);
      guard.failed('us', letter as CheckKey, 0);
    }
    guard.decide('eu', 4, 0);
    guard.decide('us', 100, 0);
    expect([...guard.heldBack.keys()]).toEqual(['eu']);
    expect([guard.holdsBack('eu', 'a' as CheckKey), guard.holdsBack('us', 'a' as CheckKey)]).toEqual([
      true,
      false,
    ]);
  });
});

test.each([
  { healthy: false, lastOk: false, sinceResults: 0, is: false, rule: 'the failure that made it unhealthy' },
  { healthy: false, lastOk: false, sinceResults: 1, is: true, rule: 'a later check failed as well' },
  { healthy: false, lastOk: true, sinceResults: 1, is: false, rule: 'the later check was good' },
  { healthy: true, lastOk: false, sinceResults: 1, is: false, rule: 'the check is still healthy' },
])('$rule: confirms $is', ({ is, ...health }) => {
  expect(confirms({ ...health, streak: 1, sinceMs: 0 })).toBe(is);
});
