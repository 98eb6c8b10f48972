import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Counter } from '../../answer/counters.ts';
import { newExchange, Transport } from '../../answer/exchange.ts';
import { guard } from '../../answer/guard.ts';
import { adopt, openTable } from '../../answer/reader.ts';
import { createResponder, type ResponderSettings } from '../../answer/respond.ts';
import { observed } from '../../answer/sample/observed.ts';
import { createWarmer, isWorthWarming } from '../../answer/warm.ts';
import { Signal, type ThreadMessage } from '../thread/thread.ts';
import { BATCH, createBatch } from './batch.ts';
import { createUnwrapper } from './proxied.ts';
import { EAGAIN, EINTR, errno, MSG_DONTWAIT, MSG_WAITFORONE, openLibc } from './socket/libc.ts';
import { createPoll } from './socket/poll.ts';
import { sendBatch } from './socket/send-batch.ts';
import type { UdpThreadData } from './thread-data.ts';

/**
 * A data-plane thread: it blocks in recvmmsg, answers the batch, and sends the answers by sendmmsg, until it has to stop.
 * It never returns to the event loop, so it looks for messages of the main thread between two batches.
 */
const { fds, settings, counters, seed, signals, proxies, misproxied } = workerData as UdpThreadData;
const signal = new Int32Array(signals);
const libc = openLibc();
const batch = createBatch(settings.udpOctetsMax);
const reader = openTable((workerData as UdpThreadData).table);
// No other reference to the first table stays, so its memory is free once the reader has changed over.
Object.assign(workerData, { table: undefined });
const responderBy = (next: ResponderSettings) =>
  observed(
    guard(createResponder({ table: reader, settings: next, seed, counters }), counters),
    next.sampling,
    counters,
    seed,
  );
let present = responderBy(settings);
const exchange = newExchange(Transport.UDP);
exchange.query = batch.octets;
exchange.reply = batch.octets;
exchange.peer = batch.octets;
const warmer = createWarmer(reader, BATCH);
const unwrapper = proxies.length === 0 ? undefined : createUnwrapper(proxies, counters, misproxied);
let messagesSeen = 0;

function takeMessages(): void {
  const posted = Atomics.load(signal, Signal.POSTED);
  if (posted === messagesSeen) return;
  messagesSeen = posted;
  for (;;) {
    const received = receiveMessageOnPort(parentPort!) as { message: ThreadMessage } | undefined;
    if (received === undefined) break;
    const { message } = received;
    if ('table' in message) adopt(reader, message.table);
    else if ('settings' in message) present = responderBy(message.settings);
  }
  Atomics.store(signal, Signal.TAKEN, posted);
}

function answer(fd: number, flags: number): void {
  const count = libc.recvmmsg(fd, batch.received, BATCH, flags, 0);
  const error = count < 0 ? errno() : 0;
  // After the wait, not before it: the answers must show what was published meanwhile.
  takeMessages();
  if (error === EAGAIN || error === EINTR) return;
  if (error !== 0) throw new Error(`recvmmsg: errno ${error}`);
  let replies = 0;
  const responder = present;
  // Where the query of a proxy begins is known only after its header was read.
  if (unwrapper === undefined && isWorthWarming(reader, count)) {
    for (let i = 0; i < count; i += 1) warmer.note(batch.octets, batch.queryAt(i), batch.queryOctets(i));
    warmer.warm();
  }
  for (let i = 0; i < count; i += 1) {
    exchange.queryAt = batch.queryAt(i);
    exchange.queryOctets = batch.queryOctets(i);
    exchange.replyAt = batch.replyAt(replies);
    exchange.peerAt = batch.peerAt(i);
    exchange.peerOctets = batch.peerOctets(i);
    if (unwrapper !== undefined && !unwrapper.unwrap(exchange)) continue;
    const length = responder.respond(exchange);
    if (length === 0) continue;
    batch.addressReply(i, replies, length);
    replies += 1;
  }
  counters[Counter.UNSENT]! += sendBatch(libc, errno, fd, batch, replies);
  batch.reset(count);
}

Atomics.store(signal, Signal.ANSWERS, 1);
Atomics.notify(signal, Signal.ANSWERS);
const isOver = () => Atomics.load(signal, Signal.STOP) !== 0;
if (fds.length === 1) while (!isOver()) answer(fds[0]!, MSG_WAITFORONE);
else {
  const poll = createPoll(libc, fds);
  while (!isOver()) {
    poll.wait();
    for (let i = 0; i < fds.length; i += 1) if (poll.isReadable(i)) answer(fds[i]!, MSG_DONTWAIT);
  }
}
