import Type from 'typebox';
import type { StoredEvent } from '../../store/contract/events.ts';
import { type AdminApp, type AdminContext, allowOnly, objectIdOf, objectParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { poolStateOf } from '../summary/pool-state.ts';
import { DISORDER_MS } from './analytics.ts';
import type { EventIndex } from './event-index.ts';
import { poolHistory } from './history.ts';
import { rangeOf } from './range.ts';

const PATH = '/pools/:id/history';
/** The range where a request names none, milliseconds. */
const RANGE_DEFAULT_MS = 86_400_000;
/** Maximum number of events that one history is made of: the newest ones. */
export const HISTORY_EVENTS_MAX = 2_000;

const Time = Type.String({ format: 'rfc3339-time' });
const Spans = Type.Array(Type.Object({ from: Time, until: Time, state: Type.String() }));
const PoolHistory = Type.Object({
  since: Type.String({
    format: 'rfc3339-time',
    description:
      'Beginning of the history: that of the range, or later, where the pool was created or the first event is kept later.',
  }),
  until: Time,
  states: Spans,
  overrides: Spans,
  endpoints: Type.Array(Type.Object({ name: Type.String(), states: Spans, overrides: Spans })),
});

/** Registers the route that shows the states of a pool and its endpoints over time, by the recorded events. */
export function historyRoute(
  app: AdminApp,
  { store, health, epochMs }: AdminContext,
  index: EventIndex,
): void {
  app.get(
    PATH,
    {
      schema: {
        tags: ['pools'],
        summary: 'Show the states of a pool and its endpoints over time',
        params: objectParams('user'),
        querystring: Type.Object({
          since: Type.Optional(
            Type.String({ format: 'rfc3339-time', description: 'Default: 24 hours before `until`.' }),
          ),
          until: Type.Optional(Type.String({ format: 'rfc3339-time', description: 'Default: now.' })),
        }),
        response: answers(PoolHistory),
      },
    },
    async (request) => {
      const id = objectIdOf(request);
      const pool = (await store.get('pool', id))?.value;
      if (pool === undefined) throw apiError('notFound');
      const { askedMs, untilMs } = rangeOf(request.query, RANGE_DEFAULT_MS, epochMs());
      const first = (await store.eventsAfter(undefined, 1, 'told'))[0]?.atMs ?? askedMs;
      const events: StoredEvent[] = [];
      let sinceMs = Math.min(untilMs, Math.max(askedMs, Date.parse(pool.createdOn), first));
      for await (const event of index.picked({ pool: id }, undefined)) {
        if (event.atMs < sinceMs - DISORDER_MS) break;
        if (events.length === HISTORY_EVENTS_MAX) {
          sinceMs = Math.max(sinceMs, events.at(-1)!.atMs);
          break;
        }
        if (event.atMs >= sinceMs && isOfHistory(event)) events.push(event);
      }
      const { view, endpoints } = poolStateOf(pool, health);
      return success(
        poolHistory({
          events: events.sort((a, b) => a.atMs - b.atMs),
          range: { sinceMs, untilMs },
          present: {
            pool: view.state,
            endpoints: new Map(endpoints.map(({ endpoint, standing }) => [endpoint.name, standing])),
          },
        }),
      );
    },
  );
  allowOnly(app, PATH, ['GET']);
}

function isOfHistory({ kind }: StoredEvent): boolean {
  return kind === 'pool' || kind === 'endpoint' || kind === 'override';
}
