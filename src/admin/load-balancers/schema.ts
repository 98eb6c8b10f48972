import Type, { type Static, type TSchema } from 'typebox';
import { CONDITION_CHARACTERS_MAX } from '../../load-balancer/condition/read.ts';
import {
  LISTED_POOLS_MAX,
  LOAD_BALANCER_TTL_MAX,
  MAPPED_CODES_MAX,
  NAMED_POOLS_MAX,
  POOL_SETS_MAX,
  PRIORITY_MAX,
  RULE_NAME_MAX,
  RULES_MAX,
  TOPOLOGY_CODES_MAX,
} from '../../load-balancer/limits.ts';
import {
  ECS_PREFERENCES,
  LOAD_BALANCER_DEFAULTS,
  LOCATION_MODES,
  STEERING_POLICIES,
} from '../../load-balancer/load-balancer.ts';
import { ANSWER_ADDRESSES_MAX } from '../../pool/pool.ts';
import { ALL_DOWN } from '../../pool/steering/all-down.ts';
import { nullable, oneOf } from '../schema/nullable.ts';

/** Maximum characters of a description. */
export const DESCRIPTION_MAX = 1_024;
/** Maximum characters of a host name as written: an international one may be longer than its A-labels' 253 octets. */
export const HOST_NAME_MAX = 1_024;
/** Maximum number of header fields of session affinity, of networks, and characters of one. */
const NAMES_MAX = 5;
const NAME_MAX = 100;

const closed = { additionalProperties: false } as const;
const optional = <T extends TSchema>(schema: T) => Type.Optional(nullable(schema));
const ignored = (description: string) =>
  Type.Optional(Type.Unknown({ readOnly: true, description: `${description} Ignored in requests.` }));
const NO_EFFECT = { description: 'Stored, but has no effect.' };

const Weight = Type.Number({ minimum: 0, maximum: 1, multipleOf: 0.01 });
const Weights = Type.Unsafe<Record<string, number>>({
  type: 'object',
  additionalProperties: Weight,
  maxProperties: NAMED_POOLS_MAX,
  description: 'Weights by identifier of the pool, 0 to 1 in steps of 0.01.',
});
const Policy = oneOf(STEERING_POLICIES, {
  description: 'Empty: geo where one of the maps names pools, else off.',
});
const FixedResponse = Type.Object(
  {
    message_body: optional(Type.String({ maxLength: 1_024 })),
    status_code: optional(Type.Integer({ minimum: 0, maximum: 999 })),
    content_type: optional(Type.String({ maxLength: 32 })),
    location: optional(Type.String({ maxLength: 2_048 })),
  },
  { ...closed, description: 'Stored, but DNS has no such answer.' },
);

const steering = {
  random_steering: optional(
    Type.Object({ default_weight: optional(Weight), pool_weights: optional(Weights) }, closed),
  ),
  location_strategy: optional(
    Type.Object(
      { mode: optional(oneOf(LOCATION_MODES)), prefer_ecs: optional(oneOf(ECS_PREFERENCES)) },
      { ...closed, description: 'What locates a client. Default: mode pop, prefer_ecs proximity.' },
    ),
  ),
  ttl: optional(
    Type.Integer({
      minimum: 0,
      maximum: LOAD_BALANCER_TTL_MAX,
      description: `TTL of answers, seconds. Absent, null or 0: ${LOAD_BALANCER_DEFAULTS.ttlSeconds}.`,
    }),
  ),
};
const inert = {
  adaptive_routing: optional(
    Type.Object({ failover_across_pools: optional(Type.Boolean()) }, { ...closed, ...NO_EFFECT }),
  ),
  session_affinity: optional(oneOf(['none', 'cookie', 'ip_cookie', 'header', ''], NO_EFFECT)),
  session_affinity_ttl: optional(Type.Integer({ minimum: 0, maximum: 604_800, ...NO_EFFECT })),
  session_affinity_attributes: optional(
    Type.Object(
      {
        samesite: optional(oneOf(['Auto', 'Lax', 'None', 'Strict'])),
        secure: optional(oneOf(['Auto', 'Always', 'Never'])),
        drain_duration: optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
        zero_downtime_failover: optional(oneOf(['none', 'temporary', 'sticky'])),
        headers: optional(
          Type.Array(Type.String({ minLength: 1, maxLength: NAME_MAX }), { maxItems: NAMES_MAX }),
        ),
        require_all_headers: optional(Type.Boolean()),
      },
      { ...closed, ...NO_EFFECT },
    ),
  ),
};
/** What Lifeguard adds to the reference. */
const extensions = {
  answer_addresses_max: optional(
    Type.Integer({
      minimum: 0,
      maximum: ANSWER_ADDRESSES_MAX,
      description:
        'Maximum number of addresses of a family in an answer; null or 0: what the pool that answers says. An extension.',
    }),
  ),
  all_down: optional(
    oneOf(ALL_DOWN, {
      description:
        'What the fallback pool answers here when none of its members is healthy: no address, all enabled endpoints (default), or those that were healthy last. An extension.',
    }),
  ),
};
/** How a body names pools: by a text, which may be empty in overrides. */
interface PoolTexts {
  readonly pool: TSchema;
  readonly poolOrNone: TSchema;
}

/** The parts of a body that name pools. */
function poolFields({ pool, poolOrNone }: PoolTexts) {
  const list = (options: object = {}) =>
    Type.Array(Type.Unsafe<string>(pool), { maxItems: LISTED_POOLS_MAX, uniqueItems: true, ...options });
  const map = (what: string) =>
    optional(
      Type.Unsafe<Record<string, string[]>>({
        type: 'object',
        additionalProperties: list(),
        maxProperties: MAPPED_CODES_MAX,
        description: `Pools in the order of preference, by ${what}.`,
      }),
    );
  return {
    list,
    maps: {
      region_pools: map('region code'),
      country_pools: map('ISO 3166-1 alpha-2 country code'),
      pop_pools: map('code of a site'),
    },
    setOverrides: {
      pools: optional(list()),
      pool_weights: optional(Weights),
      pool_default_weight: optional(Weight),
      fallback_pool: optional(Type.Unsafe<string>(poolOrNone)),
      steering_policy: optional(Policy),
    },
  };
}

const ruleOf = ({ list, maps, setOverrides }: ReturnType<typeof poolFields>) =>
  Type.Object(
    {
      name: optional(Type.String({ format: 'text', maxLength: RULE_NAME_MAX })),
      condition: optional(
        Type.String({
          maxLength: CONDITION_CHARACTERS_MAX,
          description: 'An expression; empty: every query.',
        }),
      ),
      priority: optional(
        Type.Integer({
          minimum: -PRIORITY_MAX,
          maximum: PRIORITY_MAX,
          description: 'Lower ones run first; equal ones in their order.',
        }),
      ),
      disabled: optional(Type.Boolean()),
      terminates: optional(Type.Boolean({ description: 'No rule runs after this one matched.' })),
      fixed_response: optional(FixedResponse),
      overrides: optional(
        Type.Object(
          { ...maps, ...steering, ...inert, ...setOverrides, default_pools: optional(list()) },
          closed,
        ),
      ),
    },
    closed,
  );

const Codes = (what: string) =>
  optional(Type.Array(Type.String(), { maxItems: TOPOLOGY_CODES_MAX, uniqueItems: true, description: what }));
const poolSetOf = ({ setOverrides }: ReturnType<typeof poolFields>) =>
  Type.Object(
    {
      name: optional(Type.String({ format: 'text', maxLength: RULE_NAME_MAX })),
      description: optional(Type.String({ format: 'text', maxLength: DESCRIPTION_MAX })),
      disabled: optional(Type.Boolean()),
      match: optional(
        Type.Object(
          {
            default: optional(Type.Boolean({ description: 'It matches every client.' })),
            topology: optional(
              Type.Object(
                {
                  pops: Codes('Codes of sites.'),
                  countries: Codes('ISO 3166-1 alpha-2 country codes.'),
                  regions: Codes('Region codes.'),
                },
                { ...closed, description: 'It matches where one of the lists has the code of the client.' },
              ),
            ),
          },
          { ...closed, description: 'Absent or null: it matches every client.' },
        ),
      ),
      overrides: optional(Type.Object(setOverrides, closed)),
      fixed_response: optional(FixedResponse),
    },
    closed,
  );

/** Defaults of a load balancer; null means the same. */
export const BODY_DEFAULTS = {
  description: '',
  enabled: true,
  proxied: false,
  steering_policy: '',
} as const;

/** Makes the schema of a whole load balancer whose pools are named by such texts. */
export function loadBalancerBody(texts: PoolTexts) {
  const fields = poolFields(texts);
  return Type.Object(
    {
      name: Type.String({
        maxLength: HOST_NAME_MAX,
        description:
          'Full host name in the zone, unique among load balancers. It may be the apex, and may begin with `*.`.',
      }),
      default_pools: fields.list({ description: 'In the order of preference.' }),
      fallback_pool: Type.Unsafe<string>({
        ...texts.pool,
        description: 'The pool that answers when no other can, whatever its health.',
      }),
      description: optional(
        Type.String({ format: 'text', maxLength: DESCRIPTION_MAX, default: BODY_DEFAULTS.description }),
      ),
      enabled: optional(Type.Boolean({ default: BODY_DEFAULTS.enabled })),
      proxied: optional(Type.Boolean({ default: BODY_DEFAULTS.proxied, ...NO_EFFECT })),
      steering_policy: optional(Policy),
      ...fields.maps,
      ...steering,
      ...inert,
      rules: optional(Type.Array(ruleOf(fields), { maxItems: RULES_MAX })),
      pool_sets: optional(
        Type.Array(poolSetOf(fields), {
          maxItems: POOL_SETS_MAX,
          description: 'The first one that matches is used.',
        }),
      ),
      networks: optional(
        Type.Array(Type.String({ maxLength: NAME_MAX }), { maxItems: NAMES_MAX, ...NO_EFFECT }),
      ),
      tunnel_id: optional(Type.String({ maxLength: NAME_MAX, ...NO_EFFECT })),
      ...extensions,
      id: ignored('32 lower-case hex digits.'),
      zone_name: ignored('Name of its zone.'),
      created_on: ignored('RFC 3339.'),
      modified_on: ignored('RFC 3339.'),
    },
    closed,
  );
}

/** A whole load balancer as a client writes it (POST, PUT). */
export const LoadBalancerBody = loadBalancerBody({
  pool: Type.String({ format: 'identifier' }),
  poolOrNone: Type.String({ format: 'object-id' }),
});
/** A body that is valid by its schema. */
export type LoadBalancerBody = Static<typeof LoadBalancerBody>;

/** Any part of a load balancer (PATCH). */
export const LoadBalancerPatch = Type.Partial(LoadBalancerBody, closed);

/** A load balancer as the API shows it. */
export const LoadBalancerView = Type.Object({
  ...LoadBalancerBody.properties,
  id: Type.String({ format: 'identifier' }),
  zone_name: Type.String(),
  created_on: Type.String({ format: 'rfc3339-time' }),
  modified_on: Type.String({ format: 'rfc3339-time' }),
});
