import Type from 'typebox';
import { ADDRESSES_PROBED_MAX } from '../../check/outcome.ts';
import { OverrideView } from '../overrides/schema.ts';
import { mapOf } from '../pools/view-schema.ts';
import { nullable, oneOf } from '../schema/nullable.ts';
import { LoadBalancerSteers } from './load-balancer-schema.ts';

const Time = Type.String({ format: 'rfc3339-time' });
const Verdict = nullable(Type.Boolean({ description: 'null: unknown.' }));

const AddressSaid = Type.Object({
  address: Type.String(),
  healthy: Type.Boolean(),
  last_ok: Type.Boolean(),
  streak: Type.Integer(),
  reason: Type.String(),
  detail: nullable(Type.String()),
  fault: nullable(
    Type.String({ description: 'Why it cannot probe the address. It has no vote on it then.' }),
  ),
  response_code: Type.Integer(),
  rtt_ms: Type.Number(),
});

const WorkerSays = Type.Object({
  worker: Type.String(),
  live: Type.Boolean(),
  before_absence: Type.Boolean({
    description: 'From before an absence of the worker: it does not count until the next result.',
  }),
  healthy: Type.Boolean(),
  last_ok: Type.Boolean(),
  streak: Type.Integer({ description: 'Number of equal results in a row, up to the last one.' }),
  reason: Type.String(),
  detail: nullable(Type.String({ description: 'Details, where the reason is general.' })),
  fault: nullable(Type.String({ description: 'Why it cannot run the check. It has no vote then.' })),
  response_code: Type.Integer(),
  rtt_ms: Type.Number(),
  addresses: nullable(Type.Array(AddressSaid, { description: 'Results by address of a host name.' })),
  addresses_kept: nullable(
    Type.Object(
      { since: Time, why: Type.String({ description: 'Why the lookup failed.' }) },
      {
        description:
          'Since when the last known addresses are probed, because DNS fails for all or some. null: DNS works.',
      },
    ),
  ),
  since: Time,
  checked_at: Time,
  ended_at: nullable(
    Type.String({
      format: 'rfc3339-time',
      description:
        'When the check ended, because the pool or the endpoint was disabled or the monitor removed: this is its last result. null: it goes on.',
    }),
  ),
  age_seconds: Type.Number(),
});

const MonitorResults = Type.Object({
  monitor_id: Type.String(),
  runs: Type.Boolean({ description: 'false: it no longer runs for the pool. Its last results are shown.' }),
  monitoring_only: Type.Boolean(),
  must_be_healthy: Type.Boolean(),
  healthy: Verdict,
  stale_seconds: nullable(
    Type.Number({ description: 'Seconds since the last live worker; null: a worker is live.' }),
  ),
  held_out_seconds: nullable(
    Type.Number({ description: 'Seconds for which damping still keeps it out, because it flaps.' }),
  ),
  regions: Type.Array(
    Type.Object({
      region: Type.String(),
      counts: Type.Boolean({ description: 'Whether check_regions of the pool allows this region.' }),
      held_back: Type.Boolean({
        description: 'Kept in answers in a mass failure, until the next check fails as well.',
      }),
      healthy: Verdict,
      workers: Type.Array(WorkerSays),
    }),
  ),
});

const EndpointExplained = Type.Object({
  name: Type.String(),
  address: Type.String(),
  resolved_to: nullable(Type.Array(Type.String(), { description: 'Addresses of a host name.' })),
  addresses: nullable(
    Type.Array(
      Type.Object({
        address: Type.String(),
        in: Type.Boolean({ description: 'Whether it is in answers for its family.' }),
        healthy: Verdict,
      }),
      { description: 'The probed addresses of a host name, each with its verdict.' },
    ),
  ),
  unprobed_addresses: Type.Integer({
    description: `Addresses of a host name beyond the ${ADDRESSES_PROBED_MAX} that are probed. They are not answered.`,
  }),
  in: Type.Boolean({ description: 'Whether it is in the answer.' }),
  why: oneOf([
    'pool_disabled',
    'endpoint_disabled',
    'weight_zero',
    'override',
    'healthy',
    'all_down',
    'unhealthy',
    'unknown',
    'unmonitored',
    'unresolved',
    'other_family',
    'addresses_unhealthy',
  ]),
  enabled: Type.Boolean(),
  weight: Type.Number(),
  checks: oneOf(['healthy', 'unhealthy', 'unknown', 'unmonitored', 'disabled'], {
    description: 'The verdict of the checks, without overrides.',
  }),
  stale: Type.Boolean(),
  turning: Type.Boolean({
    description: 'Its newest results may change its verdict soon, and shorten the TTL.',
  }),
  recovered: Type.Number({
    description: 'Share of its weight that it has reached since it returned; 1: all.',
  }),
  override: nullable(OverrideView),
  no_results: nullable(
    Type.String({
      description:
        'Says that there are no results, because the pool or the endpoint was disabled, with the last verdict; null: there are results, or there is another reason.',
    }),
  ),
  monitors: Type.Array(MonitorResults),
});

const SectionRecords = Type.Array(
  Type.Object({
    name: Type.String(),
    ttl: Type.Integer(),
    type: Type.String(),
    content: Type.String({ description: 'The rdata in presentation form.' }),
  }),
);

/** The explanation of an answer. */
export const Explained = Type.Object({
  name: Type.String(),
  type: Type.String(),
  revision: Type.Integer(),
  generation: Type.Integer(),
  rcode: nullable(Type.String({ description: 'Response code of the answer; null: no answer.' })),
  answer: Type.Array(Type.String(), {
    description:
      'The present answer, or with what_if the assumed one: aliases, then addresses; of a pool with weights the likeliest.',
  }),
  sections: nullable(
    Type.Object(
      { answer: SectionRecords, authority: SectionRecords, additional: SectionRecords },
      { description: 'The records of the present answer, by section. null: no answer, or a supposed one.' },
    ),
  ),
  why: Type.Array(Type.String(), {
    description:
      'Sentences that say why, in the order of what happens: aliases, wildcards, what is at the last name.',
  }),
  scope: nullable(
    Type.Integer({
      description:
        'Bits of the client subnet that the answer is for (RFC 7871); null: the query has no client subnet, or something is supposed.',
    }),
  ),
  window: nullable(
    Type.Object(
      { records: Type.Integer(), of: Type.Integer() },
      {
        description:
          'Each answer has a window of this many records, which differs from answer to answer. null: an answer has all.',
      },
    ),
  ),
  flattened: Type.Array(Type.String(), {
    description:
      'Names that an alias leads to, in order, in whose place the addresses of the last one are answered.',
  }),
  loop: nullable(
    Type.Array(Type.String(), {
      description:
        'Aliases that form a loop, in order, so that resolvers find nothing; null: there is no loop.',
    }),
  ),
  hint: nullable(
    Type.String({
      description:
        'The names to ask for instead, where the name does not exist; null: it exists, or there is none to suggest.',
    }),
  ),
  what_if: mapOf(oneOf(['healthy', 'unhealthy']), 'What was supposed, by endpoint.'),
  what_if_pools: mapOf(oneOf(['healthy', 'unhealthy']), 'What was supposed, by pool.'),
  what_if_place: nullable(
    Type.String({ description: 'Where the client was supposed to be; null: nothing was supposed of that.' }),
  ),
  load_balancer: LoadBalancerSteers,
  disabled_load_balancer: nullable(
    Type.String({
      description: 'Name of a load balancer that is disabled, so that records answer at its name.',
    }),
  ),
  pools: Type.Array(
    Type.Object({
      pool_id: Type.String(),
      pool_name: Type.String(),
      zone: Type.String(),
      enabled: Type.Boolean(),
      healthy: Verdict,
      minimum_origins: Type.Integer(),
      all_down: nullable(
        oneOf(['all', 'last_healthy'], {
          description:
            'No member is healthy, and the answer has all enabled endpoints, or those that were healthy last; null: it has the healthy ones, or nothing.',
        }),
      ),
      answer_is: oneOf(['one_of', 'all_of'], {
        description: 'one_of: drawn by weight, or chosen by the address of the client.',
      }),
      addresses: Type.Array(Type.Object({ address: Type.String(), weight: Type.Number() })),
      endpoints: Type.Array(EndpointExplained),
    }),
  ),
});
