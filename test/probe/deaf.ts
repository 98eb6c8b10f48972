import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, vi } from 'vitest';
import { connectTcp } from '../../src/probe/tcp.ts';

/** Port of a listener on 127.0.0.1 that never accepts, its queue full, so that the kernel drops every further SYN. */
export async function listenDeaf(): Promise<number> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30_000);
     });`,
    { eval: true },
  );
  const giveUp = new AbortController();
  onTestFinished(async () => {
    giveUp.abort(new Error('over'));
    await worker.terminate();
  });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  let waiting = 0;
  for (let i = 0; i < 8; i++) {
    waiting++;
    connectTcp('127.0.0.1', port, giveUp.signal).then(
      () => waiting--,
      () => {},
    );
  }
  await vi.waitFor(() => expect(waiting).toBeLessThan(8));
  return port;
}
