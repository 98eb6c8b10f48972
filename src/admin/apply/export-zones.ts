import { createPieces } from '../../pace/next-turn.ts';
import { escapeJson } from '../../pool/plain-text.ts';
import type { Configuration } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { NO_ZONE_RECORDS, type RecordsZone, type ZoneRecords } from '../../store/reading/records.ts';
import type { AuthoredZone } from '../../zone/authored-zone.ts';
import { AUTOMATIC_TTL, type DnsRecord } from '../../zone/dns-record.ts';
import { apiError } from '../http/errors.ts';
import { compare } from '../resource/compare.ts';
import { DOCUMENT_RECORDS_MAX } from './zone-schema.ts';

/** A zone that a document has: one of the API, or one of the configuration file with records of the API. */
interface Exported {
  readonly name: string;
  readonly authored: AuthoredZone | undefined;
  readonly records: ZoneRecords;
}

/** Makes the list of zones of a document as parts of its JSON, by name. Throws ApiError where there are more records than a document holds. */
export async function zoneParts(read: Configuration, hasRecords: boolean): Promise<string[]> {
  const count = hasRecords ? (read.records?.size ?? 0) : 0;
  if (count > DOCUMENT_RECORDS_MAX) throw apiError('tooManyRecords', { count, max: DOCUMENT_RECORDS_MAX });
  const parts: string[] = ['['];
  const isLong = createPieces();
  for (const [i, zone] of zonesOf(read).entries()) {
    const head = zone.authored === undefined ? { name: zone.name } : zoneEntryOf(zone.authored);
    const text = escapeJson(JSON.stringify(head));
    parts.push(i === 0 ? '' : ',', hasRecords ? `${text.slice(0, -1)},"records":[` : text);
    if (!hasRecords) continue;
    let isFirst = true;
    for (const [, records] of zone.records.owners.from())
      for (const { value } of records) {
        parts.push(`${isFirst ? '' : ','}${escapeJson(JSON.stringify(recordEntryOf(value)))}`);
        isFirst = false;
        const rest = isLong();
        if (rest) await rest;
      }
    parts.push(']}');
  }
  parts.push(']');
  return parts;
}

function zonesOf({ documents, records }: Configuration): Exported[] {
  const inZone = (zone: RecordsZone) => records?.inZone(zone) ?? NO_ZONE_RECORDS;
  const authored = documentsOf(documents, 'zone').map(
    ({ id, value }): Exported => ({
      name: value.name,
      authored: value,
      records: inZone({ zoneName: value.name, zoneId: id }),
    }),
  );
  const ofFile = [...(records?.zones() ?? [])].flatMap(([{ zoneName, zoneId }, found]): Exported[] =>
    zoneId === undefined ? [{ name: zoneName, authored: undefined, records: found }] : [],
  );
  return [...authored, ...ofFile].sort((a, b) => compare(a.name, b.name));
}

/** Formats a zone of the API for a document, without its records. */
export function zoneEntryOf({ name, type, paused, vanityNameServers, settings }: AuthoredZone): object {
  return {
    name,
    ...(type === 'full' ? {} : { type }),
    ...(paused ? { paused } : {}),
    ...(vanityNameServers === undefined ? {} : { vanity_name_servers: vanityNameServers }),
    settings,
  };
}

/** Formats a record for a document: its name relative to the zone, its content as in a zone file, and what is not by default. */
export function recordEntryOf(record: DnsRecord): object {
  const { type, content, ttl, proxied, comment, tags, settings } = record;
  return {
    name: relativeName(record),
    type,
    content,
    ...(ttl === AUTOMATIC_TTL ? {} : { ttl }),
    ...(proxied ? { proxied } : {}),
    ...(comment === undefined ? {} : { comment }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(settings === undefined ? {} : { settings }),
  };
}

/** A name that is read as relative to its zone, where that is possible. */
function relativeName({ name, zoneName }: DnsRecord): string {
  if (name === zoneName) return '@';
  if (!name.endsWith(`.${zoneName}`)) return name;
  const relative = name.slice(0, -zoneName.length - 1);
  return relative === zoneName || relative.endsWith(`.${zoneName}`) ? name : relative;
}
