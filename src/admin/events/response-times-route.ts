import Type from 'typebox';
import { STEP_MS, STEPS } from '../../health/time-series.ts';
import { type AdminApp, type AdminContext, allowOnly, objectIdOf, objectParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { nullable } from '../schema/nullable.ts';
import { timestamp } from '../schema/timestamp.ts';
import { rangeOf } from './range.ts';

const PATH = '/pools/:id/response_times';
/** The range where a request names none, milliseconds. */
const RANGE_DEFAULT_MS = 3_600_000;
/** The longest range: all that is kept. */
const RANGE_MAX_MS = STEPS * STEP_MS;
/** Maximum of values in one answer: the range of a pool with many series is shorter, so that its answer does not hold up others. */
export const VALUES_MAX = 100_000;

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
              description: `Default: an hour before \`until\`. At most 24 hours before it, and less where that were more than ${VALUES_MAX.toLocaleString('en')} values.`,
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
      const { askedMs, untilMs } = rangeOf(request.query, RANGE_DEFAULT_MS, epochMs());
      const read = (fromMs: number, count: number) =>
        pool.endpoints.map((endpoint) => ({
          name: endpoint.name,
          regions: health.responseTimes?.(pool, endpoint, fromMs, count) ?? [],
        }));
      const firstMs = Math.floor(Math.max(askedMs, untilMs - RANGE_MAX_MS + STEP_MS) / STEP_MS) * STEP_MS;
      const series = read(firstMs, 0).reduce((sum, { regions }) => sum + regions.length, 0);
      const steps = Math.ceil((untilMs - firstMs) / STEP_MS);
      const count = Math.min(steps, Math.floor(VALUES_MAX / Math.max(series, 1)));
      const fromMs = firstMs + (steps - count) * STEP_MS;
      return success({
        since: timestamp(fromMs),
        until: timestamp(untilMs),
        step_seconds: STEP_MS / 1_000,
        endpoints: read(fromMs, count).map(({ name, regions }) => ({
          name,
          regions: regions.map(({ region, timesMs }) => ({
            region,
            times_ms: timesMs.map((each) => each && Math.round(each * 100) / 100),
          })),
        })),
      });
    },
  );
  allowOnly(app, PATH, ['GET']);
}
