import Type from 'typebox';
import { type Override, phaseOf } from '../../pool/override.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { writeFields } from '../access/write-log.ts';
import type { AdminApp, AdminContext } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { invalid, type Problem } from '../http/problem.ts';
import { isCalled, storedPoolCalled } from '../pools/called.ts';
import { noEndpointWords, noPoolWords } from '../pools/no-such.ts';
import { oldestFirst } from '../resource/oldest-first.ts';
import { resourceRoutes } from '../resource/routes.ts';
import { oneOf } from '../schema/nullable.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import { OVERRIDE } from './kind.ts';
import { timeProblems } from './rules.ts';
import { OverrideBody, OverrideView } from './schema.ts';
import { endpointNamed, overrideFrom, overrideView } from './view.ts';
import { createOverride, type OverrideDraft } from './write.ts';

const LIST = '/overrides';
const TAG = 'overrides';

/** Registers the routes of overrides below the prefix of `app`. */
export function overrideRoutes(app: AdminApp, context: AdminContext): void {
  const { store, epochMs } = context;

  app.post(
    LIST,
    {
      config: { writes: 'override' },
      schema: {
        tags: [TAG],
        summary: 'Create an override',
        querystring: Type.Object({
          replace: Type.Optional(
            oneOf(['true', 'false'], { description: 'true: replace the present override of the target.' }),
          ),
        }),
        body: OverrideBody,
        response: answers(OverrideView),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const body = objectBodyOf(request);
      let poolName = '';
      const draft = async (id: string): Promise<OverrideDraft> => {
        const pool = typeof body.pool === 'string' ? await storedPoolCalled(store, body.pool) : undefined;
        const names = pool === undefined ? await poolNames(store) : [];
        const problems = bodyProblems(request, body, (whole) => [
          ...timeProblems(whole, epochMs()),
          ...targetProblems(whole, pool?.value, names),
        ]);
        if (problems.length > 0 || pool === undefined) throw invalid(problems);
        poolName = pool.value.name;
        return { override: overrideFrom(body, pool.value, id, epochMs()), poolRevision: pool.revision };
      };
      const written = await createOverride(
        store,
        draft,
        (was) => request.query.replace === 'true' || phaseOf(was, epochMs()) === 'ended',
      );
      const { value, revision } = written;
      const { id, endpoint, action, owner } = value;
      reply.log.info(
        { override: id, pool: poolName, endpoint, action, owner, revision, ...writeFields() },
        'override created',
      );
      reply.header('x-lifeguard-revision', revision);
      return success(overrideView(value, poolName, epochMs()));
    },
  );

  resourceRoutes<'override', never>(app, context, {
    kind: OVERRIDE,
    form: 'user',
    path: LIST,
    tag: TAG,
    View: OverrideView,
    views,
    logFields: async (id, override) => ({
      override: id,
      ...(override && (await logFieldsOf(store, override))),
    }),
    list: {
      query: {
        pool: Type.Optional(
          Type.String({ description: 'Only overrides of the pool with this identifier or name.' }),
        ),
      },
      all: () => oldestFirst(store, 'override'),
      selected: async (all, query) => {
        const called = query.pool as string | undefined;
        if (called === undefined) return all;
        const { documents } = await store.read();
        const found = documentsOf(documents, 'pool').find(({ value }) => isCalled(value, called));
        if (found === undefined) throw apiError('noPool', { pool: called });
        return all.filter(({ pool }) => pool === found.id);
      },
    },
    // A deleted override is over, whatever its times are.
    deletion: async (was) => ({ ...(await views([was]))[0]!, phase: 'ended' }),
    further: ['POST'],
  });

  async function views(overrides: readonly Override[]) {
    const names = await poolNamesOf(store, overrides);
    return overrides.map((each) => overrideView(each, names.get(each.pool) ?? each.pool, epochMs()));
  }
}

function targetProblems(
  { pool: called, endpoint }: Readonly<Record<string, unknown>>,
  pool: Pool | undefined,
  names: readonly string[],
): Problem[] {
  if (typeof called !== 'string') return [];
  if (pool === undefined) return [{ pointer: '/pool', rule: '', sentence: noPoolWords(names, called) }];
  if (typeof endpoint !== 'string' || endpointNamed(pool, endpoint) !== undefined) return [];
  const known = pool.endpoints.map(({ name }) => name);
  return [{ pointer: '/endpoint', rule: '', sentence: noEndpointWords(pool.name, known, endpoint) }];
}

async function poolNames(store: DocumentStore): Promise<string[]> {
  const { documents } = await store.read();
  return documentsOf(documents, 'pool').map(({ value }) => value.name);
}

/** The names of the pools of overrides, by identifier. One that was deleted at this moment, or whose record is damaged, has none. */
async function poolNamesOf(
  store: DocumentStore,
  overrides: readonly Override[],
): Promise<Map<string, string>> {
  const wanted = new Set(overrides.map(({ pool }) => pool));
  const { documents } = await store.read();
  const names = new Map<string, string>();
  for (const { id, value } of documentsOf(documents, 'pool')) if (wanted.has(id)) names.set(id, value.name);
  return names;
}

/** Returns the fields of a log line about an override. */
async function logFieldsOf(
  store: DocumentStore,
  { pool, endpoint, action, owner }: Override,
): Promise<object> {
  const name = (await store.get('pool', pool))?.value.name;
  return { pool: name ?? pool, endpoint, action, owner };
}
