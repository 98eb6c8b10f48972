import Type, { type Static } from 'typebox';
import { OVERRIDE_ACTIONS, type OverridePhase } from '../../pool/override.ts';
import { nullable, oneOf } from '../schema/nullable.ts';

/** Characters of an owner, and of the name of a pool or an endpoint. */
export const OWNER_MAX = 255;
/** Characters of a reason. */
export const REASON_MAX = 1_024;

const PHASES = ['pending', 'active', 'ended'] as const satisfies OverridePhase[];

const fields = {
  action: oneOf(OVERRIDE_ACTIONS, {
    description:
      'in: in answers whatever the checks report; out: not in answers; maintenance: not in answers, and the pool counts as if it did not have the endpoint.',
  }),
  owner: Type.String({
    format: 'label',
    maxLength: OWNER_MAX,
    description: 'Person who can be asked about it.',
  }),
  reason: Type.String({ format: 'label', maxLength: REASON_MAX }),
};
const EndpointName = Type.String({ format: 'label', maxLength: OWNER_MAX });
const Time = Type.String({ format: 'rfc3339-time' });

/** A whole override as a client writes it (POST). */
export const OverrideBody = Type.Object(
  {
    pool: Type.String({
      format: 'label',
      maxLength: OWNER_MAX,
      description: 'Identifier or name of a pool.',
    }),
    endpoint: Type.Optional(nullable(EndpointName)),
    ...fields,
    start: Type.Optional(nullable(Time)),
    end: Type.Optional(nullable(Time)),
  },
  { additionalProperties: false },
);
/** A body that is valid by its schema. */
export type OverrideBody = Static<typeof OverrideBody>;

/** An override as the API shows it. */
export const OverrideView = Type.Object({
  id: Type.String(),
  created_on: Type.String(),
  pool_id: Type.String(),
  pool_name: Type.String(),
  endpoint: nullable(EndpointName),
  ...fields,
  start: nullable(Time),
  end: nullable(Time),
  phase: oneOf(PHASES),
});
