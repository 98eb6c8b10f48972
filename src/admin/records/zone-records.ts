import { createPieces } from '../../pace/next-turn.ts';
import type { ZoneRecords } from '../../store/reading/records.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import type { OwnRecords } from './own-records.ts';

/** All records of a zone in one order: those of the zone itself, and those of the API. */
export interface AllRecords {
  readonly own: OwnRecords;
  readonly ofApi: ZoneRecords;
}

/** Returns the records of a zone in canonical order of their owners (RFC 4034 §6.1); of one owner the zone's own first, then the others, oldest first. */
export function* recordsInOrder({ own, ofApi }: AllRecords): IterableIterator<DnsRecord> {
  let at = 0;
  for (const [key, records] of ofApi.owners.from()) {
    for (; at < own.all.length && own.all[at]!.ownerKey <= key; at += 1) yield own.all[at]!.record;
    for (const { value } of records) yield value;
  }
  for (; at < own.all.length; at += 1) yield own.all[at]!.record;
}

/** Returns the number of records of a zone. */
export function numberOfRecords({ own, ofApi }: AllRecords): number {
  return own.all.length + ofApi.size;
}

/** Returns a part of the records in order, as slice() does; it passes over those before a few at a time. */
export async function slicedRecords(all: AllRecords, from: number, to: number): Promise<DnsRecord[]> {
  const found: DnsRecord[] = [];
  if (from >= numberOfRecords(all)) return found;
  const isLong = createPieces();
  let at = 0;
  for (const record of recordsInOrder(all)) {
    if (at >= to) break;
    if (at >= from) found.push(record);
    at += 1;
    const rest = isLong();
    if (rest) await rest;
  }
  return found;
}

/** Returns the records at a name. */
export function recordsAt({ own, ofApi }: AllRecords, ownerKey: string): DnsRecord[] {
  const ofZone = (own.byOwner.get(ownerKey) ?? []).map(({ record }) => record);
  return [...ofZone, ...(ofApi.owners.get(ownerKey) ?? []).map(({ value }) => value)];
}
