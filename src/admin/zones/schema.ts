import Type, { type Static } from 'typebox';
import { ZONE_TYPES } from '../../zone/authored-zone.ts';
import { nullable, oneOf } from '../schema/nullable.ts';

/** Characters of a zone's name. */
export const ZONE_NAME_MAX = 253;
/** Name servers of a vanity list. */
export const VANITY_MAX = 32;

const closed = { additionalProperties: false } as const;
const ignored = (description: string) =>
  Type.Optional(Type.Unknown({ description: `${description} Ignored in requests.` }));
const ZoneType = Type.Optional(nullable(oneOf(ZONE_TYPES)));

/** A new zone as a client writes it. */
export const ZoneBody = Type.Object(
  {
    name: Type.String({ format: 'zone-name', maxLength: ZONE_NAME_MAX + 1 }),
    account: Type.Optional(
      nullable(
        Type.Object({
          id: Type.Optional(nullable(Type.String())),
          name: Type.Optional(nullable(Type.String())),
        }),
      ),
    ),
    type: ZoneType,
    paused: Type.Optional(nullable(Type.Boolean({ description: 'Stored, but has no effect.' }))),
    jump_start: ignored('Of older clients.'),
    organization: ignored('Of older clients.'),
  },
  closed,
);
/** A body that is valid by its schema. */
export type ZoneBody = Static<typeof ZoneBody>;

/** The properties of a zone that a PATCH may change. */
export const ZonePatch = Type.Object(
  {
    paused: Type.Optional(nullable(Type.Boolean({ description: 'Stored, but has no effect.' }))),
    type: ZoneType,
    vanity_name_servers: Type.Optional(
      nullable(
        Type.Array(Type.String({ format: 'zone-name' }), {
          maxItems: VANITY_MAX,
          description: 'Stored, but has no effect.',
        }),
      ),
    ),
    plan: ignored('There is one plan.'),
  },
  closed,
);
/** A body that is valid by its schema. */
export type ZonePatch = Static<typeof ZonePatch>;

const Seconds = Type.Optional(nullable(Type.Integer()));
const Name = Type.Optional(nullable(Type.String({ maxLength: 1_024 })));

/** The settings of a zone that a PATCH may change; null: the default. Their rules are those of the configuration file. */
export const SettingsPatch = Type.Object(
  {
    ttl: Seconds,
    soa: Type.Optional(
      nullable(
        Type.Object(
          {
            mname: Name,
            rname: Name,
            ttl: Seconds,
            refresh: Seconds,
            retry: Seconds,
            expire: Seconds,
            minimum: Seconds,
          },
          closed,
        ),
      ),
    ),
    ns: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ maxLength: 1_024 }),
            addresses: Type.Optional(nullable(Type.Array(Type.String({ maxLength: 64 })))),
          },
          closed,
        ),
        { maxItems: 32 },
      ),
    ),
    pools: Type.Optional(
      nullable(
        Type.String({
          maxLength: 1_024,
          description: 'Name below which pools are answered, relative to the zone; null: none.',
        }),
      ),
    ),
    pool_ttl: Seconds,
  },
  closed,
);
/** A body that is valid by its schema. */
export type SettingsPatch = Static<typeof SettingsPatch>;

/** A zone in the API. Properties that are equal for all zones are there because clients read them. */
export const ZoneView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  status: oneOf(['active']),
  paused: Type.Boolean(),
  type: oneOf(ZONE_TYPES),
  development_mode: Type.Integer(),
  name_servers: Type.Array(Type.String()),
  original_name_servers: Type.Null(),
  original_registrar: Type.Null(),
  original_dnshost: Type.Null(),
  vanity_name_servers: Type.Optional(Type.Array(Type.String())),
  created_on: Type.String({ format: 'rfc3339-time' }),
  modified_on: Type.String({ format: 'rfc3339-time' }),
  activated_on: Type.String({ format: 'rfc3339-time' }),
  owner: Type.Object({ id: Type.String(), type: Type.String(), email: Type.String() }),
  account: Type.Object({ id: Type.String(), name: Type.String() }),
  tenant: Type.Object({ id: Type.Null(), name: Type.Null() }),
  tenant_unit: Type.Object({ id: Type.Null() }),
  permissions: Type.Array(Type.String()),
  plan: Type.Object({
    id: Type.String(),
    name: Type.String(),
    price: Type.Number(),
    currency: Type.String(),
    frequency: Type.String(),
    is_subscribed: Type.Boolean(),
    can_subscribe: Type.Boolean(),
    legacy_id: Type.String(),
    legacy_discount: Type.Boolean(),
    externally_managed: Type.Boolean(),
  }),
  meta: Type.Object({
    step: Type.Integer(),
    custom_certificate_quota: Type.Integer(),
    page_rule_quota: Type.Integer(),
    phishing_detected: Type.Boolean(),
    source: oneOf(['api', 'configuration'], { description: 'Where the zone comes from.' }),
    place: Type.Optional(
      Type.String({ description: 'Where the configuration file has it, as `file:line`.' }),
    ),
  }),
});
