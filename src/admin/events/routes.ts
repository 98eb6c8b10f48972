import Type from 'typebox';
import { trailOf } from '../../pool/event.ts';
import { EVENTS_ALL_MAX, type Store, type StoredEvent } from '../../store/store.ts';
import { type AdminApp, type AdminContext, allowOnly } from '../app.ts';
import { type Caller, callOf } from '../call.ts';
import { answers, answersText, success } from '../envelope.ts';
import { apiError } from '../errors.ts';
import { poolCalled } from '../pools/called.ts';
import type { Shares } from '../shares.ts';
import { EventQuery, isAbout, isPicked } from './event-filter.ts';
import { createLiveEvents } from './live.ts';
import { EventPage } from './schema.ts';
import { eventView } from './view.ts';

/** Events on a page when nobody says how many; at most as many as a page of a list. */
const LIMIT_DEFAULT = 50;
/** Events read from the store at a time, at the most: the first time as many as the page has room for, then twice as many. */
const BATCH_MAX = 1_000;

/** Registers reading what happened: page by page from the newest, and live. */
export function eventRoutes(
  app: AdminApp,
  { store }: AdminContext,
  waiting: Shares,
  isStillIn: (caller: Caller) => Promise<boolean>,
): void {
  const tags = ['events'];
  const live = createLiveEvents({
    store,
    isStillIn,
    failed: (err) => app.log.error({ err }, 'live events could not be told'),
  });
  app.addHook('preClose', async () => live.stop());

  app.get(
    '/events',
    {
      schema: {
        tags,
        summary: 'List what happened, newest first',
        querystring: Type.Object({
          ...EventQuery,
          limit: Type.Optional(Type.String({ format: 'page-size' })),
          before: Type.Optional(Type.String({ maxLength: 40, description: '`next` of the page before.' })),
        }),
        response: answers(EventPage),
      },
    },
    async (request) => {
      const { limit, before, ...filter } = request.query;
      await checkPool(store, filter.pool);
      const wanted = Number(limit ?? LIMIT_DEFAULT);
      const trail = filter.kind && trailOf({ kind: filter.kind });
      const events: StoredEvent[] = [];
      let cursor = before;
      let size = Math.min(wanted + 1, BATCH_MAX);
      for (let read = 0; read < EVENTS_ALL_MAX && events.length < wanted; ) {
        const batch = await store.events(size, cursor, trail);
        events.push(...batch.filter((event) => isPicked(event, filter)));
        cursor = batch.length < size ? undefined : batch.at(-1)!.cursor;
        if (cursor === undefined) break;
        read += batch.length;
        size = Math.min(2 * size, BATCH_MAX);
      }
      const shown = events.slice(0, wanted);
      const next = events.length > wanted ? shown.at(-1)!.cursor : cursor;
      return success({ events: shown.map(eventView), next: next ?? null });
    },
  );

  app.get(
    '/events/live',
    {
      schema: {
        tags,
        summary: 'Listen to what happens',
        querystring: Type.Object(EventQuery),
        response: answersText('text/event-stream', 'Server-sent events, each as in `events`.'),
      },
      // A HEAD that is answered as a GET would listen.
      exposeHeadRoute: false,
    },
    async (request, reply) => {
      const last = request.headers['last-event-id'];
      const { caller } = callOf(request);
      await checkPool(store, request.query.pool);
      const ended = waiting.begin(caller);
      try {
        const after = await startOf(store, typeof last === 'string' ? last : undefined);
        reply.hijack();
        if (reply.raw.destroyed) return ended();
        const headers = {
          ...reply.getHeaders(),
          'content-type': 'text/event-stream',
          'x-accel-buffering': 'no',
        };
        reply.raw.writeHead(200, headers as Record<string, string>);
        reply.raw.write('retry: 1000\n\n');
        const picked = (event: StoredEvent) => isPicked(event, request.query);
        live.listen({ to: reply.raw, caller, after, picked, ended });
      } catch (error) {
        ended();
        throw error;
      }
    },
  );
  allowOnly(app, '/events', ['GET']);
  allowOnly(app, '/events/live', ['GET'], { head: false });
}

/** Throws ApiError where there is no pool called so, and none that was is told of in any event that is kept. */
async function checkPool(store: Store, called: string | undefined): Promise<void> {
  if (called === undefined || (await poolCalled(store, called)) !== undefined) return;
  let cursor: string | undefined;
  for (let read = 0; read < EVENTS_ALL_MAX; read += BATCH_MAX) {
    const batch = await store.events(BATCH_MAX, cursor);
    if (batch.some((event) => isAbout(event, called))) return;
    cursor = batch.at(-1)?.cursor;
    if (batch.length < BATCH_MAX) break;
  }
  throw apiError('noPool', { pool: called });
}

/**
 * The cursor after which a listener hears: that of the last event it has, or else the newest. It is the newest too for
 * one that no event of this store has or could precede, such as one of the store before this one; nothing would ever
 * come after it.
 */
async function startOf(
  store: Pick<Store, 'events' | 'eventsAfter'>,
  last: string | undefined,
): Promise<string | undefined> {
  const newest = (await store.events(1))[0]?.cursor;
  if (last === undefined || last === newest) return newest;
  return (await store.eventsAfter(last, 1)).length > 0 ? last : newest;
}
