import { TTL_SECONDS_MAX } from '../dns/rrset.ts';
import { boolean, domainName, listOf, objectOf, recordOf, shallow, text, wholeFrom } from '../pool/shape.ts';

/** A record as a store keeps it. Its type and content are parsed where it is served. */
export const DNS_RECORD_SHAPE = objectOf(
  {
    id: text,
    zoneName: text,
    name: domainName,
    type: text,
    content: text,
    ttl: wholeFrom(0, TTL_SECONDS_MAX),
    proxied: boolean,
    tags: listOf(text),
    createdOn: text,
    modifiedOn: text,
  },
  {
    zoneId: text,
    comment: text,
    settings: recordOf(shallow),
    commentModifiedOn: text,
    tagsModifiedOn: text,
  },
);
