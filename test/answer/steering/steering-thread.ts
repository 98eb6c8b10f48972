/** The reading side of threads.test.ts: asks load balancers without pause and checks that no answer is of two generations. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import type { TableBuffers } from '../../../src/answer/table.ts';
import { decode } from '../decode.ts';
import { queryPacket } from '../query-packet.ts';
import { responderOver } from '../respond/responder.ts';
import { Shared } from '../table/flipping-pool.ts';
import { STEERED } from './flipping-choices.ts';

/** Queries between two looks at the message port, as a data-plane thread has them. */
const BATCH = 64;

const { buffers, shared } = workerData as { readonly buffers: TableBuffers; readonly shared: Int32Array };
const reader = openTable(buffers);
const responder = responderOver(reader);
const reply = new Uint8Array(65_535);
const packets = STEERED.map((name) => queryPacket({ name, type: 'AAAA' }));
let newest = 0;

function check(asked: number): void {
  const { answer } = decode(reply.subarray(0, responder.respond(packets[asked]!, reply)));
  const name = STEERED[asked];
  if (answer.length !== 1) throw new Error(`${name}: ${answer.length} addresses after generation ${newest}`);
  const generation = Number.parseInt(answer[0]!.rdata.slice(-4), 16);
  if (generation === 0) throw new Error(`${name}: the fallback pool after generation ${newest}`);
  const begun = Atomics.load(shared, Shared.BEGUN);
  if (generation < newest || generation > begun)
    throw new Error(`${name}: generation ${generation}, after ${newest} and before ${begun}`);
  if (generation !== newest) Atomics.add(shared, Shared.SEEN, 1);
  newest = generation;
}

try {
  while (Atomics.load(shared, Shared.STOP) === 0) {
    for (let i = 0; i < BATCH; i += 1) check(i % packets.length);
    Atomics.add(shared, Shared.QUERIES, BATCH);
    for (let next = receiveMessageOnPort(parentPort!); next; next = receiveMessageOnPort(parentPort!)) {
      adopt(reader, next.message as TableBuffers);
      Atomics.add(shared, Shared.ADOPTED, 1);
    }
  }
} catch (error) {
  Atomics.store(shared, Shared.FAILED, 1);
  parentPort!.postMessage(String(error));
}
