import { setTimeout as sleep } from 'node:timers/promises';
import type { ThreadCounters } from '../../answer/counters.ts';
import type { ResponderSettings } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';
import type { ListenAddress } from '../../config/config.ts';
import { DRAIN_MAX_MS, SUCCEEDED_MAX_MS } from '../stream/accept.ts';
import type { ConnectionCounts } from '../stream/connection-limits.ts';
import { logMisproxied } from '../stream/misproxied.ts';
import { type Streams, type StreamsOptions, startStreams } from '../stream/streams.ts';
import type { UdpEngine } from '../udp/engine.ts';
import { watchMisproxied } from '../udp/misproxied.ts';
import { kernelDrops } from '../udp/socket/kernel-drops.ts';
import { startUdp, type UdpOptions } from '../udp/start.ts';

/** What startListeners needs. */
export interface ListenOptions extends Omit<UdpOptions, 'proxies' | 'inherited'>, StreamsOptions {}

/** Running listeners of UDP and TCP, and of TLS and HTTPS where configured. */
export interface Listeners {
  /** Each address with the port that UDP and TCP share. */
  readonly addresses: readonly ListenAddress[];
  /** Where DNS over TLS and over HTTPS is answered. */
  readonly tls: readonly ListenAddress[];
  readonly https: readonly ListenAddress[];
  /** The engine that answers UDP. */
  readonly engine: UdpEngine['name'];
  /** What every thread has counted. */
  readonly counters: readonly ThreadCounters[];
  /** Threads that died so far, and were started again. */
  readonly threadDeaths: number;
  /** Queries by UDP that the kernel dropped because no thread read them in time; undefined: this system does not say. */
  kernelDrops(): number | undefined;
  /** Numbers of connections that are open, were refused, or made room for others. */
  readonly connections: ConnectionCounts;
  /** Changes over to other buffers of the answer table. */
  adopt(table: TableBuffers): void;
  /** Answers by other settings from now on, with the same `udpOctetsMax`. */
  useSettings(settings: ResponderSettings): void;
  /** Returns true when no thread reads any buffers but those adopted last. */
  hasAdopted(): boolean;
  /**
   * Answers no more by UDP, accepts no more connections, and lets those that there are end. Resolves with nothing left to stop, within
   * DRAIN_MAX_MS; with a successor, the path at which another server answers, within SUCCEEDED_MAX_MS more.
   */
  drain(successor?: string): Promise<void>;
  stop(): Promise<void>;
}

/** Attempts to find a port that is free for TCP and for UDP, where the configured port is 0. */
const FREE_PORT_ATTEMPTS = 10;
/** The log line about dropped queries by UDP. */
const MISPROXIED_QUERY =
  'Dropped queries of a proxy, because they did not begin with a PROXY protocol header.';

/**
 * Answers UDP and TCP at each address, on the same port, and TLS and HTTPS where configured. Rejects, listening nowhere,
 * when an address cannot be bound, and with a ListenError when TLS or HTTPS cannot start.
 */
export async function startListeners(options: ListenOptions): Promise<Listeners> {
  const anyPort = options.listen.some(({ port }) => port === 0);
  const { streams, udp } = await (anyPort ? startAtFreePorts(options) : startAtPorts(options));
  const watch = watchMisproxied(udp, logMisproxied(options.log, undefined, MISPROXIED_QUERY));
  return listenersOf({ streams, udp, watch });
}

/** The threads that start and stop together. */
interface Started {
  readonly streams: Streams;
  readonly udp: UdpEngine;
}

/**
 * Starts all threads at once. UDP, which most clients use, comes first and does not wait for the others. Inherited sockets take
 * connections as soon as they are used, so that they wait until the addresses are known to be bound.
 */
async function startAtPorts(options: ListenOptions): Promise<Started> {
  const startingUdp = startUdpOf(options, options.listen);
  const isBound = options.inherited === undefined ? Promise.resolve() : startingUdp.then(() => undefined);
  const [udp, streams] = await Promise.allSettled([startingUdp, isBound.then(() => startStreams(options))]);
  if (udp.status === 'fulfilled' && streams.status === 'fulfilled')
    return { streams: streams.value, udp: udp.value };
  if (udp.status === 'fulfilled') await udp.value.stop();
  if (streams.status === 'fulfilled') await streams.value.thread.stop();
  throw streams.status === 'rejected' ? streams.reason : (udp as PromiseRejectedResult).reason;
}

/** Lets TCP choose the ports that are 0, and tries again when UDP cannot have the same ones. */
async function startAtFreePorts(options: ListenOptions): Promise<Started> {
  for (let attempt = 1; ; attempt += 1) {
    const streams = await startStreams(options);
    try {
      return { streams, udp: await startUdpOf(options, streams.thread.listening.tcp) };
    } catch (error) {
      await streams.thread.stop();
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}

function startUdpOf(options: ListenOptions, listen: readonly ListenAddress[]): Promise<UdpEngine> {
  return startUdp({ ...options, listen, proxies: options.proxyProtocolFrom });
}

function listenersOf({ streams, udp, watch }: Started & { readonly watch: { stop(): void } }): Listeners {
  const stop = async () => {
    watch.stop();
    await Promise.all([streams.thread.stop(), udp.stop()]);
  };
  return {
    addresses: udp.addresses,
    tls: streams.thread.listening.tls,
    https: streams.thread.listening.https,
    engine: udp.name,
    counters: [
      { engine: 'streams', thread: 0, counters: streams.counters },
      ...udp.counters.map((counters, thread) => ({ engine: udp.name, thread, counters })),
    ],
    get threadDeaths() {
      return udp.deaths + streams.thread.deaths;
    },
    kernelDrops: () => kernelDrops(udp.addresses),
    connections: streams.connections,
    adopt(table) {
      udp.adopt(table);
      streams.thread.adopt(table);
    },
    useSettings(settings) {
      udp.useSettings(settings);
      streams.useSettings(settings);
    },
    hasAdopted: () => udp.hasAdopted() && streams.thread.hasAdopted(),
    async drain(successor) {
      const maxMs = DRAIN_MAX_MS + (successor === undefined ? 0 : SUCCEEDED_MAX_MS);
      const late = sleep(maxMs, undefined, { ref: false });
      await Promise.race([late, Promise.all([streams.thread.drain(successor), udp.stop()])]);
      await stop();
    },
    stop,
  };
}
