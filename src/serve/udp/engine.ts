import type { ResponderSettings } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';
import type { ListenAddress } from '../../config/config.ts';

/** An engine that answers UDP: bound sockets, and threads that call `respond`. */
export interface UdpEngine {
  readonly name: 'batched' | 'portable';
  /** Where it listens, with the chosen ports where 0 was configured. */
  readonly addresses: readonly ListenAddress[];
  /** The counters of its threads, a block each. */
  readonly counters: readonly Float64Array[];
  /** The proxy and the broken rule of the last query that was dropped (readMisproxiedNote). Valid once such a query was counted. */
  readonly misproxied: SharedArrayBuffer;
  /** Threads that died so far, and were started again. */
  readonly deaths: number;
  /** Changes over to other buffers of the answer table. */
  adopt(table: TableBuffers): void;
  /** Answers by other settings from now on, with the same `udpOctetsMax`. */
  useSettings(settings: ResponderSettings): void;
  /** Returns true when no thread reads any buffers but those adopted last. */
  hasAdopted(): boolean;
  stop(): Promise<void>;
}
