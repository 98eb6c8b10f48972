import type { Config, ListenAddress } from '../../config/config.ts';
import type { ThreadData } from '../thread/thread.ts';
import type { InheritedListener } from './accept.ts';

/** What the thread that answers TCP, TLS and HTTPS is started with. */
export interface StreamThreadData extends ThreadData, Pick<Config['dns'], 'tls' | 'https'> {
  /** Where DNS over TCP is answered. */
  readonly listen: readonly ListenAddress[];
  /** Sockets of another server, which the thread owns. */
  readonly inherited: readonly InheritedListener[];
  /** The path of the socket at which the servers ask that this one replaces; absent: it replaces none. */
  readonly predecessorsAt?: string;
  /** The thread died, and listens again where it did. */
  readonly isRestart: boolean;
  /** Limits of all connections, and how long each may be idle or slow. */
  readonly limits: Config['dns']['tcp'];
  /** The thread's own block (ConnectionCounter), which the main thread reads. */
  readonly connectionCounters: Float64Array<SharedArrayBuffer>;
}

/** Where the thread listens, ports that were 0 made out. */
export interface StreamAddresses {
  readonly tcp: readonly ListenAddress[];
  readonly tls: readonly ListenAddress[];
  readonly https: readonly ListenAddress[];
}
