import { getHeapStatistics } from 'node:v8';
import type { StoredDocument } from './contract/documents.ts';
import { StoreUnavailable } from './contract/failure.ts';

/**
 * Octets of heap that an endpoint takes at the least, by what a process does with it: measured with Node 26, 100 pools of
 * 1,000 endpoints, right after the start. What is found by checks comes on top.
 */
export const ENDPOINT_HEAP_OCTETS = { serve: 450, monitor: 1_300, all: 1_600 } as const;
/** The same for a document, without its endpoints. */
export const DOCUMENT_HEAP_OCTETS = 1_000;
/** The same for a record, of which there are many. */
export const RECORD_HEAP_OCTETS = 500;
/** Of the heap that V8 names, what only young objects use, unless --max-semi-space-size says otherwise. */
const YOUNG_HEAP_OCTETS = 48 * 2 ** 20;
/** What a process takes before it has read anything. */
export const EMPTY_HEAP_OCTETS = 30_000_000;

/** The configuration does not fit in the heap of this process, and was not taken in. */
export class StoreTooLarge extends StoreUnavailable {
  override readonly name = 'StoreTooLarge';
}

/** Adds up what a reading of the store takes of the heap. */
export interface HeapBound {
  /** Counts a document. Returns false where the documents so far do not fit; then no more may be read. */
  holds(document: StoredDocument): boolean;
  /** Throws StoreTooLarge, with the figures of all that was counted, where that does not fit. */
  check(): void;
}

/**
 * Creates a bound that has counted nothing. `endpointOctets`: what an endpoint takes; `limitOctets`: the heap there is,
 * that of this process unless given.
 */
export function boundHeap(
  endpointOctets: number = ENDPOINT_HEAP_OCTETS.serve,
  limitOctets: number = getHeapStatistics().heap_size_limit - YOUNG_HEAP_OCTETS,
): HeapBound {
  let documents = 0;
  let endpoints = 0;
  let records = 0;
  const need = () =>
    EMPTY_HEAP_OCTETS +
    (documents - records) * DOCUMENT_HEAP_OCTETS +
    records * RECORD_HEAP_OCTETS +
    endpoints * endpointOctets;
  return {
    holds(document) {
      documents += 1;
      if (document.kind === 'record') records += 1;
      if (document.kind === 'pool') endpoints += document.value.endpoints.length;
      return need() <= limitOctets;
    },
    check() {
      if (need() <= limitOctets) return;
      const needed = inMiB(need());
      throw new StoreTooLarge(
        `The configuration does not fit in memory: ${documents} documents with ${endpoints} endpoints need at least ${needed} MiB of heap, and this process may use ${inMiB(limitOctets)} MiB. Start it with NODE_OPTIONS=--max-old-space-size=${2 * needed} or more, where the machine has that memory. limits.endpoints_max and quotas of tokens bound what is stored.`,
      );
    },
  };
}

function inMiB(octets: number): number {
  return Math.ceil(octets / 2 ** 20);
}
