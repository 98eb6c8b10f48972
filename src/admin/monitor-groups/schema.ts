import Type, { type Static } from 'typebox';

/** Maximum characters of a description. */
export const DESCRIPTION_MAX = 1_024;
/** Monitors of a group. */
export const MEMBERS_MAX = 50;

const ignored = (description: string) =>
  Type.Optional(Type.Unknown({ readOnly: true, description: `${description} Ignored in requests.` }));

const closed = { additionalProperties: false } as const;

const Member = Type.Object(
  {
    monitor_id: Type.String({
      format: 'identifier',
      description:
        'Identifier of an existing monitor (POST monitors creates one, GET lists them); once in a group.',
    }),
    enabled: Type.Boolean({ description: 'Whether the monitor runs for this group.' }),
    monitoring_only: Type.Boolean({
      description: 'Its results are shown and recorded, but have no vote.',
    }),
    must_be_healthy: Type.Boolean({
      description: 'Its failure alone makes an endpoint unhealthy, whether it has a vote or not.',
    }),
    created_at: ignored('When the monitor joined the group.'),
    updated_at: ignored('When its membership last changed.'),
  },
  closed,
);

/** A whole monitor group as a client writes it (POST, PUT). */
export const GroupBody = Type.Object(
  {
    description: Type.String({ format: 'text', maxLength: DESCRIPTION_MAX }),
    members: Type.Array(Member, {
      minItems: 1,
      maxItems: MEMBERS_MAX,
      description:
        'An endpoint is unhealthy when a member with must_be_healthy fails, or when more than half of the votes say so.',
    }),
    id: ignored('32 lower-case hex digits.'),
    created_on: ignored('RFC 3339.'),
    modified_on: ignored('RFC 3339.'),
  },
  closed,
);
/** A body that is valid by its schema. */
export type GroupBody = Static<typeof GroupBody>;
/** A member in such a body. */
export type MemberBody = Static<typeof Member>;

/** Any part of a monitor group (PATCH). */
export const GroupPatch = Type.Partial(GroupBody, closed);

/** A monitor group as the API shows it. */
export const GroupView = Type.Object({
  ...GroupBody.properties,
  members: Type.Array(
    Type.Object({
      ...Member.properties,
      created_at: Type.String({ format: 'rfc3339-time' }),
      updated_at: Type.String({ format: 'rfc3339-time' }),
    }),
  ),
  id: Type.String({ format: 'identifier' }),
  created_on: Type.String({ format: 'rfc3339-time' }),
  modified_on: Type.String({ format: 'rfc3339-time' }),
});
