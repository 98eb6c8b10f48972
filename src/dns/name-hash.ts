import { NAME_OCTETS_MAX } from './name.ts';

/** The hash of no octets. */
export const NAME_HASH_SEED = 0x811c9dc5 | 0;

/** Octets of a word of a name. */
export const WORD_OCTETS = 4;

/** How the octets of a word lie in this machine's memory. */
export const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * The hash of a name, extended to the left by a word of it, folded to lower case: a step of MurmurHash3 (32 bits). Names end where
 * words end, so that the hashes of all of a name's ancestors fall out of one pass over it, from its end to its start: the word in
 * which a name begins is extended by wordFrom() that octet.
 */
export function extendHash(hash: number, word: number): number {
  const first = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((first << 15) | (first >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** A word with its first octets in memory, 0 to 3 of them, set to 0. */
export function wordFrom(word: number, octets: number): number {
  return IS_LITTLE_ENDIAN ? word & (-1 << (8 * octets)) : word & (-1 >>> (8 * octets));
}

const octets = new Uint8Array(Math.ceil(NAME_OCTETS_MAX / WORD_OCTETS) * WORD_OCTETS);
const words = new Int32Array(octets.buffer);

/** The hash of a name in wire form, or of one label of it with its length, already folded to lower case. */
export function hashName(name: Uint8Array): number {
  const start = octets.length - name.length;
  const first = Math.floor(start / WORD_OCTETS);
  octets.set(name, start);
  let hash = NAME_HASH_SEED;
  for (let at = words.length - 1; at > first; at -= 1) hash = extendHash(hash, words[at]!);
  return name.length === 0 ? hash : extendHash(hash, wordFrom(words[first]!, start % WORD_OCTETS));
}

/** Spreads a hash over the low bits that choose a slot. */
export function slotOf(hash: number, mask: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) & mask;
}
