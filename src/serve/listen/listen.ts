import { Counter, newCounters } from '../../answer/counters.ts';
import type { Responder } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';
import type { Config } from '../../config/config.ts';
import type { StreamListener } from '../stream/accept.ts';
import { type ConnectionLimits, createConnectionLimits } from '../stream/connection-limits.ts';
import { startEach, stopAll } from '../stream/group.ts';
import { logMisproxied } from '../stream/misproxied.ts';
import type { UdpEngine } from '../udp/engine.ts';
import { watchMisproxied } from '../udp/misproxied.ts';
import { kernelDrops } from '../udp/socket/kernel-drops.ts';
import { startUdp, type UdpOptions } from '../udp/start.ts';
import { type Encrypted, startEncrypted } from './encrypted.ts';
import { type SocketAddress, startTcp, type TcpOptions } from './tcp.ts';

/** What startListeners needs. */
export interface ListenOptions
  extends Omit<UdpOptions, 'proxies'>,
    Pick<Config['dns'], 'tcp' | 'tls' | 'https' | 'proxyProtocolFrom'> {
  /** Answers what comes by TCP, TLS and HTTPS. */
  readonly responder: Responder;
  /** What connections are counted into that a proxy did not begin as it must; absent: nothing. */
  readonly counters?: Float64Array;
}

/** UDP, TCP, and as configured TLS and HTTPS, answering. */
export interface Listeners {
  /** Each address with the port that UDP and TCP share. */
  readonly addresses: readonly SocketAddress[];
  /** Where DNS over TLS and over HTTPS is answered. */
  readonly tls: readonly SocketAddress[];
  readonly https: readonly SocketAddress[];
  /** What answers UDP. */
  readonly engine: UdpEngine['name'];
  /** What the threads of the UDP engine have counted, a block each. */
  readonly counters: readonly Float64Array[];
  /** Threads of the UDP engine that died so far, and were started again. */
  readonly threadDeaths: number;
  /** Queries by UDP that the kernel dropped, since nobody took them in time; undefined: it does not tell. */
  kernelDrops(): number | undefined;
  /** How many connections there are, and were turned away. */
  readonly connections: Pick<ConnectionLimits, 'open' | 'refused' | 'displaced'>;
  /** Changes over to other buffers of the answer table. */
  adopt(table: TableBuffers): void;
  /** Whether nothing reads any buffers but those adopted last. */
  hasAdopted(): boolean;
  stop(): Promise<void>;
}

/** Attempts to find ports that are free for TCP and for UDP where any will do. */
const FREE_PORT_ATTEMPTS = 10;
/** What the log says of a proxy's queries by UDP. */
const MISPROXIED_QUERY = 'dropped queries that had to begin with a PROXY protocol header';

/**
 * Answers UDP and TCP at each address, on the same port, and TLS and HTTPS where configured. Rejects, listening nowhere,
 * when an address cannot be bound, and with a ListenError when TLS or HTTPS cannot start.
 */
export async function startListeners(options: ListenOptions): Promise<Listeners> {
  const connections = createConnectionLimits(options.tcp);
  const { counters = newCounters() } = options;
  const logConnection = logMisproxied(options.log);
  const streams = {
    responder: options.responder,
    limits: connections,
    proxies: options.proxyProtocolFrom,
    idleTimeoutMs: options.tcp.idleTimeoutMs,
    transferTimeoutMs: options.tcp.transferTimeoutMs,
    misproxied(from: string, rule: string) {
      counters[Counter.MISPROXIED]! += 1;
      logConnection(from, rule);
    },
  };
  const encrypted = await startEncrypted({ ...options, streams });
  try {
    const { tcp, udp } = await startPlain(options, streams);
    const watch = watchMisproxied(udp, logMisproxied(options.log, Date.now, MISPROXIED_QUERY));
    return listenersOf({ tcp, udp, encrypted, watch }, connections);
  } catch (error) {
    await encrypted.stop();
    throw error;
  }
}

async function startPlain(
  options: ListenOptions,
  streams: Omit<TcpOptions, 'listen'>,
): Promise<{ tcp: readonly StreamListener[]; udp: UdpEngine }> {
  const anyPort = options.listen.some(({ port }) => port === 0);
  for (let attempt = 1; ; attempt += 1) {
    const tcp = await startEach(options.listen, (listen) => startTcp({ ...streams, listen }));
    try {
      const listen = options.listen.map(({ address }, i) => ({ address, port: tcp[i]!.port }));
      return { tcp, udp: await startUdp({ ...options, listen, proxies: options.proxyProtocolFrom }) };
    } catch (error) {
      await stopAll(tcp);
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!anyPort || !isTaken || attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}

/** What is started, and is stopped together. */
interface Started {
  readonly tcp: readonly StreamListener[];
  readonly udp: UdpEngine;
  readonly encrypted: Encrypted;
  readonly watch: { stop(): void };
}

function listenersOf({ tcp, udp, encrypted, watch }: Started, connections: ConnectionLimits): Listeners {
  return {
    addresses: udp.addresses,
    tls: encrypted.tls,
    https: encrypted.https,
    engine: udp.name,
    counters: udp.counters,
    get threadDeaths() {
      return udp.deaths;
    },
    kernelDrops: () => kernelDrops(udp.addresses),
    connections,
    adopt: (table) => udp.adopt(table),
    hasAdopted: () => udp.hasAdopted(),
    async stop() {
      watch.stop();
      await Promise.all([stopAll(tcp), encrypted.stop(), udp.stop()]);
    },
  };
}
