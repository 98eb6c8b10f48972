import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { exchangeUdp } from '../../src/probe/udp.ts';

/** Calls something after this number of further turns of process.nextTick. */
function afterTicks(count: number, call: () => void): void {
  if (count === 0) call();
  else process.nextTick(() => afterTicks(count - 1, call));
}

test('a check that is aborted while its socket connects just ends, at whatever moment (once: an uncaught ERR_SOCKET_DGRAM_NOT_RUNNING ended the process)', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtExceptionMonitor', note);
  onTestFinished(() => void process.off('uncaughtExceptionMonitor', note));
  const deaf = createSocket('udp4').bind(0, '127.0.0.1');
  await once(deaf, 'listening');
  onTestFinished(() => void deaf.close());
  const exchange = {
    address: '127.0.0.1',
    port: deaf.address().port,
    octets: Uint8Array.of(0),
    isAnswer: () => true,
    repeats: { everyMs: 1, times: 3 },
  };
  for (let ticks = 0; ticks < 16; ticks += 1) {
    const aborting = new AbortController();
    const running = exchangeUdp(exchange, aborting.signal);
    afterTicks(ticks, () => aborting.abort(new Error('given up')));
    await expect(running).rejects.toThrow('given up');
    await new Promise(setImmediate);
  }
  expect(uncaught).toEqual([]);
});
