import { afterEach, expect, test, vi } from 'vitest';
import { createStorePresence } from '../../../src/serve/follow/store-presence.ts';

afterEach(() => void vi.useRealTimers());

test('an absence of the store starts at its last answer, not when it was noticed', () => {
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

test('a store that is there and only refuses reads was counted as away', () => {
  let nowMs = 0;
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const presence = createStorePresence(
    log,
    () => 0,
    () => nowMs,
  );
  presence.note(true);
  const start = presence.lastAbsence;
  nowMs = 1_000;
  presence.answered();
  nowMs = 2_000;
  presence.note(false, 'NOPERM');
  nowMs = 60_000;
  expect([presence.isConnected, presence.awayMs, presence.withoutReadsMs]).toEqual([false, 0, 59_000]);
  presence.note(true);
  expect(presence.lastAbsence).toBe(start);
  // It goes away while it refuses reads, comes back and refuses them still.
  presence.note(false, 'NOPERM');
  nowMs = 70_000;
  presence.note(false, 'NOPERM');
  presence.note(false);
  nowMs = 90_000;
  expect([presence.awayMs, presence.withoutReadsMs]).toEqual([20_000, 30_000]);
  presence.note(false, 'NOPERM');
  expect([presence.awayMs, presence.lastAbsence]).toEqual([0, { fromMs: 70_000, untilMs: 90_000 }]);
});

test('a store that came and went was logged at each change; now three times a minute, and then once', () => {
  vi.useFakeTimers();
  const lines: string[] = [];
  const say = (_: object, text: string) => void lines.push(text);
  const log = { info: say, warn: say, error: say };
  const presence = createStorePresence(log, () => 0, Date.now);
  const said = () => lines.splice(0);
  presence.note(true);
  for (let flip = 0; flip < 40; flip += 1) {
    vi.advanceTimersByTime(500);
    presence.note(flip % 2 === 1);
  }
  const away = 'The store is away. Answers stay as they are until it is back.';
  const flaps = 'It comes and goes. Until it has not for a minute, Lifeguard logs this once a minute.';
  const again = 'The store is connected again, after 1 s.';
  expect(said()).toEqual(['The store is connected.', away, again, away, again, `${away} ${flaps}`, again]);
  presence.note(false);
  vi.advanceTimersByTime(59_000);
  expect(said()).toEqual([]);
  vi.advanceTimersByTime(2_000);
  expect(said()).toEqual([`${away} ${flaps}`]);
  presence.note(true);
  expect(said()).toEqual(['The store is connected again, after 61 s.']);
});
