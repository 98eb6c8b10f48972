/** Where the hash of the empty suffix (the root) starts. */
export const NAME_HASH_SEED = 0x811c9dc5 | 0;

/**
 * The hash of a name, extended to the left by one folded octet (FNV-1a, run from a name's end to its start): so the
 * hashes of all of a name's ancestors fall out of one pass over it.
 */
export function extendHash(hash: number, octet: number): number {
  return Math.imul(hash ^ octet, 0x01000193);
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
