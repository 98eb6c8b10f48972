import Type from 'typebox';
import { STEP_MS, STEPS } from '../../health/time-series.ts';
import { type AdminApp, type AdminContext, allowOnly, objectIdOf, objectParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { invalid } from '../http/problem.ts';
import { nullable } from '../schema/nullable.ts';
import { timestamp } from '../schema/timestamp.ts';

const PATH = '/pools/:id/response_times';
/** The range where a request names none, milliseconds. */
const RANGE_DEFAULT_MS = 3_600_000;
/** The longest range: all that is kept. */
const RANGE_MAX_MS = STEPS * STEP_MS;

const Time = Type.String({ format: 'rfc3339-time' });
const ResponseTimesView = Type.Object({
  since: Type.String({ format: 'rfc3339-time', description: 'The minute of the first value.' }),
  until: Time,
  step_seconds: Type.Integer({ description: 'Time between two values.' }),
  endpoints: Type.Array(
    Type.Object({
      name: Type.String(),
      regions: Type.Array(
        Type.Object({
          region: Type.String(),
          times_ms: Type.Array(nullable(Type.Number()), {
            description: 'Milliseconds; null: nothing was measured, or the check failed.',
          }),
        }),
      ),
    }),
  ),
});

/** Registers the route that shows the response times of the endpoints of a pool, one a minute. */
export function responseTimesRoute(app: AdminApp, { store, health, epochMs }: AdminContext): void {
  app.get(
    PATH,
    {
      schema: {
        tags: ['pools'],
        summary: 'Show the response times of the endpoints of a pool over time',
        params: objectParams('user'),
        querystring: Type.Object({
          since: Type.Optional(
            Type.String({
              format: 'rfc3339-time',
              description: 'Default: an hour before `until`. At most 24 hours before it.',
            }),
          ),
          until: Type.Optional(Type.String({ format: 'rfc3339-time', description: 'Default: now.' })),
        }),
        response: answers(ResponseTimesView),
      },
    },
    async (request) => {
      const pool = (await store.get('pool', objectIdOf(request)))?.value;
      if (pool === undefined) throw apiError('notFound');
      const { since, until } = request.query;
      const untilMs = Math.min(until === undefined ? epochMs() : Date.parse(until), epochMs());
      const askedMs = since === undefined ? untilMs - RANGE_DEFAULT_MS : Date.parse(since);
      if (askedMs >= untilMs)
        throw invalid([{ pointer: '/since', rule: 'must be before until, and not in the future' }]);
      const fromMs = Math.floor(Math.max(askedMs, untilMs - RANGE_MAX_MS + STEP_MS) / STEP_MS) * STEP_MS;
      const count = Math.ceil((untilMs - fromMs) / STEP_MS);
      return success({
        since: timestamp(fromMs),
        until: timestamp(untilMs),
        step_seconds: STEP_MS / 1_000,
        endpoints: pool.endpoints.map((endpoint) => ({
          name: endpoint.name,
          regions: (health.responseTimes?.(pool, endpoint, fromMs, count) ?? []).map(
            ({ region, timesMs }) => ({
              region,
              times_ms: timesMs.map((each) => each && Math.round(each * 100) / 100),
            }),
          ),
        })),
      });
    },
  );
  allowOnly(app, PATH, ['GET']);
}
