import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import {
  StoreDamaged,
  StoreNotReplicated,
  StoreRefused,
  StoreUnavailable,
  StoreUncertain,
} from '../../store/contract/failure.ts';
import { createCountedFailures } from '../../telemetry/counted-failures.ts';
import { pathOf } from '../app.ts';
import { RETRY_AFTER_SECONDS } from '../resource/write.ts';
import { requestProblems } from '../schema/validate.ts';
import { answerHeaders } from './answer-headers.ts';
import { failure } from './envelope.ts';
import { ApiError, apiError, ERRORS } from './errors.ts';
import { invalid } from './problem.ts';

/** Maximum octets of a request body. */
export const BODY_OCTETS_MAX = 1_024 * 1_024;

/** Error codes of Fastify for a path that cannot be decoded, or that has a part longer than any of ours. */
const NO_ROUTE_CODES = new Set(['FST_ERR_BAD_URL', 'FST_ERR_MAX_PARAM_LENGTH']);

/** Answers a request that ended in an error. */
type AnswerError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/**
 * Creates what answers requests that ended in an error. The details of an unexpected error go to the log only. The log has the first
 * failure of each kind, and then their number: with the store away, every request fails.
 */
export function errorAnswers(log: { error(fields: object, message: string): void }): {
  readonly answer: AnswerError;
  stop(): void;
} {
  const failures = createCountedFailures((count, reason, seconds) =>
    log.error({ count, seconds, reason }, 'More requests ended in the same error.'),
  );
  return {
    answer(error, request, reply) {
      const known = apiErrorFor(error, request);
      const { message } = known;
      // Of unexpected errors each is one of its own.
      const reason = known.errors[0]?.code === ERRORS.internal.code ? `${message} ${error}` : message;
      if (known.status >= 500)
        failures.note(reason, () => {
          const { id, method, url } = request;
          log.error({ err: error, request: id, method, path: pathOf(url) }, message);
        });
      return reply
        .code(known.status)
        .headers({ ...answerHeaders(request), ...known.headers })
        .send(failure(known.errors));
    },
    stop: failures.stop,
  };
}

/** Answers a path without a route. */
export function answerNoRoute(request: FastifyRequest): never {
  throw apiError('noRoute', { path: pathOf(request.url) });
}

function isValidation(error: unknown): error is FastifyError {
  return (error as Partial<FastifyError>).validation !== undefined;
}

function apiErrorFor(error: unknown, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  const later = { 'retry-after': String(RETRY_AFTER_SECONDS) };
  if (error instanceof StoreDamaged) return apiError('storeDamaged', { why: error.loss }, later);
  if (error instanceof StoreRefused)
    return apiError(isReading ? 'storeRefusesReads' : 'storeRefuses', { why: error.why }, later);
  if (error instanceof StoreNotReplicated)
    return apiError('notReplicated', { revision: error.revision, have: error.have, wanted: error.wanted });
  if (error instanceof StoreUncertain) return apiError('storeUnavailable', {}, later);
  if (error instanceof StoreUnavailable)
    return apiError(isReading ? 'storeUnread' : 'storeUnwritten', {}, later);
  const { code, statusCode = 500, message } = error as Partial<FastifyError>;
  if (isValidation(error)) return invalid(requestProblems(request, error));
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return apiError('bodyTooLarge', { max: request.routeOptions.bodyLimit ?? BODY_OCTETS_MAX });
  if (NO_ROUTE_CODES.has(String(code))) return apiError('noRoute', { path: pathOf(request.url) });
  if (statusCode < 500) return apiError('badRequest', { why: String(message) });
  return apiError('internal');
}
