import type { FastifyRequest } from 'fastify';
import type { ErrorName } from '../http/errors.ts';
import type { Problem } from '../http/problem.ts';
import { bodyProblems } from '../schema/validate.ts';

/** The errors of the properties of a record; of others it is `recordField`. */
const ERROR_OF: ReadonlyMap<string, ErrorName> = new Map(
  Object.entries({
    type: 'recordType',
    name: 'recordName',
    content: 'recordContent',
    data: 'recordContent',
    priority: 'recordContent',
    ttl: 'recordTtl',
    proxied: 'recordProxied',
  } as const),
);

/** Returns the problems that the schema finds in a body, with the errors that the reference has for them. `depth`: parts of a pointer before the property. */
export function schemaProblemsOf(request: FastifyRequest, body: object, depth = 0): Problem[] {
  return bodyProblems(request, body as Readonly<Record<string, unknown>>, () => []).map((problem) => ({
    ...problem,
    error: ERROR_OF.get(problem.pointer.split('/')[depth + 1] ?? '') ?? 'recordField',
  }));
}
