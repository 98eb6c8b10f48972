import { HEADER_OCTETS, OPCODE_MASK, Opcode, QR, RD, TC } from './header.ts';
import { foldOctet, type WireName } from './name.ts';
import { Rcode } from './rcode.ts';
import { Class } from './type.ts';

/** A query of ours with one question in class IN. It asks for recursion, which a server that has none passes over. */
export function encodeQuery(id: number, name: WireName, type: number): Uint8Array {
  const header = [id >> 8, id & 0xff, RD, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  return Uint8Array.from([...header, ...name, type >> 8, type & 0xff, 0, Class.IN]);
}

/**
 * Whether a message answers a query of encodeQuery: its id, a response to an ordinary query, and the same question,
 * which only a refusal may leave out (RFC 5452 §3). Takes any octets.
 */
export function isResponseTo(query: Uint8Array, message: Uint8Array): boolean {
  if (message.length < HEADER_OCTETS || message[0] !== query[0] || message[1] !== query[1]) return false;
  if ((message[2]! & (QR | OPCODE_MASK)) !== (QR | Opcode.QUERY) || message[4] !== 0) return false;
  if (message[5] === 0) return (message[3]! & 0xf) !== Rcode.NOERROR;
  if (message[5] !== 1 || message.length < query.length) return false;
  const typeAt = query.length - 4;
  for (let at = HEADER_OCTETS; at < query.length; at += 1) {
    // The octet before a label is never a letter, so that folding cannot confuse it.
    const got = at < typeAt ? foldOctet(message[at]!) : message[at];
    if (got !== query[at]) return false;
  }
  return true;
}

/** Whether a message with a header was cut to fit its transport (RFC 2181 §9). */
export function isTruncated(message: Uint8Array): boolean {
  return (message[2]! & TC) !== 0;
}
