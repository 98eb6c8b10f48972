import Type, { type Static } from 'typebox';
import { RecordBody } from '../records/schema.ts';
import { SettingsPatch, ZoneBody, ZonePatch } from '../zones/schema.ts';

/** Maximum number of records in one document. */
export const DOCUMENT_RECORDS_MAX = 100_000;
/** Maximum number of zones in one document. */
export const DOCUMENT_ZONES_MAX = 4_000;

const closed = { additionalProperties: false } as const;
const { type, name, content, data, priority, ttl, proxied, comment, tags, settings } = RecordBody.properties;

/** A record of a zone in a document. */
export const RecordEntry = Type.Object(
  { name, type, content, data, priority, ttl, proxied, comment, tags, settings },
  closed,
);
/** A zone in a document, without its records. */
export const ZoneAlone = Type.Object(
  {
    name: ZoneBody.properties.name,
    type: ZoneBody.properties.type,
    paused: ZonePatch.properties.paused,
    vanity_name_servers: ZonePatch.properties.vanity_name_servers,
    settings: Type.Optional({
      ...SettingsPatch,
      description: 'TTL, SOA, name servers and pools; what is absent has its default.',
    }),
  },
  closed,
);
/** A zone in a document, with its records. What is absent of a zone that exists stays as it is. */
export const ZoneEntry = Type.Object(
  {
    ...ZoneAlone.properties,
    records: Type.Optional(
      Type.Array(RecordEntry, {
        maxItems: DOCUMENT_RECORDS_MAX,
        description: 'All records of one name and type are a set: the document has the whole set.',
      }),
    ),
  },
  closed,
);
/** A zone of a document that is valid by its schema. */
export type ZoneEntry = Static<typeof ZoneEntry>;
