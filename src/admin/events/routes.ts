import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { TRAILS, type Trail, trailOf } from '../../event/event.ts';
import { escapeJson } from '../../pool/plain-text.ts';
import type { EventStore, StoredEvent } from '../../store/contract/events.ts';
import type { Presence } from '../access/admission.ts';
import { callOf } from '../access/call.ts';
import type { Shares } from '../access/shares.ts';
import { type AdminApp, type AdminContext, allowOnly } from '../app.ts';
import { answers, answersText, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { poolCalled } from '../pools/called.ts';
import { type EventFilter, EventQuery, isPicked } from './event-filter.ts';
import { createEventIndex } from './event-index.ts';
import { historyRoute } from './history-route.ts';
import { createLiveEvents } from './live.ts';
import { responseTimesRoute } from './response-times-route.ts';
import { EventPage } from './schema.ts';
import { eventView } from './view.ts';

/** Default and maximum number of events on a page. */
const LIMIT_DEFAULT = 50;
/** Octets of events after which a page ends, even below its number of events. */
export const PAGE_OCTETS = 1_048_576;
const EVENTS = '"events":[';

/** Registers the routes of events: pages from the newest, and a live stream. */
export function eventRoutes(app: AdminApp, context: AdminContext, waiting: Shares, presence: Presence): void {
  const tags = ['events'];
  const { store, epochMs } = context;
  const index = createEventIndex(store);
  const live = createLiveEvents({
    store,
    index,
    presence,
    epochMs,
    failed: (err) =>
      app.log.error({ err }, 'Cannot read new events. Listeners stay connected and get them later.'),
  });
  app.addHook('preClose', async () => live.stop());
  historyRoute(app, context, index);
  responseTimesRoute(app, context);
  /** Throws ApiError when no pool has this name, and no stored event is about a former one. */
  async function checkPool(called: string | undefined): Promise<void> {
    if (called === undefined || (await poolCalled(store, called)) !== undefined) return;
    if (!(await index.knowsPool(called))) throw apiError('noPool', { pool: called });
  }

  app.get(
    '/events',
    {
      schema: {
        tags,
        summary: 'List events, newest first',
        querystring: Type.Object({
          ...EventQuery,
          limit: Type.Optional(Type.String({ format: 'page-size' })),
          before: Type.Optional(Type.String({ maxLength: 40, description: '`next` of the previous page.' })),
        }),
        response: answers(EventPage),
      },
    },
    async (request, reply) => {
      const { limit, before, ...filter } = request.query;
      await checkPool(filter.pool);
      const wanted = Number(limit ?? LIMIT_DEFAULT);
      const shown: string[] = [];
      let octets = 0;
      let last: string | undefined;
      let next: string | undefined;
      for await (const event of index.picked(filter, before)) {
        if (shown.length === wanted || octets >= PAGE_OCTETS) {
          next = last;
          break;
        }
        const text = escapeJson(JSON.stringify(eventView(event)));
        shown.push(text);
        octets += Buffer.byteLength(text);
        last = event.cursor;
      }
      return sendPage(reply, shown, next);
    },
  );

  app.get(
    '/events/live',
    {
      schema: {
        tags,
        summary: 'Stream events as they happen',
        querystring: Type.Object({
          ...EventQuery,
          every: Type.Optional(
            Type.String({
              format: 'wait',
              description:
                'Shortest time between two deliveries, such as 1s. Events in between come together. Default: as they happen.',
            }),
          ),
        }),
        response: answersText(
          'text/event-stream',
          'Server-sent events, each as in `events`. An event `gap` comes where events are no longer stored: those after `Last-Event-ID`, or those that the client was too slow for.',
        ),
      },
      // A HEAD request must not become a listener.
      exposeHeadRoute: false,
    },
    async (request, reply) => {
      const last = request.headers['last-event-id'];
      const { caller } = callOf(request);
      await checkPool(request.query.pool);
      const ended = waiting.begin(caller);
      try {
        const known = typeof last === 'string' && last !== '' ? last : undefined;
        const after = await startOf(store, known);
        const trails = trailsOf(request.query);
        const gap = known === undefined ? undefined : await index.gapAfter(known, trails);
        reply.hijack();
        // A client that follows, and ends its side, has gone.
        const { socket } = request.raw;
        if (socket.readableEnded) reply.raw.destroy();
        else socket.once('end', () => reply.raw.destroy());
        if (reply.raw.destroyed) return ended();
        const headers = {
          ...reply.getHeaders(),
          'content-type': 'text/event-stream',
          'x-accel-buffering': 'no',
        };
        reply.raw.writeHead(200, headers as Record<string, string>);
        const { every = '0s', ...filter } = request.query;
        const picked = (event: StoredEvent) => isPicked(event, filter);
        const everyMs = 1_000 * Number.parseInt(every, 10);
        live.listen({ to: reply.raw, caller, after, gap, trails, picked, everyMs, ended });
      } catch (error) {
        ended();
        throw error;
      }
    },
  );
  allowOnly(app, '/events', ['GET']);
  allowOnly(app, '/events/live', ['GET'], { head: false });
}

/** The trails of the events that a filter may pick. */
function trailsOf({ kind, without }: EventFilter): readonly Trail[] {
  if (kind !== undefined) return [trailOf({ kind })];
  return without === 'health' || without === 'audit' ? TRAILS.filter((trail) => trail !== without) : TRAILS;
}

/** Answers with a page of events, which are JSON texts already. */
function sendPage(reply: FastifyReply, events: readonly string[], next: string | undefined): FastifyReply {
  const empty = JSON.stringify(success({ events: [], next: next ?? null }));
  const at = empty.indexOf(EVENTS) + EVENTS.length;
  reply.type('application/json; charset=utf-8');
  return reply.serializer(String).send(`${empty.slice(0, at)}${events.join(',')}${empty.slice(at)}`);
}

/**
 * Returns the cursor after which a listener gets events: that of its last event, or else of the newest event. An identifier that
 * no event of this store has or could precede, such as one of a former store, counts as the newest: nothing would ever follow it.
 */
async function startOf(
  store: Pick<EventStore, 'events' | 'eventsAfter'>,
  last: string | undefined,
): Promise<string | undefined> {
  const newest = (await store.events(1))[0]?.cursor;
  if (last === undefined || last === newest) return newest;
  return (await store.eventsAfter(last, 1)).length > 0 ? last : newest;
}
