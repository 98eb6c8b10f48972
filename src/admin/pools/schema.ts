import Type, { type Static } from 'typebox';
import { REGION_CODES } from '../../place/regions.ts';
import { ANSWER_ADDRESSES_MAX } from '../../pool/pool.ts';
import { ALL_DOWN } from '../../pool/steering/all-down.ts';
import { nullable, oneOf } from '../schema/nullable.ts';

/** Maximum number of endpoints of a pool. */
export const ENDPOINTS_MAX = 1_000;
/** Maximum characters of a description. */
export const DESCRIPTION_MAX = 1_024;
/** Maximum characters of the name of an endpoint, of its address, and of a `Host`. */
export const NAME_MAX = 255;
/** Maximum characters of the list of mail addresses. */
export const MAILBOXES_MAX = 4_096;

/** Regions that `check_regions` may have. */
export const CHECK_REGIONS = [...REGION_CODES, 'ALL_REGIONS', 'CHINA'] as const;

/** Defaults of a pool; null means the same. */
export const POOL_DEFAULTS = {
  description: '',
  enabled: true,
  minimum_origins: 1,
  notification_email: '',
} as const;

/** Defaults of an endpoint; null means the same. */
export const ORIGIN_DEFAULTS = { enabled: true, weight: 1, flatten_cname: true } as const;

const Percent = nullable(Type.Number({ minimum: 0, maximum: 100 }));
const ignored = (description: string) =>
  Type.Optional(Type.Unknown({ readOnly: true, description: `${description} Ignored in requests.` }));

const closed = { additionalProperties: false } as const;

const Origin = Type.Object(
  {
    name: Type.String({ format: 'label', maxLength: NAME_MAX, description: 'Unique in its pool.' }),
    address: Type.String({
      format: 'endpoint-address',
      maxLength: NAME_MAX,
      description: 'IPv4 address, IPv6 address or host name; unique in its pool in every spelling.',
    }),
    enabled: Type.Optional(nullable(Type.Boolean({ default: ORIGIN_DEFAULTS.enabled }))),
    weight: Type.Optional(
      nullable(
        Type.Number({
          minimum: 0,
          maximum: 1,
          multipleOf: 0.01,
          default: ORIGIN_DEFAULTS.weight,
          description: 'Share among the healthy endpoints; 0: checked and counted, but never in an answer.',
        }),
      ),
    ),
    port: Type.Optional(
      nullable(
        Type.Integer({ minimum: 0, maximum: 65_535, description: '0 or null: the port of the monitor.' }),
      ),
    ),
    header: Type.Optional(
      nullable(
        Type.Object(
          {
            Host: Type.Optional(
              Type.Array(Type.String({ format: 'host', maxLength: NAME_MAX }), { minItems: 1, maxItems: 1 }),
            ),
          },
          { ...closed, description: 'Host field that checks of this endpoint send.' },
        ),
      ),
    ),
    flatten_cname: Type.Optional(nullable(Type.Boolean({ default: ORIGIN_DEFAULTS.flatten_cname }))),
    virtual_network_id: Type.Optional(
      nullable(Type.String({ format: 'network-id', description: 'Stored, but has no effect.' })),
    ),
    disabled_at: ignored('When the endpoint was disabled; present while it is.'),
    healthy: ignored('Whether the endpoint is healthy; absent when that is not known.'),
    failure_reason: ignored('Why the newest check failed.'),
  },
  closed,
);

const Filter = nullable(
  Type.Object(
    {
      disable: Type.Optional(nullable(Type.Boolean())),
      healthy: Type.Optional(nullable(Type.Boolean())),
    },
    closed,
  ),
);

const fields = {
  name: Type.String({ format: 'pool-name', description: 'DNS label, unique among pools.' }),
  origins: Type.Array(Origin, { minItems: 1, maxItems: ENDPOINTS_MAX }),
  description: Type.Optional(
    nullable(Type.String({ format: 'text', maxLength: DESCRIPTION_MAX, default: POOL_DEFAULTS.description })),
  ),
  enabled: Type.Optional(nullable(Type.Boolean({ default: POOL_DEFAULTS.enabled }))),
  minimum_origins: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 0,
        maximum: ENDPOINTS_MAX,
        default: POOL_DEFAULTS.minimum_origins,
        description: 'Minimum number of healthy endpoints for the pool to be healthy.',
      }),
    ),
  ),
  monitor: Type.Optional(
    nullable(
      Type.String({ format: 'object-id', description: 'Identifier of a monitor; empty or null: none.' }),
    ),
  ),
  monitor_group: Type.Optional(
    nullable(
      Type.String({
        format: 'object-id',
        description: 'Identifier of a monitor group, instead of a monitor; empty or null: none.',
      }),
    ),
  ),
  check_regions: Type.Optional(
    nullable(Type.Array(oneOf(CHECK_REGIONS), { maxItems: CHECK_REGIONS.length, uniqueItems: true })),
  ),
  health_sources: Type.Optional(
    nullable(
      Type.Array(oneOf(['regional', 'global']), {
        maxItems: 2,
        description: 'null, or exactly ["regional", "global"].',
      }),
    ),
  ),
  latitude: Type.Optional(nullable(Type.Number({ minimum: -90, maximum: 90 }))),
  longitude: Type.Optional(nullable(Type.Number({ minimum: -180, maximum: 180 }))),
  load_shedding: Type.Optional(
    nullable(
      Type.Object(
        {
          default_percent: Type.Optional(Percent),
          default_policy: Type.Optional(nullable(oneOf(['random', 'hash', '']))),
          session_percent: Type.Optional(Percent),
          session_policy: Type.Optional(nullable(oneOf(['hash', '']))),
        },
        closed,
      ),
    ),
  ),
  origin_steering: Type.Optional(
    nullable(
      Type.Object(
        {
          policy: Type.Optional(
            nullable(oneOf(['random', 'hash', 'least_outstanding_requests', 'least_connections', ''])),
          ),
        },
        closed,
      ),
    ),
  ),
  answer_addresses_max: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 0,
        maximum: ANSWER_ADDRESSES_MAX,
        description:
          'Maximum number of addresses of a family in an answer; null or 0: what the configuration says. An extension.',
      }),
    ),
  ),
  all_down: Type.Optional(
    nullable(
      oneOf(ALL_DOWN, {
        description:
          'What the name of the pool answers when none of its members is healthy: no address (default), all enabled endpoints, or those that were healthy last. An extension.',
      }),
    ),
  ),
  notification_email: Type.Optional(
    nullable(
      Type.String({
        format: 'mailboxes',
        maxLength: MAILBOXES_MAX,
        default: POOL_DEFAULTS.notification_email,
      }),
    ),
  ),
  notification_filter: Type.Optional(
    nullable(Type.Object({ origin: Type.Optional(Filter), pool: Type.Optional(Filter) }, closed)),
  ),
  id: ignored('32 lower-case hex digits.'),
  created_on: ignored('RFC 3339.'),
  modified_on: ignored('RFC 3339.'),
  disabled_at: ignored('When the pool was disabled; present while it is.'),
  healthy: ignored('Whether the pool is healthy; absent when that is not known.'),
  networks: ignored('Never set here.'),
};

/** A whole pool as a client writes it (POST, PUT). */
export const PoolBody = Type.Object(fields, closed);
/** A body that is valid by its schema. */
export type PoolBody = Static<typeof PoolBody>;
/** An endpoint in such a body. */
export type OriginBody = Static<typeof Origin>;

/** Any part of a pool (PATCH). */
export const PoolPatch = Type.Partial(PoolBody, closed);
/** A PATCH body that is valid by its schema. */
export type PoolPatch = Static<typeof PoolPatch>;

/** The only change of many pools at once (PATCH of the list): it clears their mail addresses. */
export const PoolBulkPatch = Type.Object({ notification_email: oneOf(['']) }, closed);
