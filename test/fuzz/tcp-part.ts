import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Transport } from '../../src/answer/exchange.ts';
import { count, type Figures, FuzzFailure, newFigures } from './figures.ts';
import { judge } from './judge.ts';
import type { LiveServer } from './live-server.ts';
import { numbersOfCase, oneOf, type Random } from './random.ts';
import { anyPacket, type Cases, checkKnown } from './respond-part.ts';
import { KNOWN, knownPacket } from './zones.ts';

/** Messages of a stream, and streams on one connection. */
const BATCH = 32;
const STREAMS = 8;
/** Longest wait for an answer on a busy machine, milliseconds. */
const ANSWER_MS = 10_000;
const LENGTH_OCTETS = 2;
/** One length in so many is another than its message's. */
const WRONG_LENGTH_EVERY = 12;
const LAST = KNOWN[1];

/**
 * Mutated queries over TCP: streams whose lengths are sometimes wrong, cut anywhere on their way. Whatever its octets
 * are, a stream is a row of messages; the last is a known question. Throws FuzzFailure when one of them is answered as
 * it must not be, in another order or not at all; Error where the server notices a fault.
 */
export async function fuzzTcp(part: string, server: LiveServer, cases: Cases): Promise<Figures> {
  const figures = newFigures();
  const end = cases.from + cases.count;
  for (let from = cases.from; from < end; ) {
    const connection = await openConnection(server);
    try {
      for (let i = 0; i < STREAMS && from < end; i += 1) {
        const size = Math.min(BATCH, end - from);
        await oneStream(part, connection, { ...cases, from, count: size }, figures);
        from += size;
        server.check();
      }
      for (const known of KNOWN) {
        connection.write(framed(knownPacket(known)));
        checkKnown(known, await connection.next());
      }
    } finally {
      connection.close();
    }
  }
  return figures;
}

async function oneStream(
  part: string,
  connection: Connection,
  { seed, from, count: size }: Cases,
  figures: Figures,
): Promise<void> {
  const random = numbersOfCase(seed, `${part} stream`, from);
  const begun = Buffer.concat(
    Array.from({ length: size }, (_, i) => {
      const packet = anyPacket(numbersOfCase(seed, part, from + i), []);
      return framed(packet, anyLength(random, packet.length));
    }),
  );
  const { messages, missing } = messagesIn(begun);
  const stream = Buffer.concat([begun, Buffer.alloc(missing), framed(knownPacket(LAST))]);
  const all = missing === 0 ? messages : messagesIn(Buffer.concat([begun, Buffer.alloc(missing)])).messages;
  const at = { from, cases: size };
  let message: Uint8Array = stream;
  try {
    const sending = sendInPieces(random, connection, stream);
    for (message of all) {
      const isQuery = message.length >= 12 && (message[2]! & 0x80) === 0;
      const reply = isQuery ? await connection.next() : undefined;
      count(figures, judge(message, reply, { transport: Transport.TCP, isLimited: false }));
    }
    checkKnown(LAST, await connection.next());
    await sending;
  } catch (error) {
    throw new FuzzFailure(message, at, error);
  }
}

/** A message with its length, or another, before it. */
function framed(message: Uint8Array, length = message.length): Buffer {
  const octets = Buffer.alloc(LENGTH_OCTETS + message.length);
  octets.writeUInt16BE(length);
  octets.set(message, LENGTH_OCTETS);
  return octets;
}

function anyLength(random: Random, right: number): number {
  if (random(WRONG_LENGTH_EVERY) !== 0) return right;
  return oneOf(random, [0, 1, 11, 12, Math.max(0, right - 1), right + 1, random(2_000), random(0x1_0000)]);
}

/** The messages of a stream by RFC 1035 §4.2.2, and how many octets the last one lacks. */
function messagesIn(stream: Buffer): { messages: Buffer[]; missing: number } {
  const messages: Buffer[] = [];
  let at = 0;
  while (at < stream.length) {
    // Half a length: its other half will be 0, and a message of that length must follow.
    if (at + LENGTH_OCTETS > stream.length) return { messages, missing: 1 + (stream[at]! << 8) };
    const end = at + LENGTH_OCTETS + stream.readUInt16BE(at);
    if (end > stream.length) return { messages, missing: end - stream.length };
    messages.push(stream.subarray(at + LENGTH_OCTETS, end));
    at = end;
  }
  return { messages, missing: 0 };
}

/** Pieces of a stream at the most, for one that is cut evenly. */
const PIECES = 64;

/** Some pieces go out alone, others as the kernel puts them together. */
async function sendInPieces(random: Random, connection: Connection, stream: Buffer): Promise<void> {
  const longest = Math.max(oneOf(random, [3, 100, 2_000, 100_000]), Math.ceil(stream.length / PIECES));
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + random(random(4) === 0 ? 3 : longest);
    connection.write(stream.subarray(at, end));
    at = end;
    if (random(3) === 0) await turn();
  }
}

interface Connection {
  write(octets: Uint8Array): void;
  /** The next message that comes; rejects when the connection ends before, or after ANSWER_MS. */
  next(): Promise<Buffer>;
  close(): void;
}

async function openConnection({ address, port }: LiveServer): Promise<Connection> {
  const socket = connect({ host: address, port, noDelay: true });
  await once(socket, 'connect');
  const arrived: Buffer[] = [];
  let wanted: PromiseWithResolvers<Buffer> | undefined;
  let octets = Buffer.alloc(0);
  let end: Error | undefined;
  const ended = (error: Error) => {
    end ??= error;
    wanted?.reject(end);
  };
  socket.on('error', ended);
  socket.on('close', () => ended(new Error('the connection was closed')));
  socket.on('data', (chunk) => {
    octets = Buffer.concat([octets, chunk as Buffer]);
    while (octets.length >= LENGTH_OCTETS && octets.length >= LENGTH_OCTETS + octets.readUInt16BE()) {
      const message = octets.subarray(LENGTH_OCTETS, LENGTH_OCTETS + octets.readUInt16BE());
      octets = octets.subarray(LENGTH_OCTETS + message.length);
      if (wanted === undefined) arrived.push(message);
      else wanted.resolve(message);
      wanted = undefined;
    }
  });
  return {
    write: (piece) => void socket.write(piece),
    async next() {
      const message = arrived.shift();
      if (message !== undefined) return message;
      if (end !== undefined) throw end;
      wanted = Promise.withResolvers<Buffer>();
      const late = setTimeout(() => wanted?.reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
      return wanted.promise.finally(() => clearTimeout(late));
    },
    close: () => socket.destroy(),
  };
}
