import { newCounters } from '../../answer/counters.ts';
import type { Prefix } from '../../answer/rate-limit.ts';
import type { Responder, ResponderSettings } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';
import type { Config, ListenAddress } from '../../config/config.ts';
import { ListenError } from '../listen/listen-error.ts';
import type { Logger } from '../logger.ts';
import { startBatchedUdp } from './batched.ts';
import type { UdpEngine } from './engine.ts';
import { startPortableUdp } from './portable.ts';
import { hasBatchedCalls } from './socket/libc.ts';

/** What startUdp needs, whichever engine it starts. */
export interface UdpOptions extends Pick<Config['dns'], 'engine' | 'workers'> {
  readonly listen: readonly ListenAddress[];
  /** Makes what answers on the main thread, counting into a block. */
  respondOnMain(counters: Float64Array): Responder;
  readonly table: TableBuffers;
  readonly settings: ResponderSettings;
  /** Who must, and alone may, begin a query with a PROXY protocol header; absent: nobody. */
  readonly proxies?: readonly Prefix[];
  readonly log: Logger;
}

/** Answers UDP by the engine that is asked for. Rejects, listening nowhere, with a ListenError when it cannot run here, and when an address cannot be bound. */
export async function startUdp({
  engine,
  workers,
  listen,
  respondOnMain,
  table,
  settings,
  proxies = [],
  log,
}: UdpOptions): Promise<UdpEngine> {
  if (engine === 'portable' || (engine === 'auto' && !hasBatchedCalls())) {
    const counters = newCounters();
    let keepsDf = false;
    return startPortableUdp({
      listen,
      responder: respondOnMain(counters),
      counters,
      proxies,
      unbound: (address, err) =>
        log.warn({ err, address }, 'Cannot answer DNS at an address of this machine.'),
      keepsDf() {
        if (!keepsDf)
          log.warn({}, 'Answers by UDP carry the DF bit: only koffi could unset it, and there is none here.');
        keepsDf = true;
      },
    });
  }
  if (!hasBatchedCalls())
    throw new ListenError(
      'the batched engine cannot run here: it needs Linux on x64 or arm64, koffi, and leave to call recvmmsg and sendmmsg; choose another with LIFEGUARD_DNS_ENGINE',
    );
  const batched = startBatchedUdp({
    listen,
    table,
    settings,
    workers,
    proxies,
    died: (err) => log.error({ err }, 'A data-plane thread ended unexpectedly. Lifeguard starts it again.'),
  });
  // Before the main thread has much to do: on few cores it would keep them from it.
  await batched.answers;
  return batched;
}
