import Type, { type TSchema } from 'typebox';
import { FAILURE_REASONS } from '../../check/outcome.ts';
import { oneOf } from '../schema/nullable.ts';
import { PoolBody } from './schema.ts';

const { items: Origin } = PoolBody.properties.origins;
const FailureReason = oneOf(FAILURE_REASONS);
/** The health of a pool. */
export const Healthy = Type.Optional(Type.Boolean({ description: 'Absent while it is unknown.' }));

/** A pool as the API shows it. */
export const PoolView = Type.Object({
  ...PoolBody.properties,
  id: Type.String({ format: 'identifier' }),
  created_on: Type.String({ format: 'rfc3339-time' }),
  modified_on: Type.String({ format: 'rfc3339-time' }),
  disabled_at: Type.Optional(
    Type.String({ format: 'rfc3339-time', description: 'Present while it is disabled.' }),
  ),
  healthy: Healthy,
  origins: Type.Array(
    Type.Object({
      ...Origin.properties,
      disabled_at: Type.Optional(
        Type.String({ format: 'rfc3339-time', description: 'Present while it is disabled.' }),
      ),
      healthy: Type.Optional(Type.Boolean({ description: 'Absent while it is unknown.' })),
      failure_reason: Type.Optional(FailureReason),
    }),
  ),
});

const result = {
  healthy: Type.Boolean(),
  rtt: Type.String({ description: 'Duration in the format of Go, such as 12.5ms.' }),
  failure_reason: FailureReason,
  failure_detail: Type.Optional(Type.String({ description: 'Details of the reason. An extension.' })),
  response_code: Type.Integer(),
};

/** A list of maps from one address to its result. */
export const OriginResults = Type.Array(
  mapOf(
    Type.Object({
      ...result,
      addresses: Type.Optional(
        Type.Array(Type.Object({ address: Type.String(), ...result }), {
          description:
            'Of a host name: what was found at each of its addresses. It is healthy when one is. An extension.',
        }),
      ),
    }),
    'By address.',
  ),
);

/** The results of a pool by region. */
export const PoolHealthView = Type.Object({
  pool_id: Type.String(),
  pop_health: mapOf(Type.Object({ healthy: Healthy, origins: OriginResults }), 'By region.'),
});

/** Makes the schema of a map from any key to values of `schema`. */
export function mapOf(schema: TSchema, description: string): TSchema {
  return Type.Unsafe({ type: 'object', additionalProperties: schema, description });
}
