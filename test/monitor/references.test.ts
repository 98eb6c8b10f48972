import { expect, onTestFinished, test, vi } from 'vitest';
import type { Outcome } from '../../src/check/outcome.ts';
import { type References, startReferences } from '../../src/monitor/references.ts';
import type { ReferenceTarget } from '../../src/voting/abstaining.ts';

const targetAt = (address: string): ReferenceTarget => ({
  text: `tcp://${address}:53`,
  type: 'tcp',
  address,
  port: 53,
  path: '/',
});
const OK: Outcome = { ok: true, reason: 'No failures', responseCode: 0, rttMs: 1 };
const BAD: Outcome = { ok: false, reason: 'TCP Timeout', responseCode: 0, rttMs: 1 };

/** References whose probes end when a test says so. */
function start(...addresses: string[]) {
  const asked: ((outcome: Outcome | Error) => void)[] = [];
  const given: AbortSignal[] = [];
  const told: [boolean, readonly string[]][] = [];
  const references: References = startReferences({
    targets: addresses.map(targetAt),
    probe: (_check, signal) =>
      new Promise((resolve, reject) => {
        given.push(signal);
        signal.addEventListener('abort', () => reject(signal.reason));
        asked.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      }),
    changed: (isCutOff, failed) => void told.push([isCutOff, failed]),
  });
  onTestFinished(() => references.stop());
  const answer = async (...outcomes: (Outcome | Error)[]) => {
    for (const [i, settle] of asked.splice(0).entries()) settle(outcomes[i]!);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { references, asked, given, told, answer };
}

const until = (asked: readonly unknown[], length: number) =>
  vi.waitFor(() => expect(asked).toHaveLength(length), { timeout: 40_000, interval: 5 });

test('afresh() waits only for a round that began after the call, and all callers share that round', async () => {
  const { references, asked, answer } = start('192.0.2.1');
  expect(asked).toHaveLength(1);
  let waited = 0;
  const waiting = [1, 2, 3].map(() => references.afresh().then(() => waited++));
  // Beside the first one, of which nobody has heard.
  await until(asked, 2);
  const [first] = asked.splice(0, 1);
  expect(waited).toBe(0);
  await answer(OK);
  await Promise.all(waiting);
  expect(waited).toBe(3);
  first!(OK);
});

test('a late result of an older round is ignored', async () => {
  const { references, asked, told, answer } = start('192.0.2.1');
  const waiting = references.afresh();
  await until(asked, 2);
  const [older] = asked.splice(0, 1);
  await answer(OK);
  await waiting;
  older!(BAD);
  await new Promise((resolve) => setImmediate(resolve));
  expect([references.isCutOff, told]).toEqual([false, []]);
});

test('afresh() does not wait for a silent target when enough others answer, and ends that probe', async () => {
  const { references, asked, given } = start('192.0.2.1', '192.0.2.2', '192.0.2.3');
  const waiting = references.afresh();
  await until(asked, 6);
  for (const settle of asked.slice(3, 5)) settle(OK);
  await waiting;
  expect(given.map(({ aborted }) => aborted)).toEqual([false, false, false, true, true, true]);
});

test('each change is reported once, with the targets that failed', async () => {
  const { references, asked, told, answer } = start('192.0.2.1', '192.0.2.2', '192.0.2.3');
  await answer(OK, BAD, BAD);
  expect(references.isCutOff).toBe(true);
  void references.afresh();
  await until(asked, 3);
  // A machine that is unable to try has not reached it either.
  await answer(BAD, new Error('no sockets left'), BAD);
  void references.afresh();
  await until(asked, 3);
  await answer(BAD, OK, OK);
  expect(references.isCutOff).toBe(false);
  expect(told).toEqual([
    [true, ['tcp://192.0.2.2:53', 'tcp://192.0.2.3:53']],
    [false, ['tcp://192.0.2.1:53']],
  ]);
});

test('stop ends the round and those that wait for it, and reports nothing', async () => {
  const { references, told } = start('192.0.2.1');
  const waiting = references.afresh();
  await references.stop();
  await waiting;
  expect(told).toEqual([]);
});

test('without reference targets afresh() returns at once', async () => {
  const { references, asked } = start();
  await references.afresh();
  expect([references.isCutOff, asked.length]).toEqual([false, 0]);
});
