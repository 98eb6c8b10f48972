import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Check } from '../../src/check/check.ts';
import { createCheckRuns } from '../../src/monitor/check-runs.ts';
import { LocalFault } from '../../src/probe/failure.ts';
import { REPEAT_MS } from '../../src/telemetry/repeats.ts';
import { makeCheck } from '../probe/checks.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A worker that can run no check, and what it logged. */
function startUnable(check: Check) {
  const logged: { fields: Record<string, unknown>; message: string }[] = [];
  const state = { fault: 'no route' };
  const runs = createCheckRuns({
    worker: { id: 'w', region: 'eu', startedAtMs: 0 },
    index: { get: () => check },
    log: {
      debug() {},
      info() {},
      warn() {},
      error: (fields: object, message: string) => void logged.push({ fields: { ...fields }, message }),
    },
    probe: async () => {
      throw new LocalFault(state.fault);
    },
    membership: { incarnation: 0, confirm: async () => {} },
    abstention: { isCutOff: true },
    references: { afresh: async () => {} },
    assignedChecks: { before: () => undefined, has: () => true, record: () => [] },
    publisher: { put() {}, add() {} },
    certificateWarningDays: 0,
    publishesContradictions: false,
    epochMs: () => 0,
    gridMs: () => 0,
  });
  const run = () => runs.run(check.key, new AbortController().signal);
  return { logged, state, run, runs };
}

test('a check that cannot be run for long is logged once a minute, and not every 10 s without end', async () => {
  const { logged, state, run, runs } = startUnable(makeCheck({}, {}));
  for (let ms = 0; ms <= REPEAT_MS; ms += 2_000) {
    await run();
    vi.advanceTimersByTime(2_000);
  }
  const message = 'Cannot run a check. Its endpoint keeps its last health.';
  expect(runs.faults).toBe(31);
  expect(logged).toMatchObject([
    { fields: { faults: 1, unsaid: 0 }, message },
    { fields: { faults: 31, unsaid: 29 }, message },
  ]);
  state.fault = 'no sockets left';
  await run();
  expect(logged).toHaveLength(3);
  expect(String(logged[2]!.fields.err)).toContain('no sockets left');
});
