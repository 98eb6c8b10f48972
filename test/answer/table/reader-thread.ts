/** The reading side of threads.test.ts: asks without pause and checks that no answer is of two generations. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import type { TableBuffers } from '../../../src/answer/table.ts';
import { decode } from '../decode.ts';
import { queryPacket } from '../query-packet.ts';
import { responderOver } from '../respond/responder.ts';
import { COMING_AND_GOING, FLIPPING, membersIn, Shared } from './flipping-pool.ts';

/** Queries between two looks at the message port, as a data-plane thread has them. */
const BATCH = 64;

const { buffers, shared } = workerData as { readonly buffers: TableBuffers; readonly shared: Int32Array };
const reader = openTable(buffers);
const responder = responderOver(reader);
const reply = new Uint8Array(65_535);
const flipping = queryPacket({ name: FLIPPING, type: 'AAAA' });
const comingAndGoing = queryPacket({ name: COMING_AND_GOING, type: 'AAAA' });
let newest = 0;
let newestSerial = 0;

function answerTo(packet: Uint8Array) {
  const length = responder.respond(packet, reply);
  return decode(reply.subarray(0, length));
}

/** The generation of an answer, the same in every record. */
function generationOf({ answer }: ReturnType<typeof decode>): number | undefined {
  const generations = new Set(answer.map(({ rdata }) => Number.parseInt(rdata.slice(24, 28), 16)));
  if (generations.size > 1) throw new Error(`records of several generations: ${[...generations].join(' ')}`);
  return [...generations][0];
}

/** The generation of the SOA in an answer's authority section, by its minimum. Its serial is shown when the generation ends. */
function generationOfSoa({ authority }: ReturnType<typeof decode>): number {
  const { rdata } = authority[0]!;
  const serial = Number.parseInt(rdata.slice(-40, -32), 16);
  const generation = Number.parseInt(rdata.slice(-8), 16);
  if (serial < newestSerial) throw new Error(`serial ${serial} after ${newestSerial}`);
  newestSerial = serial;
  if (serial < generation - 1) throw new Error(`serial ${serial} in generation ${generation}`);
  return Math.max(serial, generation);
}

function check(): void {
  const message = answerTo(flipping);
  const generation = generationOf(message) ?? generationOfSoa(message);
  const begun = Atomics.load(shared, Shared.BEGUN);
  if (generation > begun) throw new Error(`generation ${generation}, but only ${begun} was begun`);
  if (message.answer.length > 0) {
    if (generation < newest) throw new Error(`generation ${generation} after ${newest}`);
    if (message.answer.length !== membersIn(generation))
      throw new Error(`${message.answer.length} members in generation ${generation}`);
    if (new Set(message.answer.map(({ rdata }) => rdata)).size !== message.answer.length)
      throw new Error(`a member twice in generation ${generation}`);
    if (generation !== newest) Atomics.add(shared, Shared.SEEN, 1);
    newest = generation;
  } else if (message.rcode !== 0) throw new Error(`rcode ${message.rcode}`);

  const other = answerTo(comingAndGoing);
  const seen = generationOf(other);
  if (seen === undefined ? other.rcode !== 3 : other.answer.length !== membersIn(seen))
    throw new Error(`half a name: ${JSON.stringify(other)}`);
}

try {
  while (Atomics.load(shared, Shared.STOP) === 0) {
    for (let i = 0; i < BATCH; i += 1) check();
    Atomics.add(shared, Shared.QUERIES, 2 * BATCH);
    for (let next = receiveMessageOnPort(parentPort!); next; next = receiveMessageOnPort(parentPort!)) {
      adopt(reader, next.message as TableBuffers);
      Atomics.add(shared, Shared.ADOPTED, 1);
    }
  }
} catch (error) {
  Atomics.store(shared, Shared.FAILED, 1);
  parentPort!.postMessage(String(error));
}
