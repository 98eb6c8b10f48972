import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { answerImage, nodeImage } from '../../../src/answer/compile/image.ts';
import {
  apexNode,
  negativeAnswer,
  type OrdinalZone,
  poolNode,
  staticNode,
} from '../../../src/answer/compile/nodes.ts';
import { createTable } from '../../../src/answer/table.ts';
import { parseName } from '../../../src/dns/name.ts';
import { contentsOf } from '../../../src/zone/contents/contents.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { GENERATIONS_MAX, membersOfGeneration, SHARED_WORDS, Shared } from './flipping-pool.ts';

/** What must have happened while both threads ran. */
const GENERATIONS_MIN = 5_000;
const SEEN_MIN = 500;
const ADOPTED_MIN = 5;
const DEADLINE_MS = 60_000;

/** A zone whose SOA has the generation as its minimum. */
function ofGeneration({ contents, ordinal }: OrdinalZone, generation: number): OrdinalZone {
  const soa = { ...contents.head.soa, minimumSeconds: generation };
  return { contents: { ...contents, head: { ...contents.head, soa } }, ordinal };
}

test('a reader in another thread sees one generation or another, never a mixture', {
  timeout: 2 * DEADLINE_MS,
}, async () => {
  const zone = { contents: contentsOf(zoneFile('example.org', '', { pools: 'pools' })), ordinal: 0 };
  const { head } = zone.contents;
  // Something large that is written again and again, so that the arena is soon full of what is dead.
  const ballast = {
    contents: contentsOf(zoneFile('example.com', `@ 60 TXT ${'x'.repeat(20_000)}`)),
    ordinal: 0,
  };
  const shared = new Int32Array(new SharedArrayBuffer(4 * SHARED_WORDS));
  let compactions = 0;
  let thread: Worker | undefined;
  const table = createTable({
    replaced(buffers) {
      compactions += 1;
      thread?.postMessage(buffers);
    },
  });
  const write = (generation: number) => {
    Atomics.store(shared, Shared.BEGUN, generation);
    table.setZone(0, answerImage(head.apex, negativeAnswer(ofGeneration(zone, generation))));
    const members = membersOfGeneration(generation);
    table.setPool(nodeImage(poolNode('web', members)));
    if (generation % 2 === 0 && members.length > 0) table.setPool(nodeImage(poolNode('gone', members)));
    else table.removePool(parseName('gone'));
    if (generation % 8 === 0) table.put(nodeImage(apexNode(ofGeneration(ballast, generation))));
    table.setSerial(0, generation);
    table.publish(generation);
  };
  for (const node of [apexNode(zone), staticNode(zone, head.pools!, false)!]) table.put(nodeImage(node));
  write(1);
  thread = new Worker(new URL('./reader-thread.ts', import.meta.url), {
    workerData: { buffers: table.buffers, shared },
  });
  const trouble: string[] = [];
  thread.on('message', (what: string) => trouble.push(what));
  thread.on('error', (error) => {
    trouble.push(String(error));
    Atomics.store(shared, Shared.FAILED, 1);
  });
  const deadline = performance.now() + DEADLINE_MS;
  let generation = 1;
  const isEnough = () =>
    generation >= GENERATIONS_MIN &&
    shared[Shared.SEEN]! >= SEEN_MIN &&
    shared[Shared.ADOPTED]! >= ADOPTED_MIN;
  while (!isEnough() && generation < GENERATIONS_MAX && Atomics.load(shared, Shared.FAILED) === 0) {
    generation += 1;
    write(generation);
    // The reader's start needs this thread's event loop; after that both run at once.
    if (shared[Shared.QUERIES] === 0) await new Promise(setImmediate);
    if (shared[Shared.QUERIES] === 0) generation = 1;
    if (performance.now() > deadline) break;
  }
  Atomics.store(shared, Shared.STOP, 1);
  await new Promise((resolve) => thread.once('exit', resolve));
  expect(trouble).toEqual([]);
  expect(generation).toBeGreaterThanOrEqual(GENERATIONS_MIN);
  expect(shared[Shared.SEEN]).toBeGreaterThanOrEqual(SEEN_MIN);
  expect(compactions).toBeGreaterThanOrEqual(ADOPTED_MIN);
  expect(shared[Shared.ADOPTED]).toBeGreaterThanOrEqual(ADOPTED_MIN);
});
