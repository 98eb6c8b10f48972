import { randomInt } from 'node:crypto';
import { newCounters } from '../../answer/counters.ts';
import type { ResponderSettings } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';
import type { Config, ListenAddress } from '../../config/config.ts';
import type { Inheritance } from '../inherited/inherited-sockets.ts';
import { ListenError } from '../listen/listen-error.ts';
import type { Logger } from '../logger.ts';
import { type ListeningThread, startListeningThread } from '../thread/listening.ts';
import {
  ConnectionCounter,
  type ConnectionCounts,
  connectionCounts,
  newConnectionCounters,
} from './connection-limits.ts';
import type { StreamAddresses, StreamThreadData } from './thread-data.ts';

/** What startStreams needs. */
export interface StreamsOptions extends Pick<Config['dns'], 'tcp' | 'tls' | 'https' | 'proxyProtocolFrom'> {
  /** Where DNS over TCP is answered. */
  readonly listen: readonly ListenAddress[];
  /** Sockets of another server. */
  readonly inherited?: Inheritance;
  readonly table: TableBuffers;
  readonly settings: ResponderSettings;
  readonly log: Logger;
}

/** The thread that answers TCP, TLS and HTTPS. */
export interface Streams {
  readonly thread: ListeningThread<StreamAddresses>;
  /** What the thread has counted. */
  readonly counters: Float64Array;
  readonly connections: ConnectionCounts;
  /** Answers by other settings from now on, with the same limits of connections. */
  useSettings(settings: ResponderSettings): void;
}

/**
 * Starts a thread that answers TCP, and TLS and HTTPS where configured. Rejects when an address cannot be bound, and with a ListenError
 * when TLS or HTTPS cannot start; then it listens nowhere.
 */
export async function startStreams({
  listen,
  tcp,
  tls,
  https,
  proxyProtocolFrom,
  inherited,
  table,
  log,
  ...given
}: StreamsOptions): Promise<Streams> {
  let { settings } = given;
  const counters = newCounters();
  const connectionCounters = newConnectionCounters();
  const listenAt = [...listen, ...(tls?.listen ?? []), ...(https?.listen ?? [])];
  const taken = listenAt.flatMap((at) => inherited?.take('TCP', at) ?? []);
  const starting = startListeningThread<StreamThreadData, StreamAddresses>({
    name: 'streams',
    entry: new URL('./stream-entry.ts', import.meta.url),
    table,
    data: (chosen) => ({
      listen: chosen?.tcp ?? listen,
      // They end with the thread, and those that it opens when it is started again are its own.
      inherited: chosen === undefined ? taken : [],
      ...(inherited && { predecessorsAt: inherited.predecessorsAt }),
      isRestart: chosen !== undefined,
      ...(tls && { tls: { ...tls, listen: chosen?.tls ?? tls.listen } }),
      ...(https && { https: { ...https, listen: chosen?.https ?? https.listen } }),
      limits: tcp,
      proxies: proxyProtocolFrom,
      settings,
      counters,
      connectionCounters,
      seed: randomInt(1, 2 ** 31),
    }),
    died() {
      connectionCounters[ConnectionCounter.OPEN] = 0;
    },
    diedMessage: 'The thread that answers TCP, TLS and HTTPS ended unexpectedly. Lifeguard starts it again.',
    log,
  });
  const connections = connectionCounts(connectionCounters);
  const thread = await starting.catch(explain);
  return {
    thread,
    counters,
    connections,
    useSettings(next) {
      settings = next;
      thread.useSettings(next);
    },
  };
}

/** Throws the error of a thread that could not start: of an address as it is, else in words for the operator where it names the setting. */
function explain(error: unknown): never {
  const { setting, message, address } = error as Error & {
    readonly setting?: string;
    readonly address?: string;
  };
  if (setting === undefined || address !== undefined) throw error;
  throw new ListenError(`${setting}: ${message}`);
}
