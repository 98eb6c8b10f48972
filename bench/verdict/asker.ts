import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { queryPacket } from '../../test/answer/query-packet.ts';

/** A query without an answer for this time ends the run, milliseconds. */
const ANSWER_MS = 1_000;
/** So does an answer that does not become as wanted. */
const WANTED_WITHIN_MS = 10_000;
const HEADER_OCTETS = 12;
const QUESTION_TAIL_OCTETS = 4;
/** A record whose owner is a pointer, up to its rdata, and an address. */
const RECORD_HEAD_OCTETS = 12;
const ADDRESS_OCTETS = 16;

/** Asks one name over and over, a query as soon as the one before is answered. */
export interface Asker {
  /** Resolves with the first answer whose addresses are as wanted. */
  until(wanted: (addresses: readonly string[]) => boolean): Promise<void>;
  close(): void;
}

/** Opens a socket to ask from. */
export async function openAsker(server: { address: string; port: number }, name: string): Promise<Asker> {
  const socket = createSocket('udp4');
  socket.connect(server.port, server.address);
  await once(socket, 'connect');
  let id = 0;
  let answered: ((message: Buffer) => void) | undefined;
  socket.on('message', (message) => {
    if (message.readUInt16BE(0) === id) answered?.(message);
  });
  const ask = async (): Promise<Buffer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    id = (id + 1) & 0xffff;
    answered = resolve;
    const late = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
    socket.send(queryPacket({ name, type: 'AAAA', id }));
    return promise.finally(() => clearTimeout(late));
  };
  return {
    async until(wanted) {
      const until = performance.now() + WANTED_WITHIN_MS;
      while (!wanted(addressesIn(await ask())))
        if (performance.now() > until) throw new Error(`${name} was not answered as it should be`);
    },
    close: () => socket.close(),
  };
}

/** The addresses of an answer that has nothing else in its answer section. */
function addressesIn(message: Buffer): string[] {
  let at = HEADER_OCTETS;
  while (message[at] !== 0) at += 1 + message[at]!;
  at += 1 + QUESTION_TAIL_OCTETS;
  return Array.from({ length: message.readUInt16BE(6) }, (_, i) => {
    const from = at + i * (RECORD_HEAD_OCTETS + ADDRESS_OCTETS) + RECORD_HEAD_OCTETS;
    const high = message.readUInt16BE(from + 12);
    return `2001:db8::${high.toString(16)}:${message.readUInt16BE(from + 14).toString(16)}`;
  });
}
