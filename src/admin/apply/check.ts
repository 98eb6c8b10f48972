import type { ValidateFunction } from 'ajv';
import type { FastifySchemaValidationError } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { createPieces } from '../../pace/next-turn.ts';
import type { AdminApp, AdminContext } from '../app.ts';
import type { Problem } from '../http/problem.ts';
import { groupProblems } from '../monitor-groups/rules.ts';
import { monitorProblems } from '../monitors/rules.ts';
import type { Intervals } from '../monitors/schema.ts';
import { deniedTargets, poolProblems } from '../pools/rules.ts';
import { schemaProblems } from '../schema/schema-problems.ts';
import { wantedSchema } from './schema.ts';

type Across = (entry: Readonly<Record<string, unknown>>) => readonly Problem[];

/** Finds all problems of a document, a few entries at a time, so that a large one delays nothing else. */
export function documentChecker(
  app: AdminApp,
  intervals: Intervals,
  context: Pick<AdminContext, 'refuseTarget' | 'tlsNames' | 'bodyOctetsMax'>,
): (document: object) => Promise<Problem[]> {
  const { properties } = wantedSchema(intervals);
  const compiled = (schema: TSchema) =>
    app.validatorCompiler!({ schema, method: 'POST', url: '/apply', httpPart: 'body' });
  const lists = Object.entries(properties).map(([name, list]) => ({ name, list }));
  const bare = lists.map(({ name, list }) => [name, Type.Optional({ ...list, items: {} } as TSchema)]);
  const whole = compiled(Type.Object(Object.fromEntries(bare), { additionalProperties: false }));
  const rules: Readonly<Record<string, Across>> = {
    monitors: (monitor) => monitorProblems(monitor, context),
    monitor_groups: groupProblems,
    pools: (pool) => [...poolProblems(pool), ...deniedTargets(pool, context.refuseTarget)],
  };
  const entries = lists.map(({ name, list }) => ({
    name,
    validate: compiled(list.items as TSchema),
    across: rules[name]!,
  }));

  return async (document) => {
    const problems = problemsOf(whole, document);
    const together: Problem[] = [];
    const isLong = createPieces();
    for (const { name, validate, across } of entries) {
      const list = (document as Record<string, unknown>)[name];
      if (!Array.isArray(list) || problems.some(({ pointer }) => pointer === `/${name}`)) continue;
      for (const [i, entry] of list.entries()) {
        const rest = isLong();
        if (rest) await rest;
        const found = problemsOf(validate, entry);
        const reported = new Set(found.map(({ pointer }) => pointer));
        const isMapping = typeof entry === 'object' && entry !== null && !Array.isArray(entry);
        const within = (each: Problem) => ({ ...each, pointer: `/${name}/${i}${each.pointer}` });
        problems.push(...found.map(within));
        if (isMapping)
          together.push(
            ...across(entry)
              .filter(({ pointer }) => !reported.has(pointer))
              .map(within),
          );
      }
    }
    return [...problems, ...together];
  };
}

function problemsOf(
  validate: ReturnType<NonNullable<AdminApp['validatorCompiler']>>,
  value: unknown,
): Problem[] {
  if (validate(value) === true) return [];
  return schemaProblems(
    (validate as Pick<ValidateFunction, 'errors'>).errors as FastifySchemaValidationError[],
  );
}
