import type { Socket } from 'node:net';
import { newExchange, Transport } from '../../answer/exchange.ts';
import type { Responder } from '../../answer/respond.ts';
import type { Successor } from '../successor/successor.ts';
import { type Connection, DRAIN_IDLE_MS } from './accept.ts';
import { createAnswerBuffer, FRAME_OCTETS_MAX } from './answer-buffer.ts';
import { createDeadline } from './deadline.ts';
import { createFrames, framed, LENGTH_OCTETS } from './tcp-frames.ts';

/** Options of serveMessages. */
export interface MessageStreamOptions {
  readonly responder: Responder;
  /** One of Transport. */
  readonly transport: number;
  /** A connection without any traffic for this time is closed (RFC 7766 §6.2.3). */
  readonly idleTimeoutMs: number;
  /** How long a client may take to send a message that it began, and to take the answers that wait for it. */
  readonly transferTimeoutMs: number;
}

/** Octets of answers that wait for a client. While there are more, the server answers no query of it, and soon reads none. */
export const UNSENT_OCTETS_MAX = 64 * 1024;
/** Octets that a query takes beside its own while the successor has it. They count as those of an answer that waits. */
const ASKED_OCTETS = 1_024;
/**
 * A chunk this large may be one of many: libuv reads on while there is more, and TLS has records of 16 KiB. After such a chunk the
 * connection waits for the next turn of the event loop, so that a flood on it leaves time for the others.
 */
const TURN_OCTETS = 16 * 1024;

const answers = createAnswerBuffer();

/**
 * Answers the DNS messages of a stream, each with its length before it (RFC 1035 §4.2.2). Queries may follow each other
 * without waiting and are answered in order (RFC 7766 §6.2.1.1). A client that closes its side after its queries still gets the
 * answers. `socket`: the socket of the connection, or TLS over it.
 */
export function serveMessages(socket: Socket, connection: Connection, options: MessageStreamOptions): void {
  const { responder, idleTimeoutMs, transferTimeoutMs } = options;
  const { place, client } = connection;
  /** Octets that have arrived and are not answered yet: a chunk and the message that it ends in, at most. */
  const input = createFrames();
  const exchange = newExchange(options.transport);
  exchange.peer = client;
  exchange.peerOctets = client.length;
  const receiving = createDeadline(transferTimeoutMs, cut);
  const sending = createDeadline(transferTimeoutMs, cut);
  /** There are queries whose answers have no room yet. */
  let isBacklogged = false;
  let isYielding = false;
  let isClosing = false;
  let hasEnded = false;
  let hasTaken = false;
  /** The kernel has not taken all that was written. */
  let isSending = false;
  /** Octets of queries that the successor has not answered, with ASKED_OCTETS for each. */
  let askedOctets = 0;

  /** Ends the connection at once. Answers that the client did not take are dropped, in the kernel too. */
  function cut(): void {
    connection.socket.resetAndDestroy();
    socket.destroy();
  }

  function closeGently(): void {
    isClosing = true;
    receiving.stop();
    sending.restart();
    socket.destroySoon();
  }

  /** Answers until there is no whole query, or the buffer is full. Sends all answers in one write. Returns true when there may be more queries. */
  function answerBatch(): boolean {
    const { octets, start } = answers;
    let end = start;
    let hasMore = true;
    exchange.reply = octets;
    while (end + FRAME_OCTETS_MAX <= octets.length) {
      hasMore = input.next();
      if (!hasMore) break;
      hasTaken = true;
      exchange.query = input.octets;
      exchange.queryAt = input.at;
      exchange.queryOctets = input.length;
      exchange.replyAt = end + LENGTH_OCTETS;
      const length = responder.respond(exchange);
      if (length === 0) continue;
      octets[end] = length >>> 8;
      octets[end + 1] = length;
      end += LENGTH_OCTETS + length;
    }
    if (end > start) send(octets.subarray(start, end), end);
    return hasMore;
  }

  function send(octets: Buffer, end: number): void {
    // Node says late that it has encrypted a write, so each small one would keep a whole buffer busy.
    const isCopied = options.transport === Transport.DOT;
    socket.write(isCopied ? Buffer.from(octets) : octets, written);
    // Mostly the kernel has taken them by now. If not, the stream refers to these very octets until it does.
    isSending = socket.writableLength > 0;
    if (isSending && !isCopied) answers.keep(end);
  }

  /** Has the successor answer the next query. Returns true when there may be more queries. */
  function askNext(successor: Successor): boolean {
    if (!input.next()) return false;
    hasTaken = true;
    const query = Uint8Array.from(input.octets.subarray(input.at, input.at + input.length));
    const octets = query.length + ASKED_OCTETS;
    askedOctets += octets;
    successor.ask({ query, transport: options.transport, client }, (answer) => {
      askedOctets -= octets;
      if (isClosing || socket.destroyed) return;
      if (answer === undefined) {
        closeGently();
        return;
      }
      if (answer.length > 0) {
        socket.write(framed(answer), written);
        isSending = socket.writableLength > 0;
      }
      if (isBacklogged) answerInput();
      goOn();
    });
    return true;
  }

  function answerInput(): void {
    let hasMore = true;
    while (hasMore && socket.writableLength + askedOctets <= UNSENT_OCTETS_MAX)
      hasMore = connection.successor === undefined ? answerBatch() : askNext(connection.successor);
    isBacklogged = hasMore;
  }

  /** Goes on after the kernel has taken a write, which means that the client takes its answers. */
  function written(error?: Error | null): void {
    // Where nothing waited, there is nothing to go on with.
    if (error || isClosing || !isSending) return;
    isSending = socket.writableLength > 0;
    place.progress();
    sending.stop();
    if (isBacklogged) answerInput();
    goOn();
  }

  function isBusy(): boolean {
    return isSending || isBacklogged || input.isPartial || askedOctets > 0;
  }

  /** Reads on or pauses, starts or stops deadlines, and says whether the connection is busy. */
  function goOn(): void {
    if (isClosing || socket.destroyed) return;
    if (hasEnded && !isBacklogged && askedOctets === 0) socket.end();
    if (isBacklogged || isYielding) socket.pause();
    else if (socket.isPaused()) socket.resume();
    if (!input.isPartial || socket.isPaused()) receiving.stop();
    else if (hasTaken) receiving.restart();
    else receiving.start();
    if (hasTaken) place.progress();
    hasTaken = false;
    if (isSending) sending.start();
    else sending.stop();
    place.setBusy(isBusy());
  }

  place.close = closeGently;
  connection.drain = () => {
    socket.removeAllListeners('timeout');
    socket.setTimeout(DRAIN_IDLE_MS).on('timeout', () => {
      if (isBusy()) socket.setTimeout(DRAIN_IDLE_MS);
      else closeGently();
    });
  };
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    receiving.stop();
    sending.stop();
  });
  socket.setTimeout(idleTimeoutMs, () => {
    if (socket.writableLength > 0) cut();
    else closeGently();
  });
  socket.on('data', (chunk: Buffer) => {
    if (isClosing) return;
    input.push(chunk);
    answerInput();
    if (chunk.length >= TURN_OCTETS && !isYielding) {
      isYielding = true;
      setImmediate(() => {
        isYielding = false;
        goOn();
      });
    }
    goOn();
  });
  // Node emits this even while the socket is paused. Then answers may still wait.
  socket.once('end', () => {
    hasEnded = true;
    goOn();
  });
  socket.resume();
  if (connection.isDraining) connection.drain();
}
