import { parentPort, workerData } from 'node:worker_threads';
import type { ListenAddress } from '../../config/config.ts';
import { openLoopThread } from '../thread/event-loop.ts';
import type { ListeningThreadMessage } from '../thread/listening.ts';
import { relayLog } from '../thread/relayed-log.ts';
import { startPortableUdp } from './portable.ts';
import type { PortableThreadData } from './portable-thread.ts';

/** The data-plane thread of the portable engine. When a socket cannot be bound, the error ends the thread, and so all of its sockets. */
const { listen, counters, proxies, misproxied } = workerData as PortableThreadData;
const post = (message: ListeningThreadMessage<readonly ListenAddress[]>) => parentPort!.postMessage(message);
const thread = openLoopThread(workerData as PortableThreadData);
const log = relayLog(post);
let keepsDf = false;
const udp = await startPortableUdp({
  listen,
  responder: thread.responder,
  counters,
  ...(proxies.length > 0 && { proxies: { prefixes: proxies, misproxied } }),
  unbound: (address, err) => log.warn({ err, address }, 'Cannot answer DNS at an address of this machine.'),
  keepsDf() {
    if (!keepsDf)
      log.warn(
        {},
        'Answers by UDP carry the DF bit, because koffi, which could unset it, has no build for this machine.',
      );
    keepsDf = true;
  },
});
thread.endAfter(udp.stop);
post({ kind: 'listening', listening: udp.addresses });
