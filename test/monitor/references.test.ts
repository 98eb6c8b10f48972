import { expect, onTestFinished, test } from 'vitest';
import { type References, startReferences } from '../../src/monitor/references.ts';
import type { ReferenceTarget } from '../../src/pool/abstaining.ts';
import type { Outcome } from '../../src/pool/outcome.ts';

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
  const told: [boolean, readonly string[]][] = [];
  const references: References = startReferences({
    targets: addresses.map(targetAt),
    probe: (_check, signal) =>
      new Promise((resolve, reject) => {
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
  return { references, asked, told, answer };
}

test('only a round that began after the call satisfies who asks afresh, and all who wait share it', async () => {
  const { references, asked, answer } = start('192.0.2.1');
  expect(asked).toHaveLength(1);
  let waited = 0;
  for (let i = 0; i < 3; i++) void references.afresh().then(() => waited++);
  await answer(OK);
  expect([waited, asked.length]).toEqual([0, 1]);
  await answer(OK);
  expect([waited, asked.length]).toEqual([3, 0]);
});

test('a change is told once, with the targets that failed', async () => {
  const { references, told, answer } = start('192.0.2.1', '192.0.2.2', '192.0.2.3');
  await answer(OK, BAD, BAD);
  expect(references.isCutOff).toBe(true);
  void references.afresh();
  // A machine that is unable to try has not reached it either.
  await answer(BAD, new Error('no sockets left'), BAD);
  void references.afresh();
  await answer(OK, OK, BAD);
  expect(references.isCutOff).toBe(false);
  expect(told).toEqual([
    [true, ['tcp://192.0.2.2:53', 'tcp://192.0.2.3:53']],
    [false, ['tcp://192.0.2.3:53']],
  ]);
});

test('stop ends a round and who waits for one, and tells nothing', async () => {
  const { references, told } = start('192.0.2.1');
  const waiting = references.afresh();
  await references.stop();
  await waiting;
  expect(told).toEqual([]);
});

test('without targets nobody waits', async () => {
  const { references, asked } = start();
  await references.afresh();
  expect([references.isCutOff, asked.length]).toEqual([false, 0]);
});
