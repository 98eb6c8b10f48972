import { extendHash, NAME_HASH_SEED, slotOf } from '../dns/name-hash.ts';
import { NodeField, nameAt, octetOf, REMOVED } from './layout.ts';
import type { Query } from './query.ts';
import type { TableBuffers } from './table.ts';

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
}

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
  const { name } = query;
  /** Octets of the label with its length. */
  const length = name[0]! + 1;
  let hash = NAME_HASH_SEED;
  for (let at = length - 1; at >= 0; at -= 1) hash = extendHash(hash, name[at]!);
  for (let slot = slotOf(hash, poolMask); ; slot = (slot + 1) & poolMask) {
    const entry = poolIndex[2 * slot + 1]!;
    if (entry === 0) return 0;
    if (poolIndex[2 * slot] !== hash || entry === REMOVED) continue;
    // The slot may be seen late, and its ordinal be another pool's by now: the label decides.
    const node = Atomics.load(pools, entry - 1);
    // The root label ends the name of a pool's node.
    if (node === 0 || words[node + NodeField.NAME_OCTETS] !== length + 1) continue;
    const at = octetOf(nameAt(words, node));
    let i = 0;
    while (i < length && octets[at + i] === name[i]) i += 1;
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
  const { words, octets, index, mask } = reader;
  const { name } = query;
  const start = skip === query.labels ? query.nameOctets - 1 : query.labelAt[skip]!;
  const length = query.nameOctets - start;
  for (let slot = slotOf(hash, mask); ; slot = (slot + 1) & mask) {
    // Most searches end here, or pass by: only what may be the node is worth an ordered load, which costs a call. A
    // hash that is seen late makes a name found late by as much, and nothing else.
    if (index[2 * slot + 1] === 0) return 0;
    if (index[2 * slot] !== hash) continue;
    const node = Atomics.load(index, 2 * slot + 1);
    if (node === REMOVED) continue;
    if (words[node + NodeField.NAME_OCTETS] !== length + wildcardOctets) continue;
    let at = octetOf(nameAt(words, node));
    if (wildcardOctets !== 0 && (octets[at] !== 1 || octets[at + 1] !== ASTERISK)) continue;
    at += wildcardOctets;
    let i = 0;
    while (i < length && octets[at + i] === name[start + i]) i += 1;
    if (i === length) return node;
  }
}
