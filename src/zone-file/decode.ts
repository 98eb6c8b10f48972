import { TextError } from '../input/reader.ts';

const NEWLINE = 0x0a;

/** Decodes the octets of a zone file: UTF-8, with or without a mark of the order of octets. Throws TextError, which names the line. */
export function decodeZoneFile(octets: Uint8Array): string {
  try {
    return decode(octets);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TextError(
      `is not UTF-8 on line ${firstBadLine(octets)}; write such octets as \\DDD, with three decimal digits`,
    );
  }
}

function decode(octets: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(octets);
}

function firstBadLine(octets: Uint8Array): number {
  let line = 1;
  for (let start = 0; ; line += 1) {
    const newline = octets.indexOf(NEWLINE, start);
    try {
      decode(octets.subarray(start, newline === -1 ? octets.length : newline));
    } catch {
      return line;
    }
    if (newline === -1) return line;
    start = newline + 1;
  }
}
