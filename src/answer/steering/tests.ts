import * as fromTableLayout from '../layout.ts';
import type { Query } from '../query.ts';
import * as fromQuery from '../query.ts';
import type { TableReader } from '../reader.ts';
import type { Client } from './client.ts';
import * as fromClient from './client.ts';
import * as fromLayout from './layout.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { octetOf, wordsFor } = fromTableLayout;
const { NAME_END } = fromQuery;
const { noteBits } = fromClient;
const { Op } = fromLayout;

const IPV4_WORDS = 1;
const IPV6_WORDS = 4;
const WORD_BITS = 32;

/** Whether the subnet's address, or else the peer's, is in the ranges whose boundaries are at a word. */
export function passesRanges(client: Client, words: Int32Array, at: number, ofSubnet: boolean): boolean {
  const octets = ofSubnet ? client.subnetOctets : client.peerOctets;
  if (octets === 0) return false;
  const ipv6 = at + 2 + 2 * IPV4_WORDS * words[at + 1]!;
  const first = octets === 4 ? at : ipv6;
  const size = octets === 4 ? IPV4_WORDS : IPV6_WORDS;
  const pair = 2 * size;
  const count = words[first + 1]!;
  const address = ofSubnet ? client.subnet : client.peer;
  const from = ofSubnet ? 0 : client.peerAt;
  /** Boundaries that the address is behind. */
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(words, first + 2 + pair * middle + size, size, address, from)) high = middle;
    else low = middle + 1;
  }
  if (ofSubnet) {
    // Fewer bits are also those of an address behind the nearest boundary, where the other answer is right.
    const before = low === 0 ? -1 : commonBits(words, first + 2 + pair * (low - 1), size, address, from);
    const after = low === count ? -1 : commonBits(words, first + 2 + pair * low + size, size, address, from);
    noteBits(client, Math.max(before, after) + 1);
  }
  return ((words[first]! + low) & 1) === 1;
}

/** Whether an address comes before one in words. */
function isBelow(words: Int32Array, at: number, size: number, octets: Uint8Array, from: number): boolean {
  for (let i = 0; i < size; i += 1) {
    const word = wordAt(octets, from + 4 * i);
    if (word !== words[at + i]) return word >>> 0 < words[at + i]! >>> 0;
  }
  return false;
}

function wordAt(octets: Uint8Array, at: number): number {
  return (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!;
}

/** The first bits that an address has in common with one in words. */
function commonBits(words: Int32Array, at: number, size: number, octets: Uint8Array, from: number): number {
  for (let i = 0; i < size; i += 1) {
    const difference = wordAt(octets, from + 4 * i) ^ words[at + i]!;
    if (difference !== 0) return WORD_BITS * i + Math.clz32(difference);
  }
  return WORD_BITS * size;
}

const DOT = 0x2e;

/** Whether the question's name, its labels in lower case each with a dot, passes a test. */
export function passesName(table: TableReader, query: Query, op: number, at: number): boolean {
  const { words } = table;
  // The name without its first length octet, a dot in the place of each other one. The root alone is one dot.
  const octets = Math.max(1, query.nameOctets - 1);
  if (op === Op.NAME_OCTETS) {
    for (let range = at + 1, left = words[at]!; left > 0; left -= 1, range += 2)
      if (octets >= words[range]! && octets <= words[range + 1]!) return true;
    return false;
  }
  const dotted = dottedName(query);
  if (op === Op.NAME_IS) {
    for (let text = at + 1, left = words[at]!; left > 0; left -= 1) {
      const length = words[text]!;
      if (length === octets && isAt(dotted, 0, table.octets, octetOf(text + 1), length)) return true;
      text += 1 + wordsFor(length);
    }
    return false;
  }
  if (op === Op.NAME_HAS) {
    const length = words[at]!;
    for (let from = 0; from + length <= octets; from += 1)
      if (isAt(dotted, from, table.octets, octetOf(at + 1), length)) return true;
    return false;
  }
  return accepts(table, at, dotted, octets);
}

/** Where the name is written with dots: labels as long as 255 octets in all. */
const DOTTED = new Uint8Array(NAME_END);

function dottedName(query: Query): Uint8Array {
  const start = NAME_END - query.nameOctets;
  const octets = query.nameOctets - 1;
  for (let i = 0; i < octets; i += 1) DOTTED[i] = query.name[start + 1 + i]!;
  for (let label = 1; label <= query.labels; label += 1) DOTTED[query.labelAt[label]! - start - 1] = DOT;
  if (octets === 0) DOTTED[0] = DOT;
  return DOTTED;
}

function isAt(text: Uint8Array, from: number, other: Uint8Array, at: number, octets: number): boolean {
  for (let i = 0; i < octets; i += 1) if (text[from + i] !== other[at + i]) return false;
  return true;
}

const OCTET_VALUES = 256;

/** Whether the automaton at a word (Op.NAME_MATCHES) accepts a text. */
function accepts(table: TableReader, at: number, text: Uint8Array, octets: number): boolean {
  const { words, octets: memory } = table;
  const classes = words[at]!;
  const classOf = octetOf(at + 3);
  const final = classOf + OCTET_VALUES;
  const next = final + words[at + 1]!;
  let state = 0;
  for (let i = 0; i < octets; i += 1) state = memory[next + state * classes + memory[classOf + text[i]!]!]!;
  return memory[final + state] === 1;
}
