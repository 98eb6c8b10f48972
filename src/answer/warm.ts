import * as fromHeader from '../dns/header.ts';
import * as fromNameHash from '../dns/name-hash.ts';
import * as fromLayout from './layout.ts';
import * as fromQuery from './query.ts';
import type { TableReader } from './reader.ts';
import * as fromReader from './reader.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { HEADER_OCTETS } = fromHeader;
const { slotOf, WORD_OCTETS } = fromNameHash;
const { NodeField } = fromLayout;
const { hashFrom, newQuery, parseName, readFrom } = fromQuery;
const { labelHash } = fromReader;

/**
 * Brings what a batch of queries will look up into the processor's cache. A search in a large table waits for memory
 * three times, each address coming out of what was read before. Of many queries the waits can overlap, but only where
 * nothing else is between the reads: so all slots of a batch are read first, those of its names and those of pools that
 * its first labels may be, then all nodes, and then the answers are written. Nothing is decided here: a query that is not understood is passed over.
 */
export interface Warmer {
  /** Notes the question of the query of `length` octets from `at`, whatever they are; no more than `batch` of them. */
  note(octets: Uint8Array, at: number, length: number): void;
  /** Reads what was noted, and forgets it. */
  warm(): void;
}

/** Batches of fewer queries have little to overlap. */
export const WARM_QUERIES_MIN = 8;
/** Tables with fewer slots stay in the cache by themselves. */
export const WARM_SLOTS_MIN = 1 << 14;

/** Words in a line of the cache, and from a node's start to the last line of it that is fetched: an answer of some records. */
const LINE_WORDS = 16;
const FETCHED_WORDS = 2 * LINE_WORDS;
/** As far of a longer node, such as that of a load balancer with its program. */
const LONG_WORDS = 6 * LINE_WORDS;

/** Octets of the shortest query whose question begins with two words, by which one is taken for the one before it. */
const COMPARED_OCTETS = HEADER_OCTETS + 2 * WORD_OCTETS;

/** Returns true where warming pays for this number of queries of a table. */
export function isWorthWarming(table: TableReader, queries: number): boolean {
  return queries >= WARM_QUERIES_MIN && Math.max(table.mask, table.poolMask) >= WARM_SLOTS_MIN - 1;
}

/** A warmer for batches of `batch` queries at the most. It allocates nothing after this. */
export function createWarmer(table: TableReader, batch: number): Warmer {
  const query = newQuery();
  /** First slots, then the nodes found there. */
  const places = new Int32Array(batch);
  const poolPlaces = new Int32Array(batch);
  /** A value that nothing uses might not be read at all. */
  const sink = new Int32Array(1);
  let noted = 0;
  /** The first words of the question that was noted last. Many queries for one name are warmed once; to be wrong about others loses little. */
  let first = 0;
  let second = 0;
  return {
    note(octets, at, length) {
      if (length < COMPARED_OCTETS) return;
      readFrom(query, octets);
      const { view } = query;
      const wasFirst = first;
      const wasSecond = second;
      first = view.getInt32(at + HEADER_OCTETS);
      second = view.getInt32(at + HEADER_OCTETS + WORD_OCTETS);
      if (noted !== 0 && first === wasFirst && second === wasSecond) return;
      if (parseName(query, query.view, at + HEADER_OCTETS, at + length) === 0) return;
      places[noted] = slotOf(hashFrom(query, 0), table.mask);
      poolPlaces[noted] = slotOf(labelHash(query), table.poolMask);
      noted += 1;
    },
    warm() {
      const { index, poolIndex, words } = table;
      const last = words.length - LONG_WORDS;
      let read = 0;
      for (let i = 0; i < noted; i += 1) {
        const node = index[2 * places[i]! + 1]!;
        // A name that the index has is not a pool's.
        places[i] = node !== 0 ? node : poolIndex[2 * poolPlaces[i]! + 1]!;
      }
      for (let i = 0; i < noted; i += 1) {
        const node = places[i]!;
        if (node > 0 && node < last)
          read ^= words[node]! ^ words[node + LINE_WORDS]! ^ words[node + FETCHED_WORDS]!;
      }
      for (let i = 0; i < noted; i += 1) {
        const node = places[i]!;
        if (node <= 0 || node >= last) continue;
        const end = Math.min(words[node + NodeField.WORDS]!, LONG_WORDS);
        for (let at = FETCHED_WORDS + LINE_WORDS; at < end; at += LINE_WORDS) read ^= words[node + at]!;
      }
      sink[0]! ^= read;
      noted = 0;
    },
  };
}
