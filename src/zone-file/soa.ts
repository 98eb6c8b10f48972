import { TTL_SECONDS_MAX } from '../dns/rrset.ts';
import { TextError } from '../input/reader.ts';

/** What an SOA says besides its serial (RFC 1035 §3.3.13), names in the case they were written in. */
export interface SoaSettings {
  readonly ttlSeconds: number;
  readonly mname: Uint8Array;
  readonly rname: Uint8Array;
  readonly refreshSeconds: number;
  readonly retrySeconds: number;
  readonly expireSeconds: number;
  /** TTL of negative answers (RFC 2308 §4). */
  readonly minimumSeconds: number;
}

/** The SOA of a zone file. */
export interface FileSoa {
  /** `file:line` of it. */
  readonly path: string;
  readonly serial: number;
  readonly settings: SoaSettings;
}

/** Decodes the rdata of an SOA in wire form. Throws TextError for a time that is not from 1 to TTL_SECONDS_MAX. */
export function decodeSoa(rdata: Uint8Array): { serial: number; settings: Omit<SoaSettings, 'ttlSeconds'> } {
  const mnameEnd = endOfName(rdata, 0);
  const rnameEnd = endOfName(rdata, mnameEnd);
  const view = new DataView(rdata.buffer, rdata.byteOffset + rnameEnd);
  const time = (at: number, field: string) => {
    const seconds = view.getUint32(at);
    if (seconds >= 1 && seconds <= TTL_SECONDS_MAX) return seconds;
    throw new TextError(`has the ${field} ${seconds}; it must be from 1 to ${TTL_SECONDS_MAX}`);
  };
  return {
    serial: view.getUint32(0),
    settings: {
      mname: rdata.slice(0, mnameEnd),
      rname: rdata.slice(mnameEnd, rnameEnd),
      refreshSeconds: time(4, 'refresh'),
      retrySeconds: time(8, 'retry'),
      expireSeconds: time(12, 'expire'),
      minimumSeconds: time(16, 'minimum'),
    },
  };
}

function endOfName(octets: Uint8Array, start: number): number {
  let at = start;
  while (octets[at] !== 0) at += 1 + octets[at]!;
  return at + 1;
}
