import Type from 'typebox';
import { ADDRESSES_PROBED_MAX } from '../../check/outcome.ts';
import { OverrideView } from '../overrides/schema.ts';
import { mapOf } from '../pools/view-schema.ts';
import { nullable, oneOf } from '../schema/nullable.ts';

const Time = Type.String({ format: 'rfc3339-time' });
const Verdict = nullable(Type.Boolean({ description: 'null: not known.' }));

const AddressSaid = Type.Object({
  address: Type.String(),
  healthy: Type.Boolean(),
  last_ok: Type.Boolean(),
  streak: Type.Integer(),
  reason: Type.String(),
  detail: nullable(Type.String()),
  fault: nullable(Type.String({ description: 'Why it is unable to probe it: it has no vote on it then.' })),
  response_code: Type.Integer(),
  rtt_ms: Type.Number(),
});

const WorkerSays = Type.Object({
  worker: Type.String(),
  live: Type.Boolean(),
  before_absence: Type.Boolean({
    description: 'Found before it was away: it does not count until its next result.',
  }),
  healthy: Type.Boolean(),
  last_ok: Type.Boolean(),
  streak: Type.Integer({ description: 'Results like the last one in a row.' }),
  reason: Type.String(),
  detail: nullable(Type.String({ description: 'What exactly was wrong, where the reason leaves it open.' })),
  fault: nullable(Type.String({ description: 'Why it is unable to make the check: it has no vote then.' })),
  response_code: Type.Integer(),
  rtt_ms: Type.Number(),
  addresses: nullable(
    Type.Array(AddressSaid, { description: 'Of a host name: what it found at each of its addresses.' }),
  ),
  addresses_kept: nullable(
    Type.Object(
      { since: Time, why: Type.String({ description: 'What went wrong with the lookup.' }) },
      {
        description:
          'No DNS server tells the addresses, or some: the last known ones, of then, are probed. null: they were told.',
      },
    ),
  ),
  since: Time,
  checked_at: Time,
  age_seconds: Type.Number(),
});

const MonitorSays = Type.Object({
  monitor_id: Type.String(),
  monitoring_only: Type.Boolean(),
  must_be_healthy: Type.Boolean(),
  healthy: Verdict,
  stale_seconds: nullable(
    Type.Number({ description: 'Nobody has reported for so long; null: somebody does.' }),
  ),
  held_out_seconds: nullable(Type.Number({ description: 'It flaps, and is out for so long yet.' })),
  regions: Type.Array(
    Type.Object({
      region: Type.String(),
      counts: Type.Boolean({ description: 'Whether check_regions let it.' }),
      held_back: Type.Boolean({ description: 'A mass failure that waits to be confirmed.' }),
      healthy: Verdict,
      workers: Type.Array(WorkerSays),
    }),
  ),
});

const EndpointExplained = Type.Object({
  name: Type.String(),
  address: Type.String(),
  resolved_to: nullable(Type.Array(Type.String(), { description: 'Of a host name.' })),
  addresses: nullable(
    Type.Array(
      Type.Object({
        address: Type.String(),
        in: Type.Boolean({ description: 'Whether it is answered to a question for its family.' }),
        healthy: Verdict,
      }),
      { description: 'Of a host name: its addresses that are probed, each with what its checks come to.' },
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
    description: 'What they come to, whatever was decided in their place.',
  }),
  stale: Type.Boolean(),
  turning: Type.Boolean({
    description: 'Its newest results are on the way to turn it, and shorten the TTL.',
  }),
  recovered: Type.Number({ description: 'What it has of its weight again, since it came back; 1: all.' }),
  override: nullable(OverrideView),
  no_results: nullable(
    Type.String({
      description:
        'That no result is kept, since the pool or the endpoint was disabled, and the last verdict; null: results are there, or there is another reason.',
    }),
  ),
  monitors: Type.Array(MonitorSays),
});

/** Why a name is answered as it is. */
export const Explained = Type.Object({
  name: Type.String(),
  type: oneOf(['A', 'AAAA']),
  revision: Type.Integer(),
  generation: Type.Integer(),
  rcode: nullable(Type.String({ description: 'Of the answer; null: silence.' })),
  answer: Type.Array(Type.String(), {
    description:
      'What is answered now, or with what_if would be: aliases, then addresses; of a pool with weights the likeliest.',
  }),
  window: nullable(
    Type.Object(
      { records: Type.Integer(), of: Type.Integer() },
      {
        description:
          'Resolvers refuse sets of many records: each answer holds so many of them, a window that moves from answer to answer. null: an answer holds all.',
      },
    ),
  ),
  loop: nullable(
    Type.Array(Type.String(), {
      description:
        'Aliases that lead back to themselves, in order, so that nothing is found; null: they end.',
    }),
  ),
  hint: nullable(
    Type.String({
      description: 'What to ask for instead, where nothing is at the name; null: something is.',
    }),
  ),
  what_if: mapOf(oneOf(['healthy', 'unhealthy']), 'What was supposed, by endpoint.'),
  pools: Type.Array(
    Type.Object({
      pool_id: Type.String(),
      pool_name: Type.String(),
      zone: Type.String(),
      enabled: Type.Boolean(),
      healthy: Verdict,
      minimum_origins: Type.Integer(),
      answer_is: oneOf(['one_of', 'all_of'], { description: 'one_of: drawn by weight.' }),
      addresses: Type.Array(Type.Object({ address: Type.String(), weight: Type.Number() })),
      endpoints: Type.Array(EndpointExplained),
    }),
  ),
});
