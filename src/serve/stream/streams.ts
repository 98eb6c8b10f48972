import { randomInt } from 'node:crypto';
import { newCounters } from '../../answer/counters.ts';
import type { ResponderSettings } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';
import type { Config, ListenAddress } from '../../config/config.ts';
import { ListenError } from '../listen/listen-error.ts';
import { takenWords } from '../listen/taken.ts';
import type { Logger } from '../logger.ts';
import { writeRelayed } from '../thread/relayed-log.ts';
import { startThread } from '../thread/supervised.ts';
import {
  ConnectionCounter,
  type ConnectionCounts,
  connectionCounts,
  newConnectionCounters,
} from './connection-limits.ts';
import type { Listening, StreamThreadData, StreamThreadMessage } from './thread-data.ts';

/** What startStreams needs. */
export interface StreamsOptions extends Pick<Config['dns'], 'tcp' | 'tls' | 'https' | 'proxyProtocolFrom'> {
  /** Where DNS over TCP is answered. */
  readonly listen: readonly ListenAddress[];
  readonly table: TableBuffers;
  readonly settings: ResponderSettings;
  readonly log: Logger;
}

/** The thread that answers TCP, TLS and HTTPS. */
export interface Streams extends Listening {
  /** What the thread has counted. */
  readonly counters: Float64Array;
  readonly connections: ConnectionCounts;
  /** How often the thread died so far, and was started again. */
  readonly deaths: number;
  /** Changes over to other buffers of the answer table. */
  adopt(table: TableBuffers): void;
  /** Returns true when the thread reads no buffers but those adopted last. */
  hasAdopted(): boolean;
  /** Stops listening and closes every connection. */
  stop(): Promise<void>;
}

/**
 * Starts a thread that answers TCP, and as configured TLS and HTTPS. Rejects, listening nowhere, when an address cannot be
 * bound, with a ListenError when TLS or HTTPS cannot start.
 */
export function startStreams({
  listen,
  tcp,
  tls,
  https,
  proxyProtocolFrom,
  settings,
  log,
  ...given
}: StreamsOptions): Promise<Streams> {
  // The first table may be large, and is another soon: nothing else may hold it.
  let { table } = given;
  const counters = newCounters();
  const connectionCounters = newConnectionCounters();
  const { promise, resolve, reject } = Promise.withResolvers<Streams>();
  /** Where the thread listens; ports that were 0 are chosen at its first start, and stay. */
  let listening: Listening | undefined;
  let deaths = 0;
  const at = (addresses: readonly ListenAddress[], chosen: readonly ListenAddress[] | undefined) =>
    chosen ?? addresses;

  const thread = startThread<StreamThreadData>({
    name: 'streams',
    entry: new URL('./stream-entry.ts', import.meta.url),
    data: () => ({
      listen: at(listen, listening?.tcp),
      ...(tls && { tls: { ...tls, listen: at(tls.listen, listening?.tls) } }),
      ...(https && { https: { ...https, listen: at(https.listen, listening?.https) } }),
      limits: tcp,
      proxies: proxyProtocolFrom,
      table,
      settings,
      counters,
      connectionCounters,
      seed: randomInt(1, 2 ** 31),
    }),
    died(error) {
      connectionCounters[ConnectionCounter.OPEN] = 0;
      if (listening === undefined) {
        void thread.stop();
        reject(explained(error));
        return;
      }
      deaths += 1;
      log.error(
        { err: error },
        'The thread that answers TCP, TLS and HTTPS ended unexpectedly. Lifeguard starts it again.',
      );
    },
    received(message) {
      const said = message as StreamThreadMessage;
      if (said.kind === 'log') writeRelayed(log, said);
      else if (listening === undefined) {
        listening = said.listening;
        resolve(streams);
      }
    },
  });
  const streams: Streams = {
    get tcp() {
      return listening!.tcp;
    },
    get tls() {
      return listening!.tls;
    },
    get https() {
      return listening!.https;
    },
    counters,
    connections: connectionCounts(connectionCounters),
    get deaths() {
      return deaths;
    },
    adopt(buffers) {
      table = buffers;
      thread.adopt(buffers);
    },
    hasAdopted: () => thread.hasAdopted(),
    stop: () => thread.stop(),
  };
  return promise;
}

/** Returns the error of a thread that could not start, in words for the operator where it names the setting. */
function explained(error: unknown): unknown {
  const { setting, code, message, address, port } = error as NodeJS.ErrnoException &
    Partial<ListenAddress> & { readonly setting?: string };
  if (setting === undefined) return error;
  const isTaken = code === 'EADDRINUSE' && address !== undefined && port !== undefined;
  const words = isTaken ? `: ${takenWords({ address, port }, 'TCP', { name: setting, isList: true })}` : '';
  return new ListenError(`${setting}: ${message}${words}`);
}
