import { NameError, parseName } from '../dns/name.ts';
import { TTL_SECONDS_MAX } from '../dns/rrset.ts';
import { boolean, listOf, objectOf, recordOf, type Shape, shallow, text, wholeFrom } from '../pool/shape.ts';

/** Text that is a domain name, without which a record can be in no zone. */
const domainName: Shape = (value) => {
  const flaw = text(value);
  if (flaw !== undefined) return flaw;
  try {
    parseName(value as string);
    return undefined;
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    return { field: '', rule: `must be a domain name, and ${error.message}` };
  }
};

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
