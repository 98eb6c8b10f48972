import { expect, test } from 'vitest';
import { type Health, stepHealth } from '../../src/health/health.ts';
import fc from '../support/property.ts';

/** Results as text, one a second: `+` good, `-` bad; what is believed after each, as text. */
function believed(results: string, up: number, down: number): string {
  let health: Health | undefined;
  let seen = '';
  for (const [i, result] of [...results].entries()) {
    health = stepHealth(health, result === '+', { up, down }, i * 1_000);
    seen += health.healthy ? '+' : '-';
  }
  return seen;
}

test.each([
  { results: '+', up: 3, down: 3, seen: '+', rule: 'the first result decides at once' },
  { results: '-', up: 3, down: 3, seen: '-', rule: 'the first result decides at once' },
  { results: '+-+-', up: 1, down: 1, seen: '+-+-', rule: 'thresholds of 1 follow every result' },
  { results: '+--+', up: 1, down: 2, seen: '++-+', rule: 'unhealthy after two bad results in a row' },
  { results: '+-+-+-', up: 1, down: 2, seen: '++++++', rule: 'a good result in between restarts the count' },
  { results: '-++-+++', up: 3, down: 1, seen: '------+', rule: 'healthy after three good results in a row' },
  { results: '----+', up: 1, down: 2, seen: '----+', rule: 'more bad results change nothing' },
])('$results with up $up, down $down: $seen ($rule)', ({ results, up, down, seen }) =>
  expect(believed(results, up, down)).toBe(seen),
);

test('a step keeps the time of the last flip, the results since, and the length of the streak', () => {
  let health = stepHealth(undefined, true, { up: 1, down: 2 }, 1_000);
  expect(health).toEqual({ healthy: true, lastOk: true, streak: 1, sinceMs: 1_000 });
  health = stepHealth(health, false, { up: 1, down: 2 }, 2_000);
  expect(health).toEqual({ healthy: true, lastOk: false, streak: 1, sinceMs: 1_000, sinceResults: 1 });
  health = stepHealth(health, false, { up: 1, down: 2 }, 3_000);
  expect(health).toEqual({ healthy: false, lastOk: false, streak: 2, sinceMs: 3_000 });
});

test('health flips exactly when the last `up` or `down` results all contradict it', () => {
  const thresholds = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
      thresholds,
      thresholds,
      (oks, up, down) => {
        let health: Health | undefined;
        let healthy = oks[0]!;
        for (const [i, ok] of oks.entries()) {
          health = stepHealth(health, ok, { up, down }, i);
          const wanted = ok ? up : down;
          const recent = oks.slice(Math.max(0, i + 1 - wanted), i + 1);
          if (recent.length === wanted && recent.every((one) => one === ok)) healthy = ok;
          expect(health.healthy).toBe(healthy);
        }
      },
    ),
  );
});
