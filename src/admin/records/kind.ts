import type { DnsRecord } from '../../zone/dns-record.ts';
import type { ResourceKind } from '../resource/kind.ts';

/** Records of zones. */
export const RECORD: ResourceKind<'record'> = {
  kind: 'record',
  noun: 'record',
  secrets: {},
  writers: 'edit',
  poolsOf: () => undefined,
  nameOf: ({ name, type }) => `${name} ${type}`,
  usesOf: () => [],
  eventView: recordEventView,
};

/** Formats a record for an audit event. */
function recordEventView(record: DnsRecord): object {
  const { id, zoneName, zoneId, name, type, content, ttl, proxied, comment, tags, settings } = record;
  return {
    id,
    zone_name: zoneName,
    ...(zoneId === undefined ? {} : { zone_id: zoneId }),
    name,
    type,
    content,
    ttl,
    proxied,
    ...(comment === undefined ? {} : { comment }),
    tags,
    ...(settings === undefined ? {} : { settings }),
    created_on: record.createdOn,
    modified_on: record.modifiedOn,
  };
}
