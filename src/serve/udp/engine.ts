import type { TableBuffers } from '../../answer/table.ts';
import type { ListenAddress } from '../../config/config.ts';

/** What answers UDP: sockets bound to addresses, and `respond` under them. */
export interface UdpEngine {
  readonly name: 'batched' | 'portable';
  /** Where it listens, ports that were 0 made out. */
  readonly addresses: readonly ListenAddress[];
  /** What its threads have counted, a block each. */
  readonly counters: readonly Float64Array[];
  /** What the last query of a proxy broke that was dropped (readMisproxiedNote); it means nothing before one is counted. */
  readonly misproxied: SharedArrayBuffer;
  /** Threads that died so far, and were started again. */
  readonly deaths: number;
  /** Changes over to other buffers of the answer table. */
  adopt(table: TableBuffers): void;
  /** Whether nothing reads any buffers but those adopted last. */
  hasAdopted(): boolean;
  stop(): Promise<void>;
}
