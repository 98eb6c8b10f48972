import type { ValidateFunction } from 'ajv';
import type { FastifySchemaValidationError } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { DOCUMENT_PATTERNS_MAX } from '../../load-balancer/limits.ts';
import { createPieces } from '../../pace/next-turn.ts';
import type { AdminApp, AdminContext } from '../app.ts';
import { type FoundProblems, gatherProblems, type Problem } from '../http/problem.ts';
import { loadBalancerProblems, patternsOfRules, prepareRules } from '../load-balancers/rules.ts';
import { groupProblems } from '../monitor-groups/rules.ts';
import { monitorProblems } from '../monitors/rules.ts';
import type { Intervals } from '../monitors/schema.ts';
import { deniedTargets, poolProblems } from '../pools/rules.ts';
import type { Fields } from '../resource/resource.ts';
import { schemaProblems } from '../schema/schema-problems.ts';
import type { KnownZone } from '../zones/known-zone.ts';
import { wantedSchema } from './schema.ts';
import { DOCUMENT_RECORDS_MAX, RecordEntry, ZoneAlone } from './zone-schema.ts';

type Across = (entry: Readonly<Record<string, unknown>>, zones: readonly KnownZone[]) => readonly Problem[];

const ZONE_OUTLINE = Type.Object(
  {
    ...ZoneAlone.properties,
    records: Type.Optional(Type.Array(Type.Unknown(), { maxItems: DOCUMENT_RECORDS_MAX })),
  },
  { additionalProperties: false },
);

const TOO_MANY_PATTERNS: Problem = {
  pointer: '/load_balancers',
  rule: '',
  sentence: `the load balancers have more than ${DOCUMENT_PATTERNS_MAX} different patterns ("matches") together; apply them in several documents`,
};

/** Finds the problems of a document, of which it keeps the first, a few entries at a time, so that a large one delays nothing else. */
export function documentChecker(
  app: AdminApp,
  intervals: Intervals,
  context: Pick<AdminContext, 'refuseTarget' | 'tlsNames' | 'bodyOctetsMax'>,
): (document: object, zones: readonly KnownZone[]) => Promise<Pick<FoundProblems, 'kept' | 'count'>> {
  const { properties } = wantedSchema(intervals);
  const compiled = (schema: TSchema) =>
    app.validatorCompiler!({ schema, method: 'POST', url: '/apply', httpPart: 'body' });
  const lists = Object.entries(properties).map(([name, list]) => ({ name, list }));
  const bare = lists.map(({ name, list }) => [name, Type.Optional({ ...list, items: {} } as TSchema)]);
  const whole = compiled(Type.Object(Object.fromEntries(bare), { additionalProperties: false }));
  const rules: Readonly<Record<string, Across>> = {
    monitors: (monitor) => monitorProblems(monitor, context),
    monitor_groups: (group) => groupProblems(group),
    pools: (pool) => [...poolProblems(pool), ...deniedTargets(pool, context.refuseTarget)],
    zones: () => [],
    load_balancers: (loadBalancer, zones) =>
      loadBalancerProblems(loadBalancer, { zone: undefined, zones }, () => true),
  };
  const entries = lists.map(({ name, list }) => ({
    name,
    // The records of a zone are checked one by one.
    validate: compiled(name === 'zones' ? ZONE_OUTLINE : (list.items as TSchema)),
    across: rules[name]!,
  }));

  const checkRecord = compiled(RecordEntry);

  return async (document, zones) => {
    const outer = problemsOf(whole, document);
    const each = gatherProblems();
    const together = gatherProblems();
    const isLong = createPieces();
    for (const { name, validate, across } of entries) {
      const list = (document as Record<string, unknown>)[name];
      if (!Array.isArray(list) || outer.some(({ pointer }) => pointer === `/${name}`)) continue;
      if (name === 'load_balancers' && (await hasTooManyPatterns(list))) {
        each.add(TOO_MANY_PATTERNS);
        continue;
      }
      for (const [i, entry] of list.entries()) {
        const rest = isLong();
        if (rest) await rest;
        const found = problemsOf(validate, entry);
        const within = (one: Problem) => ({ ...one, pointer: `/${name}/${i}${one.pointer}` });
        for (const one of found) each.add(within(one));
        if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) continue;
        const reported = new Set(found.map(({ pointer }) => pointer));
        const inner = (entry as { records?: unknown }).records;
        if (name === 'zones' && Array.isArray(inner))
          for (const [at, record] of inner.entries()) {
            const turn = isLong();
            if (turn) await turn;
            for (const one of problemsOf(checkRecord, record))
              each.add(within({ ...one, pointer: `/records/${at}${one.pointer}` }));
          }
        if (name === 'load_balancers') await prepareRules(entry);
        for (const one of across(entry, zones)) if (!reported.has(one.pointer)) together.add(within(one));
      }
    }
    return {
      kept: [...outer, ...each.kept, ...together.kept],
      count: outer.length + each.count + together.count,
    };
  };
}

/** Counts the patterns of load balancers of any types before it makes an automaton of any, which takes much longer. */
async function hasTooManyPatterns(loadBalancers: readonly unknown[]): Promise<boolean> {
  const patterns = new Set<string>();
  const isLong = createPieces();
  for (const entry of loadBalancers) {
    const rest = isLong();
    if (rest) await rest;
    if (typeof entry !== 'object' || entry === null) continue;
    for (const pattern of patternsOfRules(entry as Fields)) patterns.add(pattern);
    if (patterns.size > DOCUMENT_PATTERNS_MAX) return true;
  }
  return false;
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
