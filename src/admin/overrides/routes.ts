import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { type Override, phaseOf } from '../../pool/override.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Store } from '../../store/store.ts';
import { type AdminApp, type AdminContext, allowOnly, objectIdOf, objectParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { PageQuery, pageOf } from '../http/paging.ts';
import { invalid, type Problem } from '../http/problem.ts';
import { isCalled, storedPoolCalled } from '../pools/called.ts';
import { noEndpointWords, noPoolWords } from '../pools/no-such.ts';
import { takeDocument } from '../resource/write.ts';
import { oneOf } from '../schema/nullable.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import { timeProblems } from './rules.ts';
import { OverrideBody, OverrideView } from './schema.ts';
import { endpointNamed, overrideFrom, overrideView } from './view.ts';
import { createOverride, type OverrideDraft } from './write.ts';

const LIST = '/overrides';
const ONE = `${LIST}/:id`;

/** Registers the routes of overrides below the prefix of `app`. */
export function overrideRoutes(app: AdminApp, { store, epochMs }: AdminContext): void {
  const tags = ['overrides'];

  app.post(
    LIST,
    {
      config: { writes: 'override' },
      schema: {
        tags,
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
      return answerWrite(reply, written.value, poolName, written.revision, 'override created');
    },
  );

  app.get(
    LIST,
    {
      schema: {
        tags,
        summary: 'List overrides',
        querystring: Type.Object({
          ...PageQuery,
          pool: Type.Optional(
            Type.String({ description: 'Only overrides of the pool with this identifier or name.' }),
          ),
        }),
        response: answers(Type.Array(OverrideView), 'paged'),
      },
    },
    async ({ query }) => {
      const { documents } = await store.read();
      const pools = new Map(
        documents.flatMap((each) => (each.kind === 'pool' ? [[each.id, each.value]] : [])),
      );
      const { pool: called } = query;
      const wanted = called === undefined ? undefined : pools.values().find((pool) => isCalled(pool, called));
      if (called !== undefined && wanted === undefined) throw apiError('noPool', { pool: called });
      const found = documents
        .flatMap((each) => (each.kind === 'override' ? [each.value] : []))
        .filter(({ pool }) => wanted === undefined || wanted.id === pool)
        .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
      const { items, info } = pageOf(found, query);
      return success(
        // A pool whose record is damaged may be missing.
        items.map((each) => overrideView(each, pools.get(each.pool)?.name ?? each.pool, epochMs())),
        { info },
      );
    },
  );
  allowOnly(app, LIST, ['GET', 'POST']);

  app.get(
    ONE,
    {
      schema: {
        tags,
        summary: 'Show an override',
        params: objectParams('user'),
        response: answers(OverrideView),
      },
    },
    async (request) => {
      const found = await store.get('override', objectIdOf(request));
      if (found === undefined) throw apiError('notFound');
      return success(overrideView(found.value, await nameOf(store, found.value), epochMs()));
    },
  );

  app.delete(
    ONE,
    {
      config: { writes: 'override' },
      schema: {
        tags,
        summary: 'Delete an override',
        params: objectParams('user'),
        response: answers(OverrideView),
      },
    },
    async (request, reply) => {
      const { value, revision } = await takeDocument(store, 'override', objectIdOf(request));
      const deleted = answerWrite(reply, value, await nameOf(store, value), revision, 'override deleted');
      // It decides nothing any more, whatever its times say.
      return success({ ...deleted.result, phase: 'ended' });
    },
  );
  allowOnly(app, ONE, ['GET', 'DELETE']);

  function answerWrite(
    reply: FastifyReply,
    override: Override,
    poolName: string,
    revision: number,
    what: string,
  ) {
    const { id, endpoint, action, owner } = override;
    reply.log.info({ override: id, pool: poolName, endpoint, action, owner, revision }, what);
    reply.header('x-lifeguard-revision', revision);
    return success(overrideView(override, poolName, epochMs()));
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

async function poolNames(store: Store): Promise<string[]> {
  const { documents } = await store.read();
  return documents.flatMap((each) => (each.kind === 'pool' ? [each.value.name] : []));
}

/** The name of an override's pool; its identifier, should both be deleted at this moment. */
async function nameOf(store: Store, { pool }: Override): Promise<string> {
  return (await store.get('pool', pool))?.value.name ?? pool;
}

function orderOf({ createdOn, id }: Override): string {
  return `${createdOn} ${id}`;
}
