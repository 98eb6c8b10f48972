import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { queryPacket } from '../../test/answer/query-packet.ts';

/** From one query to the next. */
const ASK_MS = 4;
/** A server that has not answered after this time never will. */
const ANSWERED_WITHIN_MS = 30_000;
const RCODE_AT = 3;
const RCODE_MASK = 0xf;
const ANCOUNT_AT = 6;

/** What is asked of a server that starts, and how many addresses there are when it answers right. */
export interface Question {
  readonly name: string;
  readonly addresses: number;
}

/** Asks a port of this machine until it answers right; resolves with the time then (performance.now()). Throws when it never does. */
export async function firstAnswer(port: number, { name, addresses }: Question): Promise<number> {
  const socket = createSocket('udp4');
  // While nobody listens the kernel says so.
  socket.on('error', () => {});
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let answeredMs: number | undefined;
  socket.on('message', (message) => {
    const isRight = (message[RCODE_AT]! & RCODE_MASK) === 0 && message.readUInt16BE(ANCOUNT_AT) === addresses;
    if (isRight) answeredMs ??= performance.now();
  });
  const query = queryPacket({ name, type: 'AAAA', id: 1 });
  const untilMs = performance.now() + ANSWERED_WITHIN_MS;
  while (answeredMs === undefined && performance.now() < untilMs) {
    socket.send(query, () => {});
    await sleep(ASK_MS);
  }
  socket.close();
  if (answeredMs === undefined)
    throw new Error(`${name} was not answered right within ${ANSWERED_WITHIN_MS} ms`);
  return answeredMs;
}
