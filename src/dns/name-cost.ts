import { HEADER_OCTETS, POINTER, QUESTION_TAIL_OCTETS, RECORD_TAIL_OCTETS } from './header.ts';
import { Type } from './type.ts';

/** Maximum of octets of names, pointers followed and labels read, in a message that is decoded. More takes a thread too long. */
export const NAME_OCTETS_READ_MAX = 65_536;

/** Octets of a compression pointer. */
const POINTER_OCTETS = 2;

/** Types that nobody asks for here (RFC 6672, RFC 4034). */
const DNAME = 39;
const RRSIG = 46;
/** Where names begin in the rdata of types whose names the decoder reads, in octets; a second one follows the first of an SOA. */
const NAMES_AT: ReadonlyMap<number, number> = new Map([
  [Type.NS, 0],
  [Type.CNAME, 0],
  [Type.SOA, 0],
  [Type.PTR, 0],
  [DNAME, 0],
  [Type.MX, 2],
  [Type.SRV, 6],
  [RRSIG, 18],
]);

/**
 * Returns false for a message whose names a decoder would read for too long: pointers may lead to pointers, and many records to
 * one long name (RFC 1035 §4.1.4 bounds neither). A pointer that does not lead back is false, too. What is cut off is left to
 * the decoder. Accepts any octets.
 */
export function areNamesShort(octets: Uint8Array): boolean {
  let left = NAME_OCTETS_READ_MAX;

  /** Reads a name; returns the octet behind it, or -1 where it takes too long. */
  function pass(from: number): number {
    let at = from;
    let end = 0;
    while (at < octets.length) {
      const length = octets[at]!;
      const isPointer = length >= POINTER;
      left -= isPointer ? POINTER_OCTETS : length + 1;
      if (left < 0) return -1;
      if (!isPointer) {
        at += length + 1;
        if (length === 0) return end === 0 ? at : end;
        continue;
      }
      if (end === 0) end = at + POINTER_OCTETS;
      const target = ((length & 0x3f) << 8) | (octets[at + 1] ?? 0);
      if (target >= at) return -1;
      at = target;
    }
    return octets.length;
  }

  const countAt = (at: number) => ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
  let at = HEADER_OCTETS;
  for (let questions = countAt(4); questions > 0 && at < octets.length; questions -= 1) {
    const end = pass(at);
    if (end < 0) return false;
    at = end + QUESTION_TAIL_OCTETS;
  }
  let records = countAt(6) + countAt(8) + countAt(10);
  for (; records > 0 && at < octets.length; records -= 1) {
    const end = pass(at);
    if (end < 0) return false;
    const rdata = end + RECORD_TAIL_OCTETS;
    const type = countAt(end);
    const nameAt = NAMES_AT.get(type);
    if (nameAt !== undefined && rdata + nameAt < octets.length) {
      const next = pass(rdata + nameAt);
      if (next < 0 || (type === Type.SOA && pass(next) < 0)) return false;
    }
    at = rdata + countAt(rdata - POINTER_OCTETS);
  }
  return true;
}
