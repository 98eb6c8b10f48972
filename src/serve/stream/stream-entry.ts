import { parentPort, workerData } from 'node:worker_threads';
import { Counter } from '../../answer/counters.ts';
import type { Predecessors } from '../successor/predecessors.ts';
import { askSuccessor } from '../successor/successor.ts';
import { openLoopThread } from '../thread/event-loop.ts';
import type { ListeningThreadMessage } from '../thread/listening.ts';
import { relayLog } from '../thread/relayed-log.ts';
import type { Handover } from './accept.ts';
import { createConnectionLimits } from './connection-limits.ts';
import type { Encrypted } from './encrypted.ts';
import { drainAll, startEach, stopAll } from './group.ts';
import { logMisproxied } from './misproxied.ts';
import { startAgain } from './retried.ts';
import { startTcp, type TcpOptions } from './tcp.ts';
import type { StreamAddresses, StreamThreadData } from './thread-data.ts';

/**
 * The data-plane thread that answers TCP, TLS and HTTPS through Node's sockets. When a listener cannot start, the error ends the
 * thread, and so all of its listeners. Where it is started again, those of TLS and HTTPS may come later than that of TCP.
 */
const {
  listen,
  inherited,
  predecessorsAt,
  isRestart,
  tls,
  https,
  limits,
  proxies,
  counters,
  connectionCounters,
} = workerData as StreamThreadData;
const post = (message: ListeningThreadMessage<StreamAddresses>) => parentPort!.postMessage(message);
const thread = openLoopThread(workerData as StreamThreadData);
const log = relayLog(post);
const logConnection = logMisproxied(log);
const streams: Omit<TcpOptions, 'listen'> = {
  responder: thread.responder,
  limits: createConnectionLimits({ ...limits, counters: connectionCounters }),
  proxies,
  inherited,
  idleTimeoutMs: limits.idleTimeoutMs,
  transferTimeoutMs: limits.transferTimeoutMs,
  misproxied(from, rule) {
    counters[Counter.MISPROXIED]! += 1;
    logConnection(from, rule);
  },
};
/** Starts what is given of TLS and HTTPS. Most nodes have neither, and to load TLS takes longer than all else. */
async function startEncrypted(parts: Pick<StreamThreadData, 'tls' | 'https'>): Promise<Encrypted> {
  const { tls, https } = parts;
  return (await import('./encrypted.ts')).startEncrypted({ tls, https, streams, log });
}
const again = isRestart && tls ? [startAgain('DNS over TLS', () => startEncrypted({ tls }), log)] : [];
if (isRestart && https) again.push(startAgain('DNS over HTTPS', () => startEncrypted({ https }), log));
const encrypted =
  isRestart || (tls === undefined && https === undefined)
    ? undefined
    : await startEncrypted({ ...(tls && { tls }), ...(https && { https }) });
const tcp = await startEach(listen, (address) => startTcp({ ...streams, listen: address }));
const predecessors =
  predecessorsAt === undefined ? undefined : await startAnsweringPredecessors(predecessorsAt);
thread.endAfter(
  async () => {
    await Promise.all([stopAll(tcp), stopAll(again), encrypted?.stop(), predecessors?.stop()]);
  },
  async (path) => {
    const handover = path === undefined ? undefined : handoverTo(path);
    await Promise.all([
      drainAll(tcp, handover),
      drainAll(again, handover),
      encrypted?.drain(handover),
      predecessors?.stop(),
    ]);
  },
);

async function startAnsweringPredecessors(path: string): Promise<Predecessors> {
  return (await import('../successor/predecessors.ts')).answerPredecessors(path, thread.responder);
}

function handoverTo(path: string): Handover {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  return { successor: askSuccessor(path, resolve), gone };
}
post({
  kind: 'listening',
  listening: {
    tcp: tcp.map(({ address, port }) => ({ address, port })),
    tls: encrypted?.tls ?? [],
    https: encrypted?.https ?? [],
  },
});
