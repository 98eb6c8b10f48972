import { dataOf } from '../../rdata/content.ts';
import { recordTypeNumber } from '../../rdata/record-type.ts';
import type { DnsRecord } from '../../zone/dns-record.ts';
import { present } from '../resource/present.ts';
import { isProxiable, shownContent } from './content.ts';

/** Where records come from that are none of the API: the configuration file, or the settings of a zone. */
export type OwnSource = 'configuration' | 'zone';

/** Where a record comes from that is none of the API. */
export interface Origin {
  readonly source: OwnSource;
  readonly place?: string | undefined;
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

/** Formats a record for the API. */
export function recordView(record: DnsRecord, zoneId: string, origin?: Origin) {
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
    meta: origin === undefined ? { source: 'api' } : present({ ...origin, place: origin.place }),
    comment: comment ?? null,
    tags: record.tags,
    created_on: record.createdOn,
    modified_on: record.modifiedOn,
    ...present({ comment_modified_on: commentModifiedOn, tags_modified_on: tagsModifiedOn }),
  };
}
