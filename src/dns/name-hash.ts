import { LABEL_OCTETS_MAX } from './name.ts';

/** Where the hash of the empty suffix (the root) starts. */
export const NAME_HASH_SEED = 0x811c9dc5 | 0;

const PRIME = 0x01000193;

/**
 * The hash of a name, extended to the left by one folded octet: so the hashes of all of a name's ancestors fall out of one
 * pass over it, from its end to its start. It is FNV-1 with a sum in the place of XOR, and so a polynomial, of which a part
 * can be taken away again (labelHash).
 */
export function extendHash(hash: number, octet: number): number {
  return Math.imul(hash + octet, PRIME);
}

const PRIME_SQUARED = Math.imul(PRIME, PRIME);

/**
 * The hash extended by two octets, `last` and then `first` to its left: what extendHash() twice comes to, and in less time,
 * since one product waits for `hash` instead of two.
 */
export function extendHashByTwo(hash: number, last: number, first: number): number {
  return (Math.imul(hash + last, PRIME_SQUARED) + Math.imul(first, PRIME)) | 0;
}

/** What a hash is multiplied by when it is extended by so many octets, of a label and its length at the most. */
const POWERS = new Int32Array(LABEL_OCTETS_MAX + 2);
POWERS[0] = 1;
for (let octets = 1; octets < POWERS.length; octets += 1)
  POWERS[octets] = Math.imul(POWERS[octets - 1]!, PRIME);

/**
 * The hash of a name's first label, the same whatever follows: from the hashes of the name and of the name without that
 * label, which has `octets` octets with its length.
 */
export function labelHash(hash: number, withoutLabel: number, octets: number): number {
  return (hash - Math.imul(withoutLabel, POWERS[octets]!)) | 0;
}

/** The hash of a name in wire form, already folded to lower case. */
export function hashName(name: Uint8Array): number {
  let hash = NAME_HASH_SEED;
  for (let at = name.length - 2; at >= 0; at -= 1) hash = extendHash(hash, name[at]!);
  return hash;
}

/** Spreads a hash over the low bits that choose a slot. */
export function slotOf(hash: number, mask: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) & mask;
}
