import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Transport } from '../../src/answer/exchange.ts';
import { decode } from '../answer/decode.ts';
import { queryPacket } from '../answer/query-packet.ts';
import { count, type Figures, FuzzFailure, newFigures } from './figures.ts';
import { judge } from './judge.ts';
import type { LiveServer } from './live-server.ts';
import { numbersOfCase } from './random.ts';
import { anyPacket, type Cases, checkKnown } from './respond-part.ts';
import { KNOWN } from './zones.ts';

/** Packets on their way at a time, from each socket: few enough that no receive buffer overflows. */
const BATCH = 64;
/** Sockets, each with a batch of its own. */
const SOCKETS = 2;
/** Longest wait for an answer on a busy machine, milliseconds. */
const ANSWER_MS = 10_000;
const CLIENT_COOKIE = '0123456789abcdef';
/** The last of a batch: a query whose answer is known. What one socket sent is answered in order. */
const LAST = KNOWN[1];

/** One socket's way to a server. */
interface Client {
  /** Sends packets and resolves with all that comes back before the answer to the last one does, and with that. */
  exchange(packets: readonly Uint8Array[]): Promise<Buffer[]>;
  close(): void;
}

/**
 * Mutated queries over UDP, in batches that end with a known question. Throws FuzzFailure when a packet is answered as
 * it must not be, twice or not at all, and when the known question is not answered right; Error where the server
 * notices a fault.
 */
export async function fuzzUdp(
  part: string,
  server: LiveServer,
  isLimited: boolean,
  cases: Cases,
): Promise<Figures> {
  const figures = newFigures();
  const end = cases.from + cases.count;
  let next = cases.from;
  const run = async (client: Client, learnt: string) => {
    while (next < end) {
      const from = next;
      next = Math.min(end, from + BATCH);
      const packets = Array.from({ length: next - from }, (_, i) =>
        withId(anyPacket(numbersOfCase(cases.seed, part, from + i), [learnt]), i + 1),
      );
      await oneBatch(client, packets, lastQuery(learnt), { isLimited, from, figures });
      server.check();
    }
  };
  const clients = await Promise.all(Array.from({ length: SOCKETS }, () => openClient(server)));
  try {
    const [greeting] = await clients[0]!.exchange([lastQuery(CLIENT_COOKIE)]);
    // Made for the address, so good for every socket.
    const learnt = decode(greeting!).opt!.options[0]!.data;
    await Promise.all(clients.map((client) => run(client, learnt)));
    for (const known of KNOWN) {
      const [reply] = await clients[0]!.exchange([queryOf(known.name, learnt)]);
      checkKnown(known, reply!);
    }
  } finally {
    for (const client of clients) client.close();
  }
  return figures;
}

async function oneBatch(
  client: Client,
  packets: readonly Uint8Array[],
  last: Uint8Array,
  { isLimited, from, figures }: { isLimited: boolean; from: number; figures: Figures },
): Promise<void> {
  const at = { from, cases: packets.length };
  const replies = await client.exchange([...packets, last]).catch((error: unknown) => {
    throw new FuzzFailure(packets[0]!, at, error);
  });
  const byId = new Map<number, Buffer>();
  for (const reply of replies) {
    const id = reply.length < 2 ? -1 : reply.readUInt16BE(0);
    const isWanted = id === 0 || (id <= packets.length && !byId.has(id));
    if (!isWanted)
      throw new FuzzFailure(packets[id - 1] ?? last, at, `an answer too many: ${reply.toString('hex')}`);
    byId.set(id, reply);
  }
  for (const [i, packet] of packets.entries())
    try {
      count(figures, judge(packet, byId.get(i + 1), { transport: Transport.UDP, isLimited }));
    } catch (error) {
      throw new FuzzFailure(packet, at, error);
    }
  try {
    checkKnown(LAST, byId.get(0)!);
  } catch (error) {
    throw new FuzzFailure(last, at, error);
  }
}

/** With a valid cookie a query is never limited (RFC 7873 §5.2.3). */
function lastQuery(cookie: string): Uint8Array {
  return queryOf(LAST.name, cookie);
}

function queryOf(name: string, cookie: string): Uint8Array {
  return queryPacket({ name, id: 0, opts: [{ options: [{ code: 10, data: cookie }] }] });
}

function withId(packet: Uint8Array, id: number): Uint8Array {
  if (packet.length < 2) return packet;
  const made = Uint8Array.from(packet);
  made[0] = id >> 8;
  made[1] = id & 0xff;
  return made;
}

async function openClient({ address, port }: LiveServer): Promise<Client> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.connect(port, address);
  await once(socket, 'connect');
  let replies: Buffer[] = [];
  let ended: (() => void) | undefined;
  socket.on('message', (reply) => {
    replies.push(reply);
    if (reply.length >= 2 && reply.readUInt16BE(0) === 0) ended?.();
  });
  return {
    async exchange(packets) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      replies = [];
      ended = resolve;
      const late = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
      for (const packet of packets) socket.send(packet);
      await promise.finally(() => clearTimeout(late));
      return replies;
    },
    close: () => socket.close(),
  };
}
