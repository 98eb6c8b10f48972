import Type from 'typebox';
import { callOf } from '../access/call.ts';
import { checkPoolNames } from '../access/rights.ts';
import { createShares } from '../access/shares.ts';
import { type AdminApp, allowOnly } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { invalid, memberPointer } from '../http/problem.ts';
import { oneOf } from '../schema/nullable.ts';
import { objectBodyOf } from '../schema/validate.ts';
import type { NotificationSource, TestOutcome } from './source.ts';

const TEST = '/notifications/test';

/** The outcome of a test. */
const OutcomeView = Type.Object({
  destination: Type.String({ description: '`webhook/<name>` or `mail`.' }),
  outcome: oneOf(['delivered', 'failed', 'refused']),
  reason: Type.Optional(Type.String({ description: 'Why it was not delivered.' })),
  seconds: Type.Number({ description: 'Time that it took, in seconds.' }),
});

/** Maximum number of tests at a time: one, so that nobody floods receivers, and another with an admin token. */
const TESTS = {
  what: 'tests',
  total: 2,
  perToken: 1,
  reserved: 1,
  error: 'testUnderWay',
  retrySeconds: 15,
} as const;

/** Registers the route that tests notifications. */
export function notificationRoutes(app: AdminApp, source: NotificationSource): void {
  const shares = createShares(TESTS);
  app.post(
    TEST,
    {
      schema: {
        tags: ['notifications'],
        summary: 'Send a test notification to each destination',
        querystring: Type.Object(
          {
            destination: Type.Optional(
              Type.String({ description: 'Only this destination: `webhook/<name>` or `mail`.' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: answers(Type.Array(OutcomeView)),
      },
    },
    async (request) => {
      // A destination has no pool, so a token with a prefix may not test it.
      const { caller } = callOf(request);
      checkPoolNames(caller, [''], 'test');
      refuseFields(request.body);
      const { destination } = request.query;
      const { destinations, test } = source;
      if (destination !== undefined && !destinations.includes(destination))
        throw apiError('noDestination', { destination });
      const end = shares.begin(caller);
      try {
        const outcomes = await test(destination === undefined ? destinations : [destination]);
        return success(outcomes.map(outcomeView));
      } finally {
        end();
      }
    },
  );
  allowOnly(app, TEST, ['POST']);
}

/** Refuses a body: the destination belongs in the query, and a body that names one would be ignored and test all. */
function refuseFields(body: unknown): void {
  if (body === undefined) return;
  const keys = Object.keys(objectBodyOf({ body }));
  if (keys.length === 0) return;
  throw invalid(keys.map((key) => ({ pointer: memberPointer('', key), rule: 'is not a known field' })));
}

function outcomeView({ destination, attempt, tookMs }: TestOutcome) {
  const reason = attempt.kind === 'delivered' ? {} : { reason: attempt.reason };
  return { destination, outcome: attempt.kind, ...reason, seconds: Math.round(tookMs) / 1_000 };
}
