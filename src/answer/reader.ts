import { extendHash, slotOf } from '../dns/name-hash.ts';
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
