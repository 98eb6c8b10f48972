import { dataOf } from '../../rdata/content.ts';
import { recordTypeNumber } from '../../rdata/record-type.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import { present } from '../resource/present.ts';
import { isProxiable, shownContent } from './content.ts';
import { isForeign } from './flattening.ts';
import type { OwnSource } from './own-records.ts';
import type { RecordsPlace } from './plan.ts';

/** Where a record comes from. */
export interface Origin {
  readonly source: OwnSource | 'api';
  readonly place?: string | undefined;
  /** A sentence that says why it is not answered; absent: it is, as far as that shows in the record. */
  readonly unanswered?: string | undefined;
}

/** Types of which the reference shows the fields of the content apart, as `data`. */
const WITH_DATA = new Set([
  'CAA',
  'CERT',
  'DNSKEY',
  'DS',
  'HTTPS',
  'LOC',
  'NAPTR',
  'SMIMEA',
  'SRV',
  'SSHFP',
  'SVCB',
  'TLSA',
  'URI',
]);

/** Why a record has no address though it is there. */
const TARGET_ELSEWHERE =
  'It answers with the addresses of its target, which is in no zone of this server, so it has none.';

/** Formats a record of a zone for the API. */
export function viewIn({ zone, own, hasZone }: RecordsPlace, record: DnsRecord) {
  const found = own.byId.get(record.id);
  const isCname = record.type === 'CNAME';
  const unanswered = isCname && isForeign(zone.name, record, hasZone) ? TARGET_ELSEWHERE : undefined;
  const source = found ? own.source : 'api';
  return recordView(record, zone.id, { source, place: found?.place, unanswered });
}

function recordView(record: DnsRecord, zoneId: string, { source, place, unanswered }: Origin) {
  const { type, content, comment, settings, commentModifiedOn, tagsModifiedOn } = record;
  return {
    id: record.id,
    zone_id: zoneId,
    zone_name: record.zoneName,
    name: record.name,
    type,
    ...shownContent(type, content),
    ...(WITH_DATA.has(type) && { data: dataOf(recordTypeNumber(type)!, content) }),
    proxiable: isProxiable(type),
    proxied: record.proxied,
    ttl: record.ttl,
    settings: settings ?? {},
    meta: { source, ...present({ place, unanswered }) },
    comment: comment ?? null,
    tags: record.tags,
    created_on: record.createdOn,
    modified_on: record.modifiedOn,
    ...present({ comment_modified_on: commentModifiedOn, tags_modified_on: tagsModifiedOn }),
  };
}
