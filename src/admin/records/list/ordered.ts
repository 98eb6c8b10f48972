import { createPieces } from '../../../pace/next-turn.ts';
import { sortInPieces } from '../../../pace/sort-in-pieces.ts';
import type { DnsRecord } from '../../../zone/dns-record.ts';
import { compare } from '../../resource/compare.ts';
import { type AllRecords, recordsInOrder } from '../zone-records.ts';

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
    const rest = isLong();
    if (rest) await rest;
  }
  return order === 'name' ? byName : sortInPieces(byName, comparison(order));
}

/** Compares records as an order wants. */
export function comparison(order: Order): (a: DnsRecord, b: DnsRecord) => number {
  return (a, b) => {
    const [one, other] = [a[order], b[order]];
    return typeof one === 'string' ? compare(one, String(other)) : Number(one) - Number(other);
  };
}
