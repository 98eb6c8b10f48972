import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import { createRunner, type RunnerOptions, SLOW_SHARE } from '../../../src/monitor/schedule/runner.ts';

const key = (name: string | number) => `check ${name}` as CheckKey;

/** A runner whose checks end when told to. */
function makeRunner(inFlightMax: number, options: Partial<RunnerOptions> = {}) {
  const started: CheckKey[] = [];
  const ends = new Map<CheckKey, () => void>();
  const aborted: CheckKey[] = [];
  const runner = createRunner({
    inFlightMax,
    perTargetMax: inFlightMax,
    targetOf: (check) => check,
    isSlow: () => false,
    ...options,
    run: (check, signal) => {
      started.push(check);
      return new Promise<void>((resolve) => {
        ends.set(check, resolve);
        signal.addEventListener('abort', () => {
          aborted.push(check);
          resolve();
        });
      });
    },
  });
  const end = async (check: CheckKey) => {
    ends.get(check)!();
    await new Promise(setImmediate);
  };
  return { runner, started, aborted, end };
}

test('no more checks run than the bound allows, and the one that waited longest is next', async () => {
  const { runner, started, end } = makeRunner(2);
  for (const name of [1, 2, 3, 4]) runner.offer(key(name));
  expect([started, runner.inFlight, runner.waiting]).toEqual([[key(1), key(2)], 2, 2]);
  await end(key(2));
  expect(started.at(-1)).toBe(key(3));
  await end(key(1));
  expect([started.at(-1), runner.inFlight, runner.waiting]).toEqual([key(4), 2, 0]);
});

test('a check that waits or runs is not run twice: a second offer is skipped and counted', async () => {
  const { runner, started, end } = makeRunner(1);
  for (const name of [1, 2, 2]) runner.offer(key(name));
  expect([started, runner.skipped]).toEqual([[key(1)], 1]);
  await end(key(1));
  await end(key(2));
  expect(started).toEqual([key(1), key(2)]);
});

test('a check that takes its whole interval runs again at once: one offer waits for its end', async () => {
  const { runner, started, end } = makeRunner(2);
  for (let offer = 0; offer < 3; offer++) runner.offer(key(1));
  expect([started, runner.skipped]).toEqual([[key(1)], 2]);
  await end(key(1));
  expect(started).toEqual([key(1), key(1)]);
  await end(key(1));
  expect([started, runner.inFlight, runner.waiting]).toEqual([[key(1), key(1)], 0, 0]);
});

test('cancelling a running check also cancels an offer made while it ran', async () => {
  const { runner, started } = makeRunner(1);
  runner.offer(key(1));
  runner.offer(key(1));
  runner.cancel(key(1));
  await new Promise(setImmediate);
  expect([started, runner.inFlight, runner.waiting]).toEqual([[key(1)], 0, 0]);
});

test('a slow check delays no other check while there is room', async () => {
  const { runner, started, end } = makeRunner(2);
  runner.offer(key('slow'));
  for (let i = 0; i < 20; i++) {
    runner.offer(key(i));
    await end(key(i));
  }
  expect(started).toHaveLength(21);
  expect(runner.inFlight).toBe(1);
});

test('a cancelled check ends at once and can be offered again', async () => {
  const { runner, started, aborted } = makeRunner(1);
  runner.offer(key(1));
  runner.offer(key(2));
  runner.cancel(key(2));
  runner.cancel(key(1));
  runner.offer(key(1));
  await new Promise(setImmediate);
  expect([started, aborted, runner.skipped]).toEqual([[key(1), key(1)], [key(1)], 0]);
});

test('stop ends all checks, and the runner accepts no more', async () => {
  const { runner, started, aborted } = makeRunner(1);
  runner.offer(key(1));
  runner.offer(key(2));
  await runner.stop();
  runner.offer(key(3));
  expect([started, aborted, runner.inFlight, runner.waiting]).toEqual([[key(1)], [key(1)], 0, 0]);
});

/** `check a1` goes to target a. */
const byLetter = (check: CheckKey) => check.charAt('check '.length);

test('no more checks run at one target than its bound allows; checks of other targets go past them', async () => {
  const { runner, started, end } = makeRunner(4, { perTargetMax: 2, targetOf: byLetter });
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1']) runner.offer(key(name));
  expect([started, runner.waiting]).toEqual([['a1', 'a2', 'b1'].map(key), 2]);
  runner.offer(key('a3'));
  expect(runner.skipped).toBe(1);
  await end(key('a2'));
  expect([started.at(-1), runner.inFlight, runner.waiting]).toEqual([key('a3'), 3, 1]);
});

test('cancelling a waiting check frees its place in the queue of its target and in the queue for room', async () => {
  const { runner, started, end } = makeRunner(1, { perTargetMax: 1, targetOf: byLetter });
  for (const name of ['a1', 'b1', 'b2', 'b3']) runner.offer(key(name));
  runner.cancel(key('b2'));
  runner.cancel(key('b1'));
  expect(runner.waiting).toBe(1);
  await end(key('a1'));
  expect(started).toEqual([key('a1'), key('b3')]);
  await end(key('b3'));
  runner.offer(key('b1'));
  expect(started.at(-1)).toBe(key('b1'));
});

test('slow checks leave room for the others; before, silent endpoints held every slot', async () => {
  const { runner, started, end } = makeRunner(8, { isSlow: (check) => byLetter(check) === 's' });
  for (let i = 0; i < 8; i++) runner.offer(key(`s${i}`));
  expect(runner.inFlight).toBe(8 * SLOW_SHARE);
  for (let i = 0; i < 20; i++) {
    runner.offer(key(`f${i}`));
    expect(started.at(-1)).toBe(key(`f${i}`));
    await end(key(`f${i}`));
  }
  await end(key('s0'));
  expect([started.at(-1), runner.inFlight, runner.waiting]).toEqual([key('s6'), 6, 1]);
});

test('when all checks wait for room, the one that waited longest is next, slow or not', async () => {
  const { runner, started, end } = makeRunner(2, { isSlow: (check) => byLetter(check) === 's' });
  for (const name of ['f1', 'f2', 's1', 'f3', 's2']) runner.offer(key(name));
  await end(key('f1'));
  await end(key('f2'));
  expect(started).toEqual(['f1', 'f2', 's1', 'f3'].map(key));
});

test('a check with several probes waits for as much room, and no other check overtakes it', async () => {
  const probes: Record<string, number> = { [key(1)]: 1, [key(2)]: 3, [key(3)]: 1, [key(4)]: 9 };
  const { runner, started, end } = makeRunner(3, { probesOf: (check) => probes[check]! });
  for (const name of [1, 2, 3]) runner.offer(key(name));
  expect([started, runner.inFlight]).toEqual([[key(1)], 1]);
  await end(key(1));
  expect([started.at(-1), runner.inFlight]).toEqual([key(2), 3]);
  await end(key(2));
  expect([started.at(-1), runner.inFlight]).toEqual([key(3), 1]);
  // What never has room runs alone.
  runner.offer(key(4));
  expect(runner.inFlight).toBe(1);
  await end(key(3));
  expect(runner.inFlight).toBe(9);
  await end(key(4));
  expect(runner.inFlight).toBe(0);
});
