import { parentPort, workerData } from 'node:worker_threads';
import { Counter } from '../../answer/counters.ts';
import { openLoopThread } from '../thread/event-loop.ts';
import type { ListeningThreadMessage } from '../thread/listening.ts';
import { relayLog } from '../thread/relayed-log.ts';
import { createConnectionLimits } from './connection-limits.ts';
import { startEach, stopAll } from './group.ts';
import { logMisproxied } from './misproxied.ts';
import { startTcp, type TcpOptions } from './tcp.ts';
import type { StreamAddresses, StreamThreadData } from './thread-data.ts';

/**
 * The data-plane thread that answers TCP, TLS and HTTPS through Node's sockets. When a listener cannot start, the error ends the
 * thread, and so all of its listeners.
 */
const { listen, tls, https, limits, proxies, counters, connectionCounters } = workerData as StreamThreadData;
const post = (message: ListeningThreadMessage<StreamAddresses>) => parentPort!.postMessage(message);
const thread = openLoopThread(workerData as StreamThreadData);
const log = relayLog(post);
const logConnection = logMisproxied(log);
const streams: Omit<TcpOptions, 'listen'> = {
  responder: thread.responder,
  limits: createConnectionLimits({ ...limits, counters: connectionCounters }),
  proxies,
  idleTimeoutMs: limits.idleTimeoutMs,
  transferTimeoutMs: limits.transferTimeoutMs,
  misproxied(from, rule) {
    counters[Counter.MISPROXIED]! += 1;
    logConnection(from, rule);
  },
};
// Most nodes have neither, and to load TLS takes longer than all else.
const encrypted =
  tls === undefined && https === undefined
    ? undefined
    : await (await import('./encrypted.ts')).startEncrypted({ tls, https, streams, log });
const tcp = await startEach(listen, (address) => startTcp({ ...streams, listen: address }));
thread.endAfter(async () => {
  await Promise.all([stopAll(tcp), encrypted?.stop()]);
});
post({
  kind: 'listening',
  listening: {
    tcp: tcp.map(({ address, port }) => ({ address, port })),
    tls: encrypted?.tls ?? [],
    https: encrypted?.https ?? [],
  },
});
