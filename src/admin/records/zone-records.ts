import { createPieces } from '../../pace/next-turn.ts';
import type { ZoneRecords } from '../../store/reading/records.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import type { OwnRecords } from './own-records.ts';

/** Names, or records, that are passed over between two looks at the clock. */
export const PASSED_PER_LOOK = 64;

/** All records of a zone in one order: those of the zone itself, and those of the API. */
export interface AllRecords {
  readonly own: OwnRecords;
  readonly ofApi: ZoneRecords;
}

/** Returns the records of a zone in canonical order of their owners (RFC 4034 §6.1); of one owner the zone's own first, then the others, oldest first. */
export function* recordsInOrder(all: AllRecords): IterableIterator<DnsRecord> {
  for (const records of namesInOrder(all)) yield* records;
}

/** The same, some of one owner at a time. */
function* namesInOrder({ own, ofApi }: AllRecords): IterableIterator<readonly DnsRecord[]> {
  let at = 0;
  for (const [key, records] of ofApi.owners.from()) {
    for (; at < own.all.length && own.all[at]!.ownerKey <= key; at += 1) yield [own.all[at]!.record];
    yield records.map(({ value }) => value);
  }
  for (; at < own.all.length; at += 1) yield [own.all[at]!.record];
}

/** Returns the number of records of a zone. */
export function numberOfRecords({ own, ofApi }: AllRecords): number {
  return own.all.length + ofApi.size;
}

/** Returns a part of the records in order, as slice() does; it passes over the names before, a few at a time. */
export async function slicedRecords(all: AllRecords, from: number, to: number): Promise<DnsRecord[]> {
  const found: DnsRecord[] = [];
  if (from >= numberOfRecords(all)) return found;
  const isLong = createPieces();
  let at = 0;
  let names = 0;
  for (const records of namesInOrder(all)) {
    if (at + records.length > from) found.push(...records.slice(Math.max(0, from - at), to - at));
    at += records.length;
    if (at >= to) break;
    names += 1;
    const rest = names % PASSED_PER_LOOK === 0 ? isLong() : undefined;
    if (rest) await rest;
  }
  return found;
}

/** Returns the records at a name. */
export function recordsAt({ own, ofApi }: AllRecords, ownerKey: string): DnsRecord[] {
  const ofZone = (own.byOwner.get(ownerKey) ?? []).map(({ record }) => record);
  return [...ofZone, ...(ofApi.owners.get(ownerKey) ?? []).map(({ value }) => value)];
}
