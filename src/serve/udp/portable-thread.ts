import { randomInt } from 'node:crypto';
import { newCounters } from '../../answer/counters.ts';
import type { Prefix } from '../../answer/rate-limit.ts';
import type { ResponderSettings } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';
import type { ListenAddress } from '../../config/config.ts';
import type { Logger } from '../logger.ts';
import { startListeningThread } from '../thread/listening.ts';
import type { ThreadData } from '../thread/thread.ts';
import type { UdpEngine } from './engine.ts';
import { newMisproxiedNote } from './proxied.ts';

/** What startPortableThread needs. */
export interface PortableThreadOptions {
  readonly listen: readonly ListenAddress[];
  readonly table: TableBuffers;
  readonly settings: ResponderSettings;
  /** Clients that must begin a query with a PROXY protocol header. No others may. Absent: there are none. */
  readonly proxies?: readonly Prefix[];
  readonly log: Logger;
}

/** What the thread of the portable engine is started with. */
export interface PortableThreadData extends ThreadData {
  readonly listen: readonly ListenAddress[];
  /** The last query of a proxy that was dropped is noted here (readMisproxiedNote). */
  readonly misproxied: SharedArrayBuffer;
}

/** Answers UDP by the portable engine, on a thread of its own. Rejects when an address cannot be bound; then it listens nowhere. */
export async function startPortableThread({
  listen,
  table,
  proxies = [],
  log,
  ...given
}: PortableThreadOptions): Promise<UdpEngine> {
  let { settings } = given;
  const counters = newCounters();
  const misproxied = newMisproxiedNote();
  const thread = await startListeningThread<PortableThreadData, readonly ListenAddress[]>({
    name: 'udp',
    entry: new URL('./portable-entry.ts', import.meta.url),
    table,
    data: (chosen) => ({
      listen: chosen ?? listen,
      settings,
      counters,
      proxies,
      misproxied,
      seed: randomInt(1, 2 ** 31),
    }),
    diedMessage: 'A data-plane thread ended unexpectedly. Lifeguard starts it again.',
    log,
  });
  return {
    name: 'portable',
    addresses: thread.listening,
    counters: [counters],
    misproxied,
    get deaths() {
      return thread.deaths;
    },
    adopt: (buffers) => thread.adopt(buffers),
    useSettings(next) {
      settings = next;
      thread.useSettings(next);
    },
    hasAdopted: () => thread.hasAdopted(),
    stop: () => thread.stop(),
  };
}
