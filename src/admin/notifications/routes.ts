import Type from 'typebox';
import { type AdminApp, allowOnly } from '../app.ts';
import { callOf } from '../call.ts';
import { answers, success } from '../envelope.ts';
import { apiError } from '../errors.ts';
import { oneOf } from '../nullable.ts';
import { invalid, memberPointer } from '../problem.ts';
import { checkPoolNames } from '../rights.ts';
import { objectBodyOf } from '../validate.ts';
import type { NotificationSource, TestOutcome } from './source.ts';

const TEST = '/notifications/test';
/** Seconds after which a client that was turned away may come again. */
const RETRY_AFTER_SECONDS = 15;

/** What became of a test. */
const OutcomeView = Type.Object({
  destination: Type.String({ description: '`webhook/` and its name, or `mail`.' }),
  outcome: oneOf(['delivered', 'failed', 'refused']),
  reason: Type.Optional(Type.String({ description: 'Why it was not delivered.' })),
  seconds: Type.Number({ description: 'How long it took.' }),
});

/** Registers the test of notifications. One is under way at a time: receivers are not ours to flood. */
export function notificationRoutes(app: AdminApp, { destinations, test }: NotificationSource): void {
  let isUnderWay = false;
  app.post(
    TEST,
    {
      schema: {
        tags: ['notifications'],
        summary: 'Send a test to those who are notified',
        querystring: Type.Object(
          { destination: Type.Optional(Type.String({ description: 'Only to this one.' })) },
          { additionalProperties: false },
        ),
        response: answers(Type.Array(OutcomeView)),
      },
    },
    async (request) => {
      // A destination is of no pool, so that none has its prefix.
      checkPoolNames(callOf(request).caller, [''], 'test');
      refuseFields(request.body);
      const { destination } = request.query;
      if (destination !== undefined && !destinations.includes(destination))
        throw apiError('noDestination', { destination });
      if (isUnderWay) throw apiError('testUnderWay', {}, { 'retry-after': String(RETRY_AFTER_SECONDS) });
      isUnderWay = true;
      try {
        const outcomes = await test(destination === undefined ? destinations : [destination]);
        return success(outcomes.map(outcomeView));
      } finally {
        isUnderWay = false;
      }
    },
  );
  allowOnly(app, TEST, ['POST']);
}

/** What is asked for stands in the query: a body that narrows the test would be passed over, and all be tried. */
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
