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

/** The line, from 1, in which the first octet is that no UTF-8 has. Halves the text, as it may have millions of lines. */
function firstBadLine(octets: Uint8Array): number {
  // The bad line begins at `good` or after it, and before `bad`.
  let good = 0;
  let bad = octets.length;
  for (;;) {
    const middle = good + Math.floor((bad - good) / 2);
    let next = octets.lastIndexOf(NEWLINE, middle) + 1;
    if (next <= good || next >= bad) next = octets.indexOf(NEWLINE, middle) + 1;
    if (next <= good || next >= bad) break;
    if (isGood(octets.subarray(good, next))) good = next;
    else bad = next;
  }
  let line = 1;
  for (let at = 0; at < good; at += 1) if (octets[at] === NEWLINE) line += 1;
  return line;
}

function isGood(octets: Uint8Array): boolean {
  try {
    decode(octets);
    return true;
  } catch {
    return false;
  }
}
