import { describe, expect, test } from 'vitest';
import { CALM, type Damping, stepDamping } from '../../src/health/damping.ts';
import fc from '../support/property.ts';

const RULE = { flips: 2, windowMs: 100, holdMaxMs: 500 };
const after = (...flips: number[]) =>
  flips.reduce<Damping>((damping, atMs) => stepDamping(damping, atMs, RULE), CALM);

describe('damping (issue 4: more than N flips in a window damp a verdict for a growing, bounded time)', () => {
  test.each([
    { flips: [0, 1], untilMs: CALM.untilMs, rule: 'as many flips as are allowed' },
    { flips: [0, 1, 2], untilMs: 102, rule: 'one flip more damps for one window' },
    { flips: [0, 50, 99], untilMs: 199, rule: 'the third flip is within the window' },
    { flips: [0, 50, 100], untilMs: CALM.untilMs, rule: 'the third flip is past the window' },
    { flips: [0, 1, 2, 101], untilMs: 102, rule: 'flips during damping do not extend it' },
    { flips: [0, 1, 2, 100, 101, 102], untilMs: 302, rule: 'flips soon after damping damp twice as long' },
    { flips: [0, 1, 2, 201, 201, 201], untilMs: 401, rule: 'flips at the end of that time count as soon' },
    { flips: [0, 1, 2, 202, 202, 202], untilMs: 302, rule: 'flips later than that start anew' },
    {
      flips: [0, 1, 2, 100, 101, 102, 300, 301, 302, 700, 701, 702],
      untilMs: 1_202,
      rule: 'the bound of 500 comes after 100, 200 and 400',
    },
  ])('flips at $flips: damped until $untilMs ($rule)', ({ flips, untilMs }) => {
    expect(after(...flips).untilMs).toBe(untilMs);
  });

  test('after any flips, damping is not longer than its bound, and few flips are remembered', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 60 }), (pauses) => {
        let damping = CALM;
        let nowMs = 0;
        for (const pause of pauses) {
          nowMs += pause;
          damping = stepDamping(damping, nowMs, RULE);
          expect(damping.untilMs - nowMs).toBeLessThanOrEqual(RULE.holdMaxMs);
          expect(damping.flips.length).toBeLessThanOrEqual(RULE.flips + 1);
        }
      }),
    );
  });
});
