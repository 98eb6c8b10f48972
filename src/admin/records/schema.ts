import Type, { type Static } from 'typebox';
import { TTL_SECONDS_MAX } from '../../dns/rrset.ts';
import { nullable } from '../schema/nullable.ts';

/** Maximum characters of the content of a record: those of 64,000 octets as `\# length hex`, and some more. */
export const CONTENT_MAX = 131_072;
/** Maximum characters of a name in a body: more than one of 255 octets has, each escaped. */
export const RECORD_NAME_MAX = 1_024;
/** Maximum characters of a comment. */
export const COMMENT_MAX = 500;
/** Maximum number of tags of a record, and characters of one. */
export const TAGS_MAX = 20;
export const TAG_MAX = 132;
/** Maximum number of changes in a batch. */
export const BATCH_MAX = 1_000;
/** The TTL that means automatic, and the seconds that it stands for. */
export const TTL_AUTOMATIC = 1;

const closed = { additionalProperties: false } as const;
const shown = Type.Optional(Type.Unknown({ description: 'Shown. Ignored in requests.' }));
const switched = Type.Optional(nullable(Type.Boolean()));

const Settings = Type.Object(
  {
    ipv4_only: switched,
    ipv6_only: switched,
    flatten_cname: Type.Optional(
      nullable(
        Type.Boolean({
          description: 'A CNAME answers with the addresses of its target, as one at the apex always does.',
        }),
      ),
    ),
  },
  { ...closed, description: 'All but `flatten_cname` are stored, but have no effect.' },
);

/** What a body may have besides name and type; everything may be null, which is the default. */
const OPTIONAL = {
  content: Type.Optional(
    nullable(
      Type.String({ maxLength: CONTENT_MAX, description: 'What the record holds, as a zone file has it.' }),
    ),
  ),
  data: Type.Optional(
    nullable(
      Type.Unsafe<Readonly<Record<string, unknown>>>({
        type: 'object',
        description: 'The fields of the type, in the place of `content`.',
      }),
    ),
  ),
  priority: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description: 'For MX, SRV and URI, where `content` has none.',
      }),
    ),
  ),
  ttl: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 0,
        maximum: TTL_SECONDS_MAX,
        description: 'Seconds; 1: automatic, which is 300 s. Default: 1.',
      }),
    ),
  ),
  proxied: Type.Optional(nullable(Type.Boolean({ description: 'Stored, but has no effect.' }))),
  comment: Type.Optional(nullable(Type.String({ format: 'text', maxLength: COMMENT_MAX }))),
  tags: Type.Optional(
    nullable(
      Type.Array(Type.String({ format: 'record-tag', maxLength: TAG_MAX }), {
        maxItems: TAGS_MAX,
        description: 'Each `name` or `name:value`.',
      }),
    ),
  ),
  settings: Type.Optional(nullable(Settings)),
  private_routing: shown,
  id: shown,
  zone_id: shown,
  zone_name: shown,
  proxiable: shown,
  locked: shown,
  extra: shown,
  meta: shown,
  created_on: shown,
  modified_on: shown,
  comment_modified_on: shown,
  tags_modified_on: shown,
};
const NAME = Type.String({
  minLength: 1,
  maxLength: RECORD_NAME_MAX,
  description: 'Full, relative to the zone, or `@` for the zone itself.',
});
const TYPE = Type.String({
  minLength: 1,
  maxLength: 16,
  description: 'A mnemonic such as `MX`, or `TYPE` and a number.',
});

/** A whole record as a client writes it. */
export const RecordBody = Type.Object({ type: TYPE, name: NAME, ...OPTIONAL }, closed);
/** A body that is valid by its schema. */
export type RecordBody = Static<typeof RecordBody>;

/** A part of a record; what is absent stays. */
export const RecordPatch = Type.Object(
  { type: Type.Optional(TYPE), name: Type.Optional(NAME), ...OPTIONAL },
  closed,
);
/** A body that is valid by its schema. */
export type RecordPatch = Static<typeof RecordPatch>;

const identified = { id: Type.String({ format: 'identifier' }) };
const listed = <T extends Type.TSchema>(items: T, description: string) =>
  Type.Optional(nullable(Type.Array(items, { maxItems: BATCH_MAX, description })));

/** Changes that are made together, in this order, or not at all. */
export const BatchBody = Type.Object(
  {
    deletes: listed(Type.Object(identified), 'Records that are deleted.'),
    patches: listed(
      Type.Object({ ...RecordPatch.properties, ...identified }, closed),
      'Records that change in part.',
    ),
    puts: listed(
      Type.Object({ ...RecordBody.properties, ...identified }, closed),
      'Records that are replaced.',
    ),
    posts: listed(RecordBody, 'Records that are created.'),
  },
  closed,
);
/** A body that is valid by its schema. */
export type BatchBody = Static<typeof BatchBody>;

/** A record in the API. */
export const RecordView = Type.Object({
  id: Type.String(),
  zone_id: Type.String(),
  zone_name: Type.String(),
  name: Type.String({ description: 'The full name, without the final dot.' }),
  type: Type.String(),
  content: Type.String(),
  priority: Type.Optional(Type.Integer({ description: 'Of MX, SRV and URI.' })),
  data: Type.Optional(
    Type.Unsafe<object>({
      type: 'object',
      description: 'The fields of the type, where it has more than one.',
    }),
  ),
  proxiable: Type.Boolean(),
  proxied: Type.Boolean(),
  ttl: Type.Integer(),
  settings: Type.Object({
    ipv4_only: Type.Optional(Type.Boolean()),
    ipv6_only: Type.Optional(Type.Boolean()),
    flatten_cname: Type.Optional(Type.Boolean()),
  }),
  meta: Type.Object({
    source: Type.Optional(
      Type.String({
        description:
          '`api`; or `configuration`, or `zone` for the settings of a zone: then it cannot change here.',
      }),
    ),
    place: Type.Optional(Type.String({ description: 'The file and line that has it, for `configuration`.' })),
    unanswered: Type.Optional(Type.String({ description: 'Why it has no answer though it is there.' })),
  }),
  comment: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
  tags: Type.Array(Type.String()),
  created_on: Type.String({ format: 'rfc3339-time' }),
  modified_on: Type.String({ format: 'rfc3339-time' }),
  comment_modified_on: Type.Optional(Type.String({ format: 'rfc3339-time' })),
  tags_modified_on: Type.Optional(Type.String({ format: 'rfc3339-time' })),
});

const Views = Type.Array(RecordView);

/** What a batch has done. */
export const BatchView = Type.Object({ deletes: Views, patches: Views, puts: Views, posts: Views });
