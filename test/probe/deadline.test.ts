import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PAUSE_MS, withDeadline } from '../../src/probe/deadline.ts';
import { DeadlineExceeded, LocalFault } from '../../src/probe/failure.ts';

/** What performance.now() says, whenever timers fire. */
let nowMs: number;

beforeEach(() => {
  nowMs = 0;
  vi.useFakeTimers();
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Something that only its signal ends; its deadline of a second is noticed so late. */
async function noticedLate(lateMs: number): Promise<unknown> {
  const running = withDeadline(1_000, undefined, (signal) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(signal.reason));
    return promise;
  }).catch((error: unknown) => error);
  nowMs += 1_000 + lateMs;
  await vi.advanceTimersByTimeAsync(1_000);
  return running;
}

test('a process that was paused past a deadline reports a local fault, not a failure of the endpoint', async () => {
  expect(await noticedLate(PAUSE_MS)).toBeInstanceOf(DeadlineExceeded);
  const late = await noticedLate(PAUSE_MS + 1);
  expect(late).toBeInstanceOf(LocalFault);
  expect(late).toMatchObject({ message: 'this process was paused' });
});
