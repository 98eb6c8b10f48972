import type { FastifyError, FastifyRequest } from 'fastify';
import { invalid, type Problem } from '../http/problem.ts';
import { queryProblems, schemaProblems } from './schema-problems.ts';

/**
 * Returns all problems of a request body: those of its schema, and those that `across` finds between fields of `whole` (the body, or
 * the result of a PATCH). A place with a problem of the schema gets no second one.
 */
export function bodyProblems(
  request: FastifyRequest,
  whole: Readonly<Record<string, unknown>>,
  across: (body: Readonly<Record<string, unknown>>) => readonly Problem[],
): Problem[] {
  const found = request.validationError ? requestProblems(request, request.validationError) : [];
  const reported = new Set(found.map(({ pointer }) => pointer));
  return [...found, ...across(whole).filter(({ pointer }) => !reported.has(pointer))];
}

/**
 * Returns the problems that the schemas of a request find. Fastify stops at the first part with a problem, so this checks the query
 * as well when the body is wrong.
 */
export function requestProblems(
  request: FastifyRequest,
  {
    validation,
    validationContext,
  }: { readonly validation?: FastifyError['validation']; readonly validationContext?: string },
): Problem[] {
  const isOfQuery = validationContext === 'querystring';
  const found = (isOfQuery ? queryProblems : schemaProblems)(validation ?? []);
  const ofQuery = validationContext === 'body' ? request.getValidationFunction('querystring') : undefined;
  if (ofQuery === undefined || ofQuery(request.query) === true) return found;
  return [...found, ...queryProblems(ofQuery.errors ?? [])];
}

/** Returns the body of a request. Throws ApiError unless it is an object, as every body must be. */
export function objectBodyOf<T>({ body }: { readonly body: T }): T & object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw invalid([{ pointer: '', rule: 'must be an object' }]);
}
