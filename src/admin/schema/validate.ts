import type { FastifyError, FastifyRequest } from 'fastify';
import { invalid, type Problem } from '../http/problem.ts';
import { queryProblems, schemaProblems } from './schema-problems.ts';

/**
 * All that is wrong with a request body: what its schema found, and what `across` finds in fields together, which is
 * asked of `whole` (the body, or for a PATCH what would come of it). A place that its schema refused is not told twice.
 */
export function bodyProblems(
  request: FastifyRequest,
  whole: Readonly<Record<string, unknown>>,
  across: (body: Readonly<Record<string, unknown>>) => readonly Problem[],
): Problem[] {
  const found = request.validationError ? requestProblems(request, request.validationError) : [];
  const told = new Set(found.map(({ pointer }) => pointer));
  return [...found, ...across(whole).filter(({ pointer }) => !told.has(pointer))];
}

/**
 * What the schemas of a request found: Fastify stops at the part that it looks at first, so the query is looked at here
 * where the body is wrong.
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
