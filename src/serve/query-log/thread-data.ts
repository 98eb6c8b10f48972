import type { Config } from '../../config/config.ts';

/** What the thread of the query log is started with. */
export interface QueryLogData
  extends Pick<NonNullable<Config['dns']['queryLog']>, 'file' | 'dnstap' | 'zones'> {
  readonly ring: SharedArrayBuffer;
  /** Numbers at the places of QueryLogCount, which this thread adds to. */
  readonly counts: Float64Array<SharedArrayBuffer>;
  /** One word; 1: write what is in the ring, and end. */
  readonly stop: Int32Array<SharedArrayBuffer>;
  /** What dnstap says of the server: its name, and its program. */
  readonly identity: string;
  readonly version: string;
}

/** What the thread counts. */
export const QueryLogCount = {
  /** Exchanges written, to either output. */
  FILE: 0,
  DNSTAP: 1,
  /** Exchanges that an output did not take in time. */
  FILE_LOST: 2,
  DNSTAP_LOST: 3,
} as const;

/** Creates counts of 0. */
export function newQueryLogCounts(): Float64Array<SharedArrayBuffer> {
  const octets = Object.keys(QueryLogCount).length * Float64Array.BYTES_PER_ELEMENT;
  return new Float64Array(new SharedArrayBuffer(octets));
}
