import Type from 'typebox';
import { ALL_DOWN } from '../../pool/steering/all-down.ts';
import { nullable, oneOf } from '../schema/nullable.ts';
import { POLICIES_SHOWN, POOL_REASONS } from './load-balancer.ts';

const Unknown = 'null: unknown.';

const Client = Type.Object({
  located_by: oneOf(['client_subnet', 'peer', 'node', 'supposition'], {
    description:
      'What located the client: its subnet in the query, the address that asks, this node, or the place that is supposed.',
  }),
  region: nullable(Type.String({ description: Unknown })),
  country: nullable(Type.String({ description: Unknown })),
  latitude: nullable(Type.Number({ description: Unknown })),
  longitude: nullable(Type.Number({ description: Unknown })),
});

const Matched = Type.Object({
  index: Type.Integer({ description: 'Its position in the load balancer, from 0.' }),
  name: nullable(Type.String()),
});

const Share = { minimum: 0, maximum: 1 };

const Pool = Type.Object({
  pool_id: Type.String(),
  pool_name: nullable(Type.String({ description: 'null: there is no such pool.' })),
  in_list: Type.Boolean({ description: 'false: it answers as the fallback pool only.' }),
  is_fallback: Type.Boolean(),
  usable: Type.Boolean({ description: 'Whether it may be chosen for this type.' }),
  why: oneOf(POOL_REASONS),
  answered_endpoints: Type.Integer({ description: 'Number of its endpoints that answers may hold.' }),
  minimum_origins: Type.Integer(),
  weight: nullable(Type.Number({ description: 'null: the policy has no weights.' })),
  distance_km: nullable(
    Type.Integer({
      description: 'From the client. null: the policy is not proximity, or one of the places is unknown.',
    }),
  ),
  rtt_ms: nullable(
    Type.Number({
      description:
        "Average time of its checks from the client's region, milliseconds. null: the policy is not dynamic_latency, or nothing is measured.",
    }),
  ),
  shed_percent: Type.Number({ description: 'Share of its queries that load shedding moves away.' }),
  shed_by: nullable(oneOf(['draw', 'hash'], { description: 'null: it sheds nothing.' })),
  sheds: Type.Number({ ...Share, description: 'Probability that it moves a query of this client away.' }),
  share: Type.Number({ ...Share, description: 'Probability that it answers this query.' }),
  answer_is: oneOf(['one_of', 'all_of'], {
    description: 'one_of: drawn by weight, or chosen by the address of the client.',
  }),
  addresses: Type.Array(Type.Object({ address: Type.String(), weight: Type.Number() }), {
    description: 'What it answers here; empty where its share is 0.',
  }),
});

/** How a load balancer steers the query; null: none does. */
export const LoadBalancerSteers = nullable(
  Type.Object(
    {
      id: Type.String(),
      name: Type.String(),
      zone: Type.String(),
      policy: oneOf(POLICIES_SHOWN, { description: 'The policy that took effect.' }),
      ttl: Type.Integer({ description: 'Seconds; members may shorten it.' }),
      client: Client,
      pool_set: nullable(Matched),
      rules: Type.Array(Matched, { description: 'Rules that matched, in the order in which they ran.' }),
      list: oneOf(['pop', 'country', 'region', 'default'], { description: 'Which list of pools was taken.' }),
      list_code: nullable(Type.String({ description: 'Its code; null: the default list was taken.' })),
      fallback: Type.Boolean({
        description: 'No pool of the list is usable, so the fallback pool answers whatever its health.',
      }),
      all_down: nullable(
        oneOf(ALL_DOWN, {
          description:
            'What the fallback pool answers without a healthy endpoint; null: it has one, or does not answer.',
        }),
      ),
      nodata: Type.Boolean({ description: 'The pool set answers that there is no address.' }),
      pools: Type.Array(Pool, {
        description: 'The list in the order of preference, then the fallback pool if it is not in the list.',
      }),
    },
    { description: 'How a load balancer chooses the pool for this query. null: there is none at this name.' },
  ),
);
