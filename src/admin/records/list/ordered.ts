import { createPieces } from '../../../pace/next-turn.ts';
import { sortInPieces } from '../../../pace/sort-in-pieces.ts';
import type { DnsRecord } from '../../../zone/dns-record.ts';
import { compare } from '../../resource/compare.ts';
import { type AllRecords, PASSED_PER_LOOK, recordsInOrder } from '../zone-records.ts';

/** What a list may be in the order of. */
export type Order = 'type' | 'name' | 'content' | 'ttl' | 'proxied';
type Lists = Map<Order, Promise<readonly DnsRecord[]>>;

/** The lists of the zone that was asked for last, which all its pages share. */
let last: { readonly ofApi: object; readonly listed: object; readonly lists: Lists } | undefined;

/**
 * Returns all records of a zone in an order, ascending; what is equal there is in order of name. It is made in pieces, and kept until
 * the zone changes or another one is asked for.
 */
export function orderedRecords(all: AllRecords, order: Order): Promise<readonly DnsRecord[]> {
  const { ofApi } = all;
  const listed = all.own.all;
  let kept = last;
  if (kept === undefined || kept.ofApi !== ofApi || kept.listed !== listed) {
    kept = { ofApi, listed, lists: new Map() };
    last = kept;
  }
  return kept.lists.getOrInsertComputed(order, () => made(all, order));
}

async function made(all: AllRecords, order: Order): Promise<readonly DnsRecord[]> {
  const isLong = createPieces();
  const byName: DnsRecord[] = [];
  for (const record of recordsInOrder(all)) {
    byName.push(record);
    const rest = byName.length % PASSED_PER_LOOK === 0 ? isLong() : undefined;
    if (rest) await rest;
  }
  return order === 'name' ? byName : sortInPieces(byName, comparison(order));
}

/** A function for each order, as V8 reads a property whose name it knows several times as fast. */
const COMPARISONS: Readonly<Record<Order, (a: DnsRecord, b: DnsRecord) => number>> = {
  type: (a, b) => compare(a.type, b.type),
  name: (a, b) => compare(a.name, b.name),
  content: (a, b) => compare(a.content, b.content),
  ttl: (a, b) => a.ttl - b.ttl,
  proxied: (a, b) => Number(a.proxied) - Number(b.proxied),
};

/** Compares records as an order wants. */
export function comparison(order: Order): (a: DnsRecord, b: DnsRecord) => number {
  return COMPARISONS[order];
}
