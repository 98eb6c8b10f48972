import Type, { type Static } from 'typebox';
import { loadBalancerBody } from '../load-balancers/schema.ts';
import { GroupBody, MEMBERS_MAX } from '../monitor-groups/schema.ts';
import { DESCRIPTION_MAX, type Intervals, monitorBody } from '../monitors/schema.ts';
import { PoolBody } from '../pools/schema.ts';
import { nullable } from '../schema/nullable.ts';
import { DOCUMENT_ZONES_MAX, ZoneEntry } from './zone-schema.ts';

/** Maximum number of monitors, of groups, of pools and of load balancers in one document. */
export const LISTED_MAX = 10_000;

/** Characters of the name of a pool, which is a DNS label (RFC 1035 §2.3.4), and more than an identifier has. */
const POOL_TEXT_MAX = 63;

const closed = { additionalProperties: false } as const;

const ownId = (kind: string) =>
  Type.Optional(
    Type.String({
      format: 'identifier',
      description: `Identifier; needed where its description is empty or not unique for a ${kind}.`,
    }),
  );
const called = (kind: string) =>
  Type.String({ maxLength: DESCRIPTION_MAX, description: `Description, or identifier, of a ${kind}.` });

const PoolEntry = Type.Object(
  {
    ...PoolBody.properties,
    monitor: Type.Optional(nullable(called('monitor'))),
    monitor_group: Type.Optional(nullable(called('monitor group'))),
  },
  closed,
);

const GroupEntry = Type.Object(
  {
    ...GroupBody.properties,
    id: ownId('group'),
    members: Type.Array(
      Type.Object(
        { ...GroupBody.properties.members.items.properties, monitor_id: called('monitor') },
        closed,
      ),
      { minItems: 1, maxItems: MEMBERS_MAX },
    ),
  },
  closed,
);

const LoadBalancerEntry = loadBalancerBody({
  pool: Type.String({
    minLength: 1,
    maxLength: POOL_TEXT_MAX,
    description: 'Name, or identifier, of a pool.',
  }),
  poolOrNone: Type.String({ maxLength: POOL_TEXT_MAX, description: 'Name, or identifier, of a pool.' }),
});

/** A document with the wanted monitors, groups, zones, pools and load balancers. */
export function wantedSchema(intervals: Intervals) {
  const MonitorEntry = Type.Object({ ...monitorBody(intervals).properties, id: ownId('monitor') }, closed);
  const listed = { maxItems: LISTED_MAX };
  return Type.Object(
    {
      monitors: Type.Optional(
        Type.Array(MonitorEntry, { ...listed, description: 'Identified by description or identifier.' }),
      ),
      monitor_groups: Type.Optional(
        Type.Array(GroupEntry, { ...listed, description: 'Identified by description or identifier.' }),
      ),
      zones: Type.Optional(
        Type.Array(ZoneEntry, { maxItems: DOCUMENT_ZONES_MAX, description: 'Identified by name.' }),
      ),
      pools: Type.Optional(Type.Array(PoolEntry, { ...listed, description: 'Identified by name.' })),
      load_balancers: Type.Optional(
        Type.Array(LoadBalancerEntry, { ...listed, description: 'Identified by name, with pools by name.' }),
      ),
    },
    closed,
  );
}
/** A document that is valid by its schema. */
export type Wanted = Static<ReturnType<typeof wantedSchema>>;
