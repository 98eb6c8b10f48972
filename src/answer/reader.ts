import * as fromNameHash from '../dns/name-hash.ts';
import * as fromLayout from './layout.ts';
import type { Query } from './query.ts';
import * as fromQuery from './query.ts';
import type { TableBuffers } from './table.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { extendHash, labelHash, slotOf } = fromNameHash;
const { IS_LITTLE_ENDIAN, NodeField, nameEnd, octetOf, REMOVED } = fromLayout;
const { NAME_END } = fromQuery;

/** A thread's view of a table. Its arrays change only when `adopt` is called, between two queries. */
export interface TableReader {
  words: Int32Array;
  octets: Uint8Array;
  index: Int32Array;
  mask: number;
  zones: Int32Array;
  pools: Int32Array;
  poolIndex: Int32Array;
  poolMask: number;
  generation: Int32Array;
  /** Nodes of this arena that were loaded in order once, each at its offset's place: see `see`. */
  seen: Int32Array;
}

/** A view of these buffers. */
export function openTable(buffers: TableBuffers): TableReader {
  const reader = {
    words: new Int32Array(),
    octets: new Uint8Array(),
    index: new Int32Array(),
    mask: 0,
    zones: new Int32Array(),
    pools: new Int32Array(),
    poolIndex: new Int32Array(),
    poolMask: 0,
    generation: new Int32Array(),
    seen: new Int32Array(NODES_SEEN),
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
  reader.pools = new Int32Array(buffers.pools);
  reader.poolIndex = new Int32Array(buffers.poolIndex);
  reader.poolMask = reader.poolIndex.length / 2 - 1;
  reader.generation = new Int32Array(buffers.generation);
  reader.seen.fill(0);
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

const WORD_OCTETS = 4;
/** The last word of a query's name. */
const LAST_WORD = NAME_END / WORD_OCTETS - 1;
const ASTERISK = 0x2a;
/** Octets of the wildcard label with its length. */
const WILDCARD_OCTETS = 2;

/** The node of the question's name without its first `skip` labels; 0 when there is none. */
export function findNode(reader: TableReader, query: Query, skip: number): number {
  return search(reader, query, skip, query.hashes[skip]!, 0);
}

/** The node of the wildcard below that name (RFC 4592 §2.1.1); 0 when there is none. */
export function findWildcard(reader: TableReader, query: Query, skip: number): number {
  return search(
    reader,
    query,
    skip,
    extendHash(extendHash(query.hashes[skip]!, ASTERISK), 1),
    WILDCARD_OCTETS,
  );
}

/** The node of the pool that the first label of the question's name is the name of; 0 when there is none. */
export function findPool(reader: TableReader, query: Query): number {
  const { words, octets, pools, poolIndex, poolMask } = reader;
  const { name, hashes } = query;
  const start = query.labelAt[0]!;
  /** Octets of the label with its length. */
  const length = name[start]! + 1;
  const hash = labelHash(hashes[0]!, hashes[1]!, length);
  for (let slot = slotOf(hash, poolMask); ; slot = (slot + 1) & poolMask) {
    const entry = poolIndex[2 * slot + 1]!;
    if (entry === 0) return 0;
    if (poolIndex[2 * slot] !== hash || entry === REMOVED) continue;
    // The slot may be seen late, and its ordinal be another pool's by now: the label decides.
    const node = see(reader, pools, entry - 1);
    // The root label ends the name of a pool's node.
    if (node === 0 || words[node + NodeField.NAME_OCTETS] !== length + 1) continue;
    const at = octetOf(nameEnd(node, length + 1)) - length - 1;
    let i = 0;
    while (i < length && octets[at + i] === name[start + i]) i += 1;
    if (i === length) return node;
  }
}

function search(
  reader: TableReader,
  query: Query,
  skip: number,
  hash: number,
  wildcardOctets: number,
): number {
  const { words, index, mask } = reader;
  const suffixOctets = NAME_END - query.labelAt[skip]!;
  const nameOctets = suffixOctets + wildcardOctets;
  for (let slot = slotOf(hash, mask); ; slot = (slot + 1) & mask) {
    // Most searches end here, or pass by. A hash that is seen late makes a name found late by as much, and nothing else.
    if (index[2 * slot + 1] === 0) return 0;
    if (index[2 * slot] !== hash) continue;
    const node = see(reader, index, 2 * slot + 1);
    if (node === REMOVED) continue;
    if (words[node + NodeField.NAME_OCTETS] !== nameOctets) continue;
    const end = nameEnd(node, nameOctets);
    let at = end - 1;
    let own = LAST_WORD;
    let left = suffixOctets;
    for (; left >= WORD_OCTETS; left -= WORD_OCTETS, at -= 1, own -= 1)
      if (words[at] !== query.words[own]) break;
    if (left >= WORD_OCTETS || (left > 0 && lastOctets(words[at]! ^ query.words[own]!, left) !== 0)) continue;
    if (wildcardOctets === 0) return node;
    const label = octetOf(end) - nameOctets;
    if (reader.octets[label] === 1 && reader.octets[label + 1] === ASTERISK) return node;
  }
}

/** The last 1 to 3 octets of a word in memory, whichever end of its number they are; 0 where all of them are. */
function lastOctets(word: number, octets: number): number {
  const others = 8 * (WORD_OCTETS - octets);
  return IS_LITTLE_ENDIAN ? word >>> others : word << others;
}
