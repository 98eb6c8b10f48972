import Type from 'typebox';
import { EVENTS_MAX, type StoredEvent } from '../../store/store.ts';
import { type AdminApp, type AdminContext, allowOnly } from '../app.ts';
import { answers, success } from '../envelope.ts';
import type { Waiting } from '../waiting.ts';
import { EventQuery, isPicked } from './event-filter.ts';
import { createLiveEvents } from './live.ts';
import { eventView } from './view.ts';

/** Events on a page when nobody says how many; at most as many as a page of a list. */
const LIMIT_DEFAULT = 50;
/** Events read from the store at a time. */
const BATCH = 1_000;

/** Registers reading what happened: page by page from the newest, and live. */
export function eventRoutes(app: AdminApp, { store }: AdminContext, waiting: Waiting): void {
  const tags = ['events'];
  const live = createLiveEvents(store);
  app.addHook('preClose', async () => live.stop());

  app.get(
    '/events',
    {
      schema: {
        tags,
        querystring: Type.Object({
          ...EventQuery,
          limit: Type.Optional(Type.String({ format: 'page-size' })),
          before: Type.Optional(Type.String({ maxLength: 40, description: '`next` of the page before.' })),
        }),
        response: answers(Type.Unknown()),
      },
    },
    async (request) => {
      const { limit, before, ...filter } = request.query;
      const wanted = Number(limit ?? LIMIT_DEFAULT);
      const events: StoredEvent[] = [];
      let cursor = before;
      for (let read = 0; read < EVENTS_MAX && events.length < wanted; read += BATCH) {
        const batch = await store.events(BATCH, cursor);
        events.push(...batch.filter((event) => isPicked(event, filter)));
        cursor = batch.length < BATCH ? undefined : batch.at(-1)!.cursor;
        if (cursor === undefined) break;
      }
      const shown = events.slice(0, wanted);
      const next = events.length > wanted ? shown.at(-1)!.cursor : cursor;
      return success({ events: shown.map(eventView), next: next ?? null });
    },
  );

  app.get(
    '/events/live',
    { schema: { tags, querystring: Type.Object(EventQuery), produces: ['text/event-stream'] } },
    async (request, reply) => {
      const last = request.headers['last-event-id'];
      const end = waiting.begin();
      try {
        const after = typeof last === 'string' ? last : (await store.events(1))[0]?.cursor;
        reply.hijack();
        const headers = {
          ...reply.getHeaders(),
          'content-type': 'text/event-stream',
          'x-accel-buffering': 'no',
        };
        reply.raw.writeHead(200, headers as Record<string, string>);
        reply.raw.write('retry: 1000\n\n');
        live.listen(reply.raw, after, (event) => isPicked(event, request.query), end);
      } catch (error) {
        end();
        throw error;
      }
    },
  );
  for (const path of ['/events', '/events/live']) allowOnly(app, path, ['GET']);
}
