import type { TableBuffers } from '../../answer/table.ts';
import type { SocketAddress } from '../tcp.ts';

/** What answers UDP: sockets bound to addresses, and `respond` under them. */
export interface UdpEngine {
  readonly name: 'batched' | 'portable';
  /** Where it listens, ports that were 0 made out. */
  readonly addresses: readonly SocketAddress[];
  /** What its threads have counted, a block each; empty where it answers through a responder of the main thread. */
  readonly counters: readonly Float64Array[];
  /** Changes over to other buffers of the answer table. */
  adopt(table: TableBuffers): void;
  /** Whether nothing reads any buffers but those adopted last. */
  hasAdopted(): boolean;
  stop(): Promise<void>;
}
