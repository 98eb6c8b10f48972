import { setImmediate as turn } from 'node:timers/promises';
import Type from 'typebox';
import type { EventStore, StoredEvent } from '../../store/contract/events.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { createShares, sharing } from '../access/shares.ts';
import { type AdminApp, type AdminContext, allowOnly } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { oneOf } from '../schema/nullable.ts';
import { type AnalyticsFilter, newestAskedFor } from './analytics.ts';

const PATH = '/load_balancing_analytics/events';
/** Maximum number of events in an answer: the newest ones. */
export const ANALYTICS_EVENTS_MAX = 1_000;
/** Events that are read at a time. */
const READ_AT_ONCE = 250;
/** Maximum number of such answers at a time. */
const READ = { what: 'analytics of events', total: 6, perToken: 2, reserved: 2 };
const NAME_MAX = 255;

const Time = Type.Optional(Type.String({ format: 'rfc3339-time' }));
const Flag = Type.Optional(oneOf(['true', 'false']));
const Name = Type.Optional(Type.String({ maxLength: NAME_MAX }));
const Events = Type.Array(
  Type.Object({
    id: Type.Integer(),
    timestamp: Type.String({ format: 'rfc3339-time' }),
    pool: Type.Object({
      id: Type.String(),
      name: Type.String(),
      healthy: Type.Boolean(),
      changed: Type.Boolean(),
      minimum_origins: Type.Integer({ description: '0 of a pool that is gone.' }),
    }),
    origins: Type.Array(
      Type.Object({
        name: Type.String(),
        address: Type.String(),
        ip: Type.String({ description: 'Empty of a host name.' }),
        enabled: Type.Boolean(),
        healthy: Type.Boolean(),
        failure_reason: Type.String(),
        changed: Type.Boolean(),
      }),
    ),
  }),
);

/** Registers the events of pools and endpoints in the form of the reference, which has them below the user. */
export function analyticsRoute(
  app: AdminApp,
  { store, health }: Pick<AdminContext, 'store' | 'health'>,
): void {
  app.get(
    PATH,
    {
      onRequest: sharing(createShares(READ)),
      schema: {
        tags: ['events'],
        summary: 'List transitions of pools and endpoints as the reference does',
        querystring: Type.Object({
          since: Time,
          until: Time,
          origin_healthy: Flag,
          pool_healthy: Flag,
          origin_name: Name,
          pool_name: Name,
          identifier: Type.Optional(
            Type.String({ maxLength: NAME_MAX, description: 'Identifier of a pool.' }),
          ),
        }),
        response: answers(Events),
      },
    },
    async ({ query }) => {
      const { documents } = await store.read();
      const pools = new Map(documentsOf(documents, 'pool').map(({ id, value }) => [id, value]));
      const poolOf = (id: string) => {
        const pool = pools.get(id);
        return pool && { pool, healthy: health.of(pool).healthy };
      };
      return success(
        await newestAskedFor(toldEvents(store), poolOf, query as AnalyticsFilter, ANALYTICS_EVENTS_MAX),
      );
    },
  );
  allowOnly(app, PATH, ['GET']);
}

/** Pages of what the leading node recorded, newest first; between two of them the event loop does other work. */
async function* toldEvents(store: Pick<EventStore, 'events'>): AsyncGenerator<readonly StoredEvent[]> {
  for (let before: string | undefined; ; ) {
    const page = await store.events(READ_AT_ONCE, before, 'told');
    yield page;
    if (page.length < READ_AT_ONCE) return;
    before = page.at(-1)!.cursor;
    await turn();
  }
}
