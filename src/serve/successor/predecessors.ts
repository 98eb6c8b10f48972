import { rename } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import process from 'node:process';
import { threadId } from 'node:worker_threads';
import { newExchange, Transport } from '../../answer/exchange.ts';
import type { Responder } from '../../answer/respond.ts';
import { MESSAGE_OCTETS_MAX } from '../../dns/header.ts';
import { createFrames, LENGTH_OCTETS } from '../stream/tcp-frames.ts';

/** Answers queries of clients of the servers that this one has replaced. */
export interface Predecessors {
  /** Closes their connections, so that they ask the server that replaces this one. */
  stop(): Promise<void>;
}

const IPV4_OCTETS = 4;
const IPV6_OCTETS = 16;

/**
 * Listens at a path for the servers that this one replaces; the server that listened there before no longer does. A query is
 * two messages (successor.ts). Its answer is one message, which is empty where the query gets no answer. Rejects where the path
 * cannot be bound.
 */
export async function answerPredecessors(path: string, responder: Responder): Promise<Predecessors> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    serve(socket, responder);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  const own = `${path}-${process.pid}-${threadId}`;
  server.listen(own, resolve);
  await promise;
  server.off('error', reject).on('error', () => undefined);
  await rename(own, path);
  return {
    stop() {
      const { promise: closed, resolve: done } = Promise.withResolvers<void>();
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

function serve(socket: Socket, responder: Responder): void {
  const frames = createFrames();
  const exchange = newExchange(Transport.TCP);
  const reply = Buffer.allocUnsafe(LENGTH_OCTETS + MESSAGE_OCTETS_MAX);
  exchange.reply = reply;
  exchange.replyAt = LENGTH_OCTETS;
  /** The next message is the query of the client that the message before has named. */
  let isNamed = false;

  function name(): boolean {
    const { octets, at, length } = frames;
    exchange.transport = octets[at]!;
    exchange.peer = Uint8Array.from(octets.subarray(at + 1, at + length));
    exchange.peerOctets = exchange.peer.length;
    const isTransport = Object.values(Transport).some((each) => each === exchange.transport);
    return isTransport && (exchange.peerOctets === IPV4_OCTETS || exchange.peerOctets === IPV6_OCTETS);
  }

  function answer(): void {
    exchange.query = frames.octets;
    exchange.queryAt = frames.at;
    exchange.queryOctets = frames.length;
    const length = responder.respond(exchange);
    reply.writeUInt16BE(length, 0);
    const hasRoom = socket.write(Buffer.from(reply.subarray(0, LENGTH_OCTETS + length)));
    if (!hasRoom) socket.pause();
  }

  socket.on('drain', () => socket.resume());
  socket.on('data', (chunk: Buffer) => {
    frames.push(chunk);
    socket.cork();
    while (frames.next()) {
      if (isNamed) answer();
      else if (!name()) {
        socket.destroy();
        return;
      }
      isNamed = !isNamed;
    }
    socket.uncork();
  });
}
