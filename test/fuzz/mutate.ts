import { HEADER_OCTETS } from '../../src/dns/header.ts';
import type { Random } from './random.ts';

/** Changes made to a packet at the most; one packet in UNTOUCHED_EVERY is left as it is. */
const CHANGES_MAX = 4;
export const UNTOUCHED_EVERY = 8;
/** Octets where something else begins: lengths, pointers, the ends of ranges. */
const SPECIAL = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff];

/** The packet with some of its octets changed, lost, repeated or put elsewhere; `other` is one to take pieces of. */
export function mutated(random: Random, packet: Uint8Array, other: Uint8Array): Uint8Array {
  let made = Buffer.from(packet);
  const changes = random(UNTOUCHED_EVERY) === 0 ? 0 : 1 + random(CHANGES_MAX);
  for (let left = changes; left > 0; left -= 1) made = changed(random, made, other);
  return made;
}

function changed(random: Random, packet: Buffer<ArrayBuffer>, other: Uint8Array): Buffer<ArrayBuffer> {
  const at = random(packet.length + 1);
  const some = () => Buffer.from(Array.from({ length: random(40) }, () => random(256)));
  switch (random(9)) {
    case 0:
    case 1:
      if (at < packet.length) packet[at]! ^= 1 << random(8);
      return packet;
    case 2:
      if (at < packet.length) packet[at] = SPECIAL[random(SPECIAL.length)]!;
      return packet;
    case 3:
      return packet.subarray(0, at);
    case 4:
      return Buffer.concat([packet, some()]);
    case 5:
      return Buffer.concat([packet.subarray(0, at), some(), packet.subarray(at)]);
    case 6:
      return Buffer.concat([packet.subarray(0, at), other.subarray(random(other.length))]);
    case 7:
      return Buffer.concat([packet.subarray(0, at), packet.subarray(random(at + 1))]);
    default:
      // A whole packet of anything, seldom, or the header's counts.
      if (random(4) === 0) return some();
      if (packet.length >= HEADER_OCTETS) packet[4 + random(8)] = random(3);
      return packet;
  }
}
