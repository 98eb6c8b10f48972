import Type, { type Static } from 'typebox';
import { nullable, oneOf } from '../schema/nullable.ts';

/** What a zone may be used for in the reference. */
export const ZONE_MODES = ['standard', 'cdn_only', 'dns_only'] as const;
/** Where name servers come from in the reference. */
export const NAMESERVER_TYPES = [
  'cloudflare.standard',
  'cloudflare.advanced',
  'custom',
  'custom.account',
  'custom.tenant',
  'custom.zone',
] as const;

const closed = { additionalProperties: false } as const;
const noEffect = { description: 'Stored, but has no effect.' };
const Seconds = Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })));
const Name = Type.Optional(nullable(Type.String({ maxLength: 1_024 })));
const Flag = Type.Optional(nullable(Type.Boolean(noEffect)));
const Soa = Type.Object(
  {
    mname: Name,
    rname: Name,
    ttl: Seconds,
    refresh: Seconds,
    retry: Seconds,
    expire: Seconds,
    min_ttl: Seconds,
  },
  closed,
);
const Nameservers = Type.Object(
  {
    type: oneOf(NAMESERVER_TYPES),
    ns_set: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
    nameserver_set_id: Type.Optional(Type.String({ maxLength: 64 })),
  },
  closed,
);
const InternalDns = Type.Object({ reference_zone_id: Type.Optional(Type.String({ maxLength: 64 })) }, closed);

/** The DNS settings of a zone that a PATCH may change; null: the default. */
export const DnsSettingsPatch = Type.Object(
  {
    soa: Type.Optional(nullable(Soa)),
    ns_ttl: Seconds,
    nameservers: Type.Optional(nullable({ ...Nameservers, ...noEffect })),
    zone_mode: Type.Optional(nullable(oneOf(ZONE_MODES, noEffect))),
    flatten_all_cnames: Flag,
    foundation_dns: Flag,
    multi_provider: Flag,
    secondary_overrides: Flag,
    internal_dns: Type.Optional(nullable({ ...InternalDns, ...noEffect })),
  },
  closed,
);
/** A body that is valid by its schema. */
export type DnsSettingsPatch = Static<typeof DnsSettingsPatch>;

/** The DNS settings of a zone. */
export const DnsSettingsView = Type.Object({
  soa: Type.Object({
    mname: Type.String(),
    rname: Type.String(),
    ttl: Type.Integer(),
    refresh: Type.Integer(),
    retry: Type.Integer(),
    expire: Type.Integer(),
    min_ttl: Type.Integer(),
  }),
  ns_ttl: Type.Integer(),
  nameservers: Nameservers,
  zone_mode: oneOf(ZONE_MODES),
  flatten_all_cnames: Type.Boolean(),
  foundation_dns: Type.Boolean(),
  multi_provider: Type.Boolean(),
  secondary_overrides: Type.Boolean(),
  internal_dns: InternalDns,
});
