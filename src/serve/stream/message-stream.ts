import type { Socket } from 'node:net';
import { newExchange, Transport } from '../../answer/exchange.ts';
import type { Responder } from '../../answer/respond.ts';
import type { Connection } from './accept.ts';
import { createAnswerBuffer, FRAME_OCTETS_MAX } from './answer-buffer.ts';
import { createDeadline } from './deadline.ts';
import { createFrames, LENGTH_OCTETS } from './tcp-frames.ts';

/** How messages are exchanged over a stream. */
export interface MessageStreamOptions {
  readonly responder: Responder;
  /** One of Transport. */
  readonly transport: number;
  /** A connection on which nothing moves for so long is closed (RFC 7766 §6.2.3). */
  readonly idleTimeoutMs: number;
  /** How long a client may take to send a message it began, and to take the answers that wait for it. */
  readonly transferTimeoutMs: number;
}

/** Answers waiting for a client that does not read; past it nothing more is answered, and soon nothing read. */
export const UNSENT_OCTETS_MAX = 64 * 1024;
/**
 * A chunk this large may be one of many: libuv reads on while there is more, and TLS has records of 16 KiB. Whoever sends
 * one waits for the next turn of the event loop, so that a flood on one connection leaves time for the others.
 */
const TURN_OCTETS = 16 * 1024;

const answers = createAnswerBuffer();

/**
 * Answers the DNS messages of a stream, each with its length before it (RFC 1035 §4.2.2). Queries may follow each other
 * without waiting and are answered in order (RFC 7766 §6.2.1.1). Who has sent all of his queries and closes his side still
 * gets the answers. `socket` is the connection's own, or TLS over it.
 */
export function serveMessages(socket: Socket, connection: Connection, options: MessageStreamOptions): void {
  const { responder, idleTimeoutMs, transferTimeoutMs } = options;
  const { place, client } = connection;
  /** What has arrived and was not answered yet: at most a chunk and the message it ends in. */
  const input = createFrames();
  const exchange = newExchange(options.transport);
  exchange.peer = client;
  exchange.peerOctets = client.length;
  const receiving = createDeadline(transferTimeoutMs, cut);
  const sending = createDeadline(transferTimeoutMs, cut);
  /** There is input whose answers have no room yet. */
  let isBacklogged = false;
  let isYielding = false;
  let isClosing = false;
  let hasEnded = false;
  let hasTaken = false;
  /** Some of what was written is still to go to the kernel. */
  let isSending = false;

  /** Ends it at once, with what the kernel still holds for a client that does not take it. */
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

  /** Answers until the input is empty or the buffer full, and sends all in one write; whether there may be more input. */
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
    // TLS says late that it has encrypted them, so that each small write would keep a whole buffer busy.
    const isCopied = options.transport === Transport.DOT;
    socket.write(isCopied ? Buffer.from(octets) : octets, written);
    // Mostly the kernel has taken them by now. If not, the stream holds these very octets.
    isSending = socket.writableLength > 0;
    if (isSending && !isCopied) answers.keep(end);
  }

  function answerInput(): void {
    let hasMore = true;
    while (hasMore && socket.writableLength <= UNSENT_OCTETS_MAX) hasMore = answerBatch();
    isBacklogged = hasMore;
  }

  /** One write has gone to the kernel, so the client takes its answers. */
  function written(error?: Error | null): void {
    // Where nothing waited, all was done when it was written.
    if (error || isClosing || !isSending) return;
    isSending = socket.writableLength > 0;
    place.progress();
    sending.stop();
    if (isBacklogged) answerInput();
    goOn();
  }

  /** Reads on, or not, and waits for what there is to wait for. */
  function goOn(): void {
    if (isClosing || socket.destroyed) return;
    if (hasEnded && !isBacklogged) socket.end();
    if (isBacklogged || isYielding) socket.pause();
    else if (socket.isPaused()) socket.resume();
    if (!input.isPartial || socket.isPaused()) receiving.stop();
    else if (hasTaken) receiving.restart();
    else receiving.start();
    if (hasTaken) place.progress();
    hasTaken = false;
    if (isSending) sending.start();
    else sending.stop();
    place.setBusy(isSending || isBacklogged || input.isPartial);
  }

  place.close = closeGently;
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
  // Node tells of the end even while the socket is paused, and answers may still have to wait then.
  socket.once('end', () => {
    hasEnded = true;
    goOn();
  });
  socket.resume();
}
