import type { FastifyRequest } from 'fastify';
import { invalid, type Problem } from './problem.ts';
import { schemaProblems } from './schema-problems.ts';

/**
 * All that is wrong with a request body: what its schema found, and what `across` finds in fields together, which is
 * asked of `whole` (the body, or for a PATCH what would come of it). A place that its schema refused is not told twice.
 */
export function bodyProblems(
  request: Pick<FastifyRequest, 'validationError'>,
  whole: Readonly<Record<string, unknown>>,
  across: (body: Readonly<Record<string, unknown>>) => readonly Problem[],
): Problem[] {
  const found = schemaProblems(request.validationError?.validation ?? []);
  const told = new Set(found.map(({ pointer }) => pointer));
  return [...found, ...across(whole).filter(({ pointer }) => !told.has(pointer))];
}

/** A request's body. Throws ApiError when it is no object, as all bodies are: there is nothing more to say of it then. */
export function objectBodyOf<T>({ body }: { readonly body: T }): T & object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw invalid([{ pointer: '', rule: 'must be an object' }]);
}
