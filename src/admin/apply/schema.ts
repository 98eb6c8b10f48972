import Type, { type Static } from 'typebox';
import { DESCRIPTION_MAX, type Intervals, monitorBody } from '../monitors/schema.ts';
import { nullable } from '../nullable.ts';
import { PoolBody } from '../pools/schema.ts';

/** Monitors, and pools, of one document. */
export const LISTED_MAX = 1_000;

const { monitor: _, ...poolProperties } = PoolBody.properties;

const PoolEntry = Type.Object(
  {
    ...poolProperties,
    monitor: Type.Optional(
      nullable(
        Type.String({ maxLength: DESCRIPTION_MAX, description: 'Description, or identifier, of a monitor.' }),
      ),
    ),
  },
  { additionalProperties: false },
);
/** A pool in a document. */
export type PoolEntry = Static<typeof PoolEntry>;

/** A document of monitors and pools, as somebody wants them. */
export function wantedSchema(intervals: Intervals) {
  return Type.Object(
    {
      monitors: Type.Optional(
        Type.Array(monitorBody(intervals), {
          maxItems: LISTED_MAX,
          description: 'Each has a description of its own, by which it is known.',
        }),
      ),
      pools: Type.Optional(
        Type.Array(PoolEntry, { maxItems: LISTED_MAX, description: 'Known by their names.' }),
      ),
    },
    { additionalProperties: false },
  );
}
/** A document that kept its schema. */
export type Wanted = Static<ReturnType<typeof wantedSchema>>;
