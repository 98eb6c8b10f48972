/**
 * Looks places up, in the memory that data-plane threads share. A tree is stored in steps: a node of a *stride* of n bits has 2ⁿ words,
 * one for each value of the next n bits of the address. A word is a node or a leaf:
 *
 *     node: 0 | stride - 1, 4 bits | first word of the node, 27 bits
 *     leaf: 1 | unneeded bits of the stride, 8 bits | number, 23 bits
 *
 * No stride crosses 32 bits of an address, so each is taken from one word of it. The memory begins with a header: the words at
 * ROOT have the root of each tree for IPv4 and IPv6, the word at PLACES_AT is the first of the table of places, and that at
 * PLACES is their number. A place has PLACE_WORDS words: its area, latitude and longitude, and the same as a point (point.ts), so that
 * no look-up needs a sine. The word at AREA_CODES_AT is the first of the codes of areas: a word for each, its region number in the
 * upper half and its country number in the lower one.
 */

/** The trees. `AREAS` ends where region, country and subdivision are decided; `PLACES`, where the coordinates are as well. */
export const Tree = { AREAS: 0, PLACES: 1 } as const;

/** Words of the header. */
export const ROOT = 0;
export const PLACES_AT = 4;
export const PLACES = 5;
export const AREAS = 6;
export const AREA_CODES_AT = 7;
export const HEADER_WORDS = 8;

/** Words of a place in the table, and what they are. */
export const PLACE_WORDS = 6;
export const AREA = 0;
export const LATITUDE = 1;
export const LONGITUDE = 2;
/** x, y, z; all 0 where the coordinates are unknown. */
const POINT = 3;
/** Coordinates that are unknown: no latitude is so large, in units of DEGREE_UNITS to the degree. */
export const NO_COORDINATES = 0x7fff_ffff;

/** Bits of a number of a place or an area. */
export const NUMBER_BITS = 23;
const NUMBER_MASK = (1 << NUMBER_BITS) - 1;
/** Bits of the first word of a node. */
export const WORD_BITS = 27;
const WORD_MASK = (1 << WORD_BITS) - 1;
const UNNEEDED_MASK = 0xff;
/** Longest stride, bits. */
export const STRIDE_MAX = 16;

/** Makes the word of a node. */
export function nodeWord(stride: number, first: number): number {
  return ((stride - 1) << WORD_BITS) | first;
}

/** Makes the word of a leaf; `unneeded`: how many of the last bits of the stride do not matter. */
export function leafWord(number: number, unneeded: number): number {
  return (1 << 31) | (unneeded << NUMBER_BITS) | number;
}

/** Returns the number of the area or place that a look-up found; 0: unknown. */
export function numberIn(found: number): number {
  return found & NUMBER_MASK;
}

/** Returns how many bits of the address decided: all addresses that begin with them have that number, and no fewer bits suffice. */
export function bitsIn(found: number): number {
  return found >>> NUMBER_BITS;
}

/** Returns the region number (regions.ts) of an area. */
export function regionNumberOf(words: Int32Array, area: number): number {
  return words[words[AREA_CODES_AT]! + area]! >>> 16;
}

/** Returns the country number (regions.ts) of an area. */
export function countryNumberOf(words: Int32Array, area: number): number {
  return words[words[AREA_CODES_AT]! + area]! & 0xffff;
}

/** Returns the word at which the point of a place begins: x, y, z; all 0: unknown. */
export function pointAt(words: Int32Array, place: number): number {
  return words[PLACES_AT]! + PLACE_WORDS * place + POINT;
}

/** Looks up an IPv4 address, which is a word, in a tree. */
export function locateIpv4(words: Int32Array, tree: number, address: number): number {
  let word = words[ROOT + 2 * tree]!;
  let end = 0;
  while (word >= 0) {
    const stride = (word >>> WORD_BITS) + 1;
    word = words[(word & WORD_MASK) + ((address << end) >>> (32 - stride))]!;
    end += stride;
  }
  return foundAt(word, end);
}

/** Looks up an IPv6 address, which is four words from the first bits on, in a tree. */
export function locateIpv6(
  words: Int32Array,
  tree: number,
  first: number,
  second: number,
  third: number,
  fourth: number,
): number {
  let word = words[ROOT + 2 * tree + 1]!;
  let part = first;
  let end = 0;
  while (word >= 0) {
    const stride = (word >>> WORD_BITS) + 1;
    word = words[(word & WORD_MASK) + ((part << end) >>> (32 - stride))]!;
    end += stride;
    if ((end & 31) === 0) part = end === 32 ? second : end === 64 ? third : fourth;
  }
  return foundAt(word, end);
}

/**
 * Looks up an address of 4 or 16 octets, the first of which is at `at`, in a tree. Returns a number for `numberIn` and `bitsIn`.
 * Allocates nothing.
 */
export function locate(
  words: Int32Array,
  tree: number,
  octets: Uint8Array,
  at: number,
  length: number,
): number {
  if (length === 4) return locateIpv4(words, tree, wordAt(octets, at));
  return locateIpv6(
    words,
    tree,
    wordAt(octets, at),
    wordAt(octets, at + 4),
    wordAt(octets, at + 8),
    wordAt(octets, at + 12),
  );
}

function foundAt(leaf: number, end: number): number {
  const unneeded = (leaf >>> NUMBER_BITS) & UNNEEDED_MASK;
  return ((end - unneeded) << NUMBER_BITS) | (leaf & NUMBER_MASK);
}

function wordAt(octets: Uint8Array, at: number): number {
  return (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!;
}
