import { parentPort, workerData } from 'node:worker_threads';
import { Counter } from '../../answer/counters.ts';
import { guard } from '../../answer/guard.ts';
import { openTable } from '../../answer/reader.ts';
import { createResponder } from '../../answer/respond.ts';
import { obeyMain } from '../thread/event-loop.ts';
import { relayLog } from '../thread/relayed-log.ts';
import { createConnectionLimits } from './connection-limits.ts';
import { startEach, stopAll } from './group.ts';
import { logMisproxied } from './misproxied.ts';
import { startTcp, type TcpOptions } from './tcp.ts';
import type { StreamThreadData, StreamThreadMessage } from './thread-data.ts';

/**
 * The data-plane thread that answers TCP, TLS and HTTPS through Node's sockets. What it cannot start it throws, and ends: so
 * it listens nowhere.
 */
const { listen, tls, https, limits, proxies, settings, counters, connectionCounters, seed, signals } =
  workerData as StreamThreadData;
const post = (message: StreamThreadMessage) => parentPort!.postMessage(message);
const reader = openTable((workerData as StreamThreadData).table);
// Nobody else holds it, so that it is free when the reader has changed over.
Object.assign(workerData, { table: undefined });
const log = relayLog(post);
const logConnection = logMisproxied(log);
const streams: Omit<TcpOptions, 'listen'> = {
  responder: guard(createResponder({ table: reader, settings, seed, counters }), counters),
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
void obeyMain(signals, reader, async () => {
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
