import { formatName } from '../../../dns/name.ts';
import type { RRset } from '../../../dns/rrset.ts';
import { Type } from '../../../dns/type.ts';
import { createPieces } from '../../../pace/next-turn.ts';
import { printRdata } from '../../../rdata/rdata.ts';
import { recordTypeName } from '../../../rdata/record-type.ts';
import { soaRRset } from '../../../zone/authority.ts';
import { AUTOMATIC_TTL, type DnsRecord, ttlSecondsOf } from '../../../zone/dns-record.ts';
import type { Zone } from '../../../zone/zone.ts';
import { type PrintedRecord, printZoneFile } from '../../../zone-file/print-zone-file.ts';
import type { Remark } from '../../../zone-file/remark.ts';
import { isProxiable } from '../content.ts';
import { type AllRecords, recordsInOrder } from '../zone-records.ts';

/**
 * Formats a zone as a zone file, a few records at a time: SOA and NS of the apex first, then all records in canonical order of
 * their owners. Pools and load balancers, whose answers change with health, are not in it. `remark`: a line that it begins with.
 */
export async function* exportZone(
  zone: Zone,
  serial: number,
  all: AllRecords,
  remark?: string,
): AsyncGenerator<string> {
  const isLong = createPieces();
  const comments = [...(remark === undefined ? [] : [remark]), ...commentsOf(zone)];
  for (const chunk of printZoneFile(comments, printedOf(zone, serial, all))) {
    yield chunk;
    const rest = isLong();
    if (rest) await rest;
  }
}

function commentsOf({ apex }: Zone): string[] {
  return [
    `Zone ${formatName(apex)}`,
    'Pools and load balancers, whose answers change with health, are not in this file.',
  ];
}

function* printedOf(zone: Zone, serial: number, all: AllRecords): Generator<PrintedRecord> {
  yield* printedSet(soaRRset(zone, serial, 'answer'));
  const servers = zone.rrsets.find(
    ({ type, owner }) => type === Type.NS && owner.length === zone.apex.length,
  );
  if (servers !== undefined) yield* printedSet(servers);
  let atName: DnsRecord[] = [];
  for (const record of recordsInOrder(all)) {
    if (atName.length > 0 && atName[0]!.name !== record.name) {
      yield* printedAtName(atName, all);
      atName = [];
    }
    atName.push(record);
  }
  yield* printedAtName(atName, all);
}

/** The records of a name, with the TTLs that their sets are answered with: the lowest of each (RFC 2181 §5.2). */
function* printedAtName(records: readonly DnsRecord[], { own }: AllRecords): Generator<PrintedRecord> {
  const ttls = new Map<string, number>();
  for (const record of records)
    ttls.set(record.type, Math.min(ttls.get(record.type) ?? Number.POSITIVE_INFINITY, ttlSecondsOf(record)));
  for (const record of records) {
    const { name, type, content } = record;
    const owner = name === '.' ? name : `${name}.`;
    const ttlSeconds = ttls.get(type)!;
    const remark = own.byId.has(record.id) ? {} : { remark: remarkOf(record, ttlSeconds) };
    yield { owner, ttlSeconds, type, content, ...remark };
  }
}

function* printedSet({ owner, ttlSeconds, type, rdata }: RRset): Generator<PrintedRecord> {
  for (const each of rdata)
    yield {
      owner: formatName(owner),
      ttlSeconds,
      type: recordTypeName(type),
      content: printRdata(type, each),
    };
}

function remarkOf({ type, ttl, comment, tags, proxied, settings }: DnsRecord, ttlSeconds: number): Remark {
  const isOther = ttl !== ttlSeconds;
  return {
    ...(comment !== undefined && { comment }),
    tags,
    ...(isProxiable(type) && { isProxied: proxied }),
    ...(settings?.flatten_cname === true && { isFlattened: true }),
    ...(isOther && { ttl: ttl === AUTOMATIC_TTL ? 'auto' : ttl }),
  };
}
