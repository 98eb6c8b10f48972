import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  ACCEPT_MS,
  AGAIN_MS,
  openFrameStream,
  WAITING_OCTETS_MAX,
} from '../../../src/serve/query-log/frame-stream.ts';

const ACCEPT = Buffer.from('000000000000000400000001', 'hex');
const FINISH = Buffer.from('000000000000000400000005', 'hex');

/** A receiver at a socket of its own, a stream to it, and what the stream told. */
async function receiving() {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-frames-'));
  const sockets: Socket[] = [];
  const path = join(directory, 'socket');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {}).resume();
    sockets.push(socket);
  }).listen(path);
  await once(server, 'listening');
  const told: string[] = [];
  const failed = ({ message }: Error) => void told.push(message);
  const stream = openFrameStream(path, { opened: () => void told.push('opened'), failed });
  onTestFinished(async () => {
    await stream.stop();
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });
  return { sockets, told, stream };
}

test('a receiver that takes the connection and says nothing is logged, and tried again (once: no line said that it was waited for)', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { sockets, told, stream } = await receiving();
  // Before the stream is stopped, which waits.
  onTestFinished(() => void vi.useRealTimers());
  await vi.waitUntil(() => sockets.length === 1);
  vi.advanceTimersByTime(ACCEPT_MS);
  await vi.waitUntil(() => told.length === 1);
  expect(told).toEqual([expect.stringContaining(`within ${ACCEPT_MS} ms`)]);
  expect(stream.send([Buffer.of(1)])).toBe(false);
  vi.advanceTimersByTime(AGAIN_MS);
  await vi.waitUntil(() => sockets.length === 2);
  sockets[1]!.write(ACCEPT);
  await vi.waitUntil(() => told.at(-1) === 'opened');
  vi.advanceTimersByTime(ACCEPT_MS);
  expect(stream.send([Buffer.of(1)])).toBe(true);
});

test('a receiver that finishes the stream and keeps the connection is tried again', async () => {
  const { sockets, told, stream } = await receiving();
  await vi.waitUntil(() => sockets.length === 1);
  sockets[0]!.write(Buffer.concat([ACCEPT, FINISH]));
  await vi.waitUntil(() => told.length === 2);
  expect(told).toEqual(['opened', 'the receiver closed the stream']);
  expect(stream.send([Buffer.of(1)])).toBe(false);
});

test('a receiver that stops reading is logged, and that it reads again (once: frames were dropped, and no line said so)', async () => {
  const { sockets, told, stream } = await receiving();
  await vi.waitUntil(() => sockets.length === 1);
  const [receiver] = sockets as [Socket];
  receiver.write(ACCEPT);
  await vi.waitUntil(() => told.length === 1);
  receiver.pause();
  const frame = Buffer.alloc(WAITING_OCTETS_MAX / 4);
  let sent = 0;
  while (stream.send([frame])) sent += 1;
  expect(sent).toBeGreaterThanOrEqual(4);
  expect(stream.send([frame])).toBe(false);
  expect(told).toEqual(['opened', `the receiver does not read: ${WAITING_OCTETS_MAX} octets wait for it`]);
  receiver.resume();
  await vi.waitUntil(() => told.length === 3);
  expect(told[2]).toBe('opened');
  expect(stream.send([frame])).toBe(true);
});
