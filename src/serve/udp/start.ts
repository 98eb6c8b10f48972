import type { Config } from '../../config/config.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import type { InheritedSockets } from '../inherited/inherited-sockets.ts';
import { ListenError } from '../listen/listen-error.ts';
import { startBatchedUdp } from './batched.ts';
import type { UdpEngine } from './engine.ts';
import { type PortableThreadOptions, startPortableThread } from './portable-thread.ts';
import { hasBatchedCalls } from './socket/libc.ts';

/** What startUdp needs, whichever engine it starts. */
export interface UdpOptions extends PortableThreadOptions, Pick<Config['dns'], 'engine' | 'workers'> {
  /** Sockets of another server, for the batched engine. */
  readonly inherited?: InheritedSockets;
}

/** Answers UDP by the configured engine. Rejects with a ListenError when the engine cannot run here, and when an address cannot be bound; then it listens nowhere. */
export async function startUdp({
  engine,
  workers,
  listen,
  table,
  settings,
  proxies = [],
  inherited,
  log,
}: UdpOptions): Promise<UdpEngine> {
  if (engine === 'portable' || (engine === 'auto' && !hasBatchedCalls()))
    return startPortableThread({ listen, table, settings, proxies, log });
  if (!hasBatchedCalls())
    throw new ListenError(
      'The batched engine cannot run here. It needs Linux on x64 or arm64, koffi, and permission to call recvmmsg and sendmmsg. Choose another engine with LIFEGUARD_DNS_ENGINE.',
    );
  const deaths = createRepeats();
  const batched = startBatchedUdp({
    listen,
    table,
    settings,
    workers,
    proxies,
    ...(inherited && { inherited }),
    died(err) {
      const unsaid = deaths.due(String(err));
      if (unsaid !== undefined)
        log.error({ err, unsaid }, 'A data-plane thread ended unexpectedly. Lifeguard starts it again.');
    },
  });
  // Now, before the main thread has much to do: on a machine with few cores it would slow their start.
  await batched.answers;
  return batched;
}
