import { expect, test } from 'vitest';
import { createStorePresence } from '../../../src/serve/follow/store-presence.ts';

test('an absence counts from when the store answered last, not from when that was noticed', () => {
  let nowMs = 1_000;
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const presence = createStorePresence(
    log,
    () => 0,
    () => nowMs,
  );
  nowMs = 1_500;
  expect([presence.isConnected, presence.awayMs, presence.lastAbsence]).toEqual([false, 500, undefined]);
  presence.answered();
  presence.note(true);
  presence.note(true);
  expect([presence.awayMs, presence.lastAbsence]).toEqual([0, { fromMs: 1_000, untilMs: 1_500 }]);
  nowMs = 2_000;
  presence.answered();
  // It hangs, which is noticed five seconds later.
  nowMs = 7_000;
  presence.note(false);
  expect(presence.awayMs).toBe(5_000);
  presence.answered();
  nowMs = 12_000;
  presence.note(true);
  expect(presence.lastAbsence).toEqual({ fromMs: 2_000, untilMs: 12_000 });
});
