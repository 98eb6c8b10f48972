import { HEADER_OCTETS, POINTER, QUESTION_TAIL_OCTETS, RECORD_TAIL_OCTETS } from '../../dns/header.ts';
import { Type } from '../../dns/type.ts';

const MINIMUM_OCTETS = 4;

/**
 * Returns for how many seconds an HTTP cache may keep one of our answers (RFC 8484 §5.1): the smallest TTL of the answer
 * section, and of the SOA of a negative answer; 0 where there is neither, as in errors and referrals.
 */
export function maxAgeSeconds(message: Buffer): number {
  const answers = message.readUInt16BE(6);
  const records = answers + message.readUInt16BE(8);
  let at = HEADER_OCTETS;
  for (let left = message.readUInt16BE(4); left > 0; left -= 1)
    at = afterName(message, at) + QUESTION_TAIL_OCTETS;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < records; i += 1) {
    const tail = afterName(message, at);
    const ttl = message.readUInt32BE(tail + 4);
    const isSoa = message.readUInt16BE(tail) === Type.SOA;
    at = tail + RECORD_TAIL_OCTETS + message.readUInt16BE(tail + 8);
    if (i < answers) least = Math.min(least, ttl);
    // RFC 2308 §5: a negative answer lives no longer than the SOA's MINIMUM, its last field, either.
    else if (isSoa) least = Math.min(least, ttl, message.readUInt32BE(at - MINIMUM_OCTETS));
  }
  return Number.isFinite(least) ? least : 0;
}

function afterName(message: Buffer, start: number): number {
  let at = start;
  while (message[at] !== 0) {
    if (message[at]! >= POINTER) return at + 2;
    at += 1 + message[at]!;
  }
  return at + 1;
}
