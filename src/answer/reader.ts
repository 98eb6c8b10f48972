import * as fromNameHash from '../dns/name-hash.ts';
import * as fromLayout from './layout.ts';
import type { Query } from './query.ts';
import * as fromQuery from './query.ts';
import * as fromSteeringLayout from './steering/layout.ts';
import type { TableBuffers } from './table.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { extendHash, IS_LITTLE_ENDIAN, NAME_HASH_SEED, slotOf, WORD_OCTETS, wordFrom } = fromNameHash;
const { NodeField, nameEnd, REMOVED } = fromLayout;
const { hashFrom, NAME_END } = fromQuery;
const { choiceWord } = fromSteeringLayout;

/** A thread's view of a table. Its arrays change only when `adopt` is called, between two queries. */
export interface TableReader {
  words: Int32Array;
  octets: Uint8Array;
  index: Int32Array;
  mask: number;
  zones: Int32Array;
  poolIndex: Int32Array;
  poolMask: number;
  choices: Int32Array;
  /** No words: of every address the place is unknown. */
  locator: Int32Array;
  generation: Int32Array;
  /** Nodes of this arena that were loaded in order once, each at its offset's place: see `see`. */
  seen: Int32Array;
  /** Choices of this arena that were loaded in order: see `seeChoice`. */
  seenChoices: Int32Array;
}

/** A view of these buffers. */
export function openTable(buffers: TableBuffers): TableReader {
  const reader = {
    words: new Int32Array(),
    octets: new Uint8Array(),
    index: new Int32Array(),
    mask: 0,
    zones: new Int32Array(),
    poolIndex: new Int32Array(),
    poolMask: 0,
    choices: new Int32Array(),
    locator: new Int32Array(),
    generation: new Int32Array(),
    seen: new Int32Array(NODES_SEEN),
    seenChoices: new Int32Array(SEEN_CHOICE_WORDS * CHOICES_SEEN),
  };
  adopt(reader, buffers);
  return reader;
}

/** Changes over to other buffers. */
export function adopt(reader: TableReader, buffers: TableBuffers): void {
  reader.words = new Int32Array(buffers.arena);
  reader.octets = new Uint8Array(buffers.arena);
  reader.index = new Int32Array(buffers.index);
  reader.mask = reader.index.length / 2 - 1;
  reader.zones = new Int32Array(buffers.zones);
  reader.poolIndex = new Int32Array(buffers.poolIndex);
  reader.poolMask = reader.poolIndex.length / 2 - 1;
  reader.choices = new Int32Array(buffers.choices);
  reader.locator = new Int32Array(buffers.locator);
  reader.generation = new Int32Array(buffers.generation);
  reader.seen.fill(0);
  reader.seenChoices.fill(NO_ORDINAL);
}

/** Nodes that a reader remembers to have seen, a power of two. */
const NODES_SEEN = 256;

/**
 * The value of a word that says where a node is, so that the node can be read. Only an ordered load makes sure that what was
 * written before the word is seen, but it costs a call. A node never changes once it is in an arena, so that one which was
 * seen before needs none.
 */
function see(reader: TableReader, words: Int32Array, at: number): number {
  const { seen } = reader;
  const value = words[at]!;
  if (seen[value & (NODES_SEEN - 1)] === value) return value;
  const node = Atomics.load(words, at);
  seen[node & (NODES_SEEN - 1)] = node;
  return node;
}

/** Choices that a reader remembers to have seen, a power of two, and words of each: ordinal, number of the choices, offset. */
const CHOICES_SEEN = 256;
const SEEN_CHOICE_WORDS = 3;
const NO_ORDINAL = -1;

/**
 * The choice of an ordinal as the number of the choices, the second word of TableReader.generation, has it; 0: none. As long as the
 * number is the same, so is the choice, so that one which was seen at this number needs no ordered load (`see`). A decision
 * that finds another number at its end is made again; its number does not come again, and with it what was seen too late.
 */
export function seeChoice(reader: TableReader, ordinal: number, number: number): number {
  const { seenChoices } = reader;
  const at = SEEN_CHOICE_WORDS * (ordinal & (CHOICES_SEEN - 1));
  if (seenChoices[at] === ordinal && seenChoices[at + 1] === number) return seenChoices[at + 2]!;
  const choice = Atomics.load(reader.choices, choiceWord(ordinal, number & 1));
  seenChoices[at] = ordinal;
  seenChoices[at + 1] = number;
  seenChoices[at + 2] = choice;
  return choice;
}

const ASTERISK = 0x2a;
/** Octets of the wildcard label with its length. */
const WILDCARD_OCTETS = 2;

/** The node of the question's name without its first `skip` labels; 0 when there is none. */
export function findNode(reader: TableReader, query: Query, skip: number): number {
  const { index, mask } = reader;
  return search(reader, index, mask, hashFrom(query, skip), query, query.labelAt[skip]!, NAME_END);
}

/** The node of the wildcard below that name (RFC 4592 §2.1.1); 0 when there is none. */
export function findWildcard(reader: TableReader, query: Query, skip: number): number {
  const { index, mask } = reader;
  const { name } = query;
  const start = query.labelAt[skip]! - WILDCARD_OCTETS;
  // The wildcard stands for a moment in the place of what the question has there.
  const length = name[start]!;
  const octet = name[start + 1]!;
  name[start] = 1;
  name[start + 1] = ASTERISK;
  const hash = hashOf(query, start, NAME_END);
  const node = search(reader, index, mask, hash, query, start, NAME_END);
  name[start] = length;
  name[start + 1] = octet;
  return node;
}

/** The node of the pool that the first label of the question's name is the name of; 0 when there is none. */
export function findPool(reader: TableReader, query: Query): number {
  const { poolIndex, poolMask } = reader;
  const { labelAt } = query;
  return search(reader, poolIndex, poolMask, labelHash(query), query, labelAt[0]!, labelAt[1]!);
}

/** The hash of the first label of the question's name, by which a pool is found. */
export function labelHash(query: Query): number {
  return hashOf(query, query.labelAt[0]!, query.labelAt[1]!);
}

/** What hashName() makes of the octets from `start` to `end` of the question's name. */
function hashOf({ nameView }: Query, start: number, end: number): number {
  let hash = NAME_HASH_SEED;
  let at = end - WORD_OCTETS;
  for (; at > start; at -= WORD_OCTETS) hash = extendHash(hash, nameView.getInt32(at, IS_LITTLE_ENDIAN));
  return extendHash(hash, wordFrom(nameView.getInt32(at, IS_LITTLE_ENDIAN), start - at));
}

/** The node in an index whose name is what is from `start` to `end` of the question's name; 0 when there is none. */
function search(
  reader: TableReader,
  index: Int32Array,
  mask: number,
  hash: number,
  { nameView }: Query,
  start: number,
  end: number,
): number {
  const { words } = reader;
  const octets = end - start;
  for (let slot = slotOf(hash, mask); ; slot = (slot + 1) & mask) {
    // Most searches end here, or go on. A thread that sees a hash late only finds the new name late.
    if (index[2 * slot + 1] === 0) return 0;
    if (index[2 * slot] !== hash) continue;
    const node = see(reader, index, 2 * slot + 1);
    if (node === REMOVED || words[node + NodeField.NAME_OCTETS] !== octets) continue;
    let word = nameEnd(node, octets) - 1;
    let at = end - WORD_OCTETS;
    while (at > start && words[word] === nameView.getInt32(at, IS_LITTLE_ENDIAN)) {
      word -= 1;
      at -= WORD_OCTETS;
    }
    if (at > start) continue;
    if (wordFrom(words[word]! ^ nameView.getInt32(at, IS_LITTLE_ENDIAN), start - at) === 0) return node;
  }
}
