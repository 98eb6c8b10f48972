import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { createTable } from '../../../src/answer/table.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { sameSerial } from '../answering.ts';
import { SHARED_WORDS, Shared } from '../table/flipping-pool.ts';
import { CHANGING, choiceIn, LOAD_BALANCERS } from './flipping-choices.ts';
import { steeredZone } from './steering-table.ts';

/** What must have happened while all threads ran. */
const GENERATIONS_MIN = 150;
const SEEN_MIN = 50;
const ADOPTED_MIN = 4;
const READERS = 2;
/** Those that an address can tell. */
const GENERATIONS_MAX = 0xffff;
const DEADLINE_MS = 90_000;

test('threads steer by the pools of one generation, however many change at once: never to the fallback pool while one of two can be used', {
  timeout: 2 * DEADLINE_MS,
}, async () => {
  const shared = new Int32Array(new SharedArrayBuffer(4 * SHARED_WORDS));
  const threads: Worker[] = [];
  const table = createTable({
    replaced(buffers) {
      for (const thread of threads) thread.postMessage(buffers);
    },
  });
  const failed = (_: string, error: unknown): never => {
    throw error;
  };
  let generation = 1;
  const publisher = createPublisher([steeredZone(LOAD_BALANCERS)], table, failed, undefined, sameSerial(1), {
    node: {},
    byLatency: (ids) => ids,
    choiceOf: (id) => choiceIn(generation, id),
    failed,
  });
  const write = () => {
    Atomics.store(shared, Shared.BEGUN, generation);
    publisher.publish(
      CHANGING.map((id) => ({ id, pool: undefined, members: [] })),
      1,
    );
  };
  write();
  const trouble: string[] = [];
  for (let i = 0; i < READERS; i += 1) {
    const thread = new Worker(new URL('./steering-thread.ts', import.meta.url), {
      workerData: { buffers: table.buffers, shared },
    });
    threads.push(thread);
    thread.on('message', (what: string) => trouble.push(what));
    thread.on('error', (error) => {
      trouble.push(String(error));
      Atomics.store(shared, Shared.FAILED, 1);
    });
  }
  const deadline = performance.now() + DEADLINE_MS;
  const isEnough = () =>
    generation >= GENERATIONS_MIN &&
    shared[Shared.SEEN]! >= SEEN_MIN &&
    shared[Shared.ADOPTED]! >= ADOPTED_MIN;
  while (!isEnough() && generation < GENERATIONS_MAX && Atomics.load(shared, Shared.FAILED) === 0) {
    // The readers' start needs this thread's event loop; after that all run at once.
    if (shared[Shared.QUERIES] === 0) await new Promise(setImmediate);
    else {
      generation += 1;
      write();
    }
    if (performance.now() > deadline) break;
  }
  Atomics.store(shared, Shared.STOP, 1);
  await Promise.all(threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve))));
  expect(trouble).toEqual([]);
  expect(generation).toBeGreaterThanOrEqual(GENERATIONS_MIN);
  expect(shared[Shared.SEEN]).toBeGreaterThanOrEqual(SEEN_MIN);
  expect(shared[Shared.ADOPTED]).toBeGreaterThanOrEqual(ADOPTED_MIN);
});
