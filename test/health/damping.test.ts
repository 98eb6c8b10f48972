import { describe, expect, test } from 'vitest';
import { CALM, type Damping, stepDamping } from '../../src/health/damping.ts';
import fc from '../support/property.ts';

const RULE = { flips: 2, windowMs: 100, holdMaxMs: 500 };
const after = (...flips: number[]) =>
  flips.reduce<Damping>((damping, atMs) => stepDamping(damping, atMs, RULE), CALM);

describe('damping (issue 4: more than N flips in a window, held out for a growing, bounded time)', () => {
  test.each([
    { flips: [0, 1], untilMs: CALM.untilMs, rule: 'as many as are allowed' },
    { flips: [0, 1, 2], untilMs: 102, rule: 'one more: held out for a window' },
    { flips: [0, 50, 99], untilMs: 199, rule: 'within the window' },
    { flips: [0, 50, 100], untilMs: CALM.untilMs, rule: 'past the window' },
    { flips: [0, 1, 2, 101], untilMs: 102, rule: 'flips while held out make it no longer' },
    { flips: [0, 1, 2, 100, 101, 102], untilMs: 302, rule: 'again soon after: for twice as long' },
    { flips: [0, 1, 2, 201, 201, 201], untilMs: 401, rule: 'within as long as it was held out: again' },
    { flips: [0, 1, 2, 202, 202, 202], untilMs: 302, rule: 'later than that it starts over' },
    {
      flips: [0, 1, 2, 100, 101, 102, 300, 301, 302, 700, 701, 702],
      untilMs: 1_202,
      rule: '100, 200, 400, and not 800 but 500, the bound',
    },
  ])('flips at $flips: held out until $untilMs ($rule)', ({ flips, untilMs }) => {
    expect(after(...flips).untilMs).toBe(untilMs);
  });

  test('whatever flips when, no hold is longer than the bound, and what is remembered stays small', () => {
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
