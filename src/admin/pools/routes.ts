import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { createPieces } from '../../pace/next-turn.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Store } from '../../store/store.ts';
import {
  type AdminApp,
  type AdminContext,
  allowOnly,
  listParams,
  objectIdOf,
  objectParams,
  type PathForm,
} from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { PER_PAGE_DEFAULT } from '../http/page-size.ts';
import { type PageInfo, PageQuery, pageOf } from '../http/paging.ts';
import { invalid, type Problem } from '../http/problem.ts';
import { sendTexts } from '../http/text-list.ts';
import { ReferenceList, referenceTo } from '../resource/reference.ts';
import {
  createDocument,
  danglingReferences,
  updateDocument,
  updateDocuments,
  type Written,
} from '../resource/write.ts';
import { timestamp } from '../schema/timestamp.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import { troubleMessages } from '../trouble-message.ts';
import { allPools, byName } from './all-pools.ts';
import { poolBodyOf, poolOf } from './body.ts';
import { deletePool } from './delete.ts';
import { poolHealthView, whyNoHealth } from './health-view.ts';
import { poolDraft, poolReferences } from './kind.ts';
import { poolMessages } from './messages.ts';
import { deniedTargets, poolProblems } from './rules.ts';
import { PoolBody, PoolBulkPatch, PoolPatch } from './schema.ts';
import { poolText, poolView } from './view.ts';
import { PoolHealthView, PoolView } from './view-schema.ts';

const LIST = '/load_balancers/pools';
const ONE = `${LIST}/:id`;

/** Registers the routes of pools below the prefix of `app`. */
export function poolRoutes(
  app: AdminApp,
  { store, health, refuseTarget, epochMs }: AdminContext,
  form: PathForm,
): void {
  const tags = ['pools'];
  const problemsOf = (body: Readonly<Record<string, unknown>>) => [
    ...poolProblems(body),
    ...deniedTargets(body, refuseTarget),
  ];
  const view = (pool: Pool) => poolView(pool, health);
  const answerWrite = (reply: FastifyReply, { value, revision }: Written<'pool'>, what: string) => {
    reply.log.info({ pool: value.id, name: value.name, revision }, what);
    reply.header('x-lifeguard-revision', revision);
    return success(view(value), { messages: poolMessages(value) });
  };

  app.post(
    LIST,
    {
      schema: {
        tags,
        summary: 'Create a pool',
        params: listParams(form),
        body: PoolBody,
        response: answers(PoolView),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const body = objectBodyOf(request);
      await refuse(store, bodyProblems(request, body, problemsOf), body);
      const written = await createDocument(store, 'pool', (id) => poolDraft(poolOf(body, id, epochMs())));
      return answerWrite(reply, written, 'pool created');
    },
  );

  app.get(
    LIST,
    {
      schema: {
        tags,
        summary: 'List pools',
        params: listParams(form),
        querystring: Type.Object({
          ...PageQuery,
          monitor: Type.Optional(Type.String({ description: 'Only pools with this monitor.' })),
        }),
        response: answers(Type.Array(PoolView), 'paged'),
      },
    },
    async (request, reply) => {
      const { monitor } = request.query;
      const all = await allPools(store);
      const pools = monitor === undefined ? all : all.filter((pool) => pool.monitor === monitor);
      const { items, info } = pageOf(pools, request.query);
      const texts: string[] = [];
      const isLong = createPieces();
      for (const pool of items) {
        texts.push(poolText(pool, health));
        const rest = isLong();
        if (rest) await rest;
      }
      return sendTexts(reply, texts, info);
    },
  );

  app.patch(
    LIST,
    {
      schema: {
        tags,
        summary: 'Clear notification_email of a page of pools',
        params: listParams(form),
        querystring: Type.Object(PageQuery),
        body: PoolBulkPatch,
        response: answers(Type.Array(PoolView), 'paged'),
      },
    },
    async (request, reply) => {
      // A request without a page must not change all pools.
      const { limit = PER_PAGE_DEFAULT, ...rest } = request.query;
      const query = { limit: String(limit), ...rest };
      let info: PageInfo | undefined;
      const { values, revision } = await updateDocuments(
        store,
        'pool',
        (all) => {
          const page = pageOf(all.sort(byName), query);
          info = page.info;
          return page.items;
        },
        (was) => poolDraft({ ...was, notificationEmail: '', modifiedOn: timestamp(epochMs()) }),
      );
      if (revision !== undefined) {
        reply.log.info({ pools: values.length, revision }, 'mail addresses of pools cleared');
        reply.header('x-lifeguard-revision', revision);
      }
      return success(values.map(view), info && { info });
    },
  );
  allowOnly(app, LIST, ['GET', 'POST', 'PATCH']);

  app.get(
    ONE,
    { schema: { tags, summary: 'Show a pool', params: objectParams(form), response: answers(PoolView) } },
    async (request) => success(view(await poolBy(store, objectIdOf(request)))),
  );

  app.put(
    ONE,
    {
      schema: {
        tags,
        summary: 'Replace a pool',
        params: objectParams(form),
        body: PoolBody,
        response: answers(PoolView),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const id = objectIdOf(request);
      const written = await updateDocument(store, 'pool', id, async (was) => {
        const body = objectBodyOf(request);
        await refuse(store, bodyProblems(request, body, problemsOf), body);
        return poolDraft(poolOf(body, id, epochMs(), was));
      });
      return answerWrite(reply, written, 'pool replaced');
    },
  );

  app.patch(
    ONE,
    {
      schema: {
        tags,
        summary: 'Change a pool',
        params: objectParams(form),
        body: PoolPatch,
        response: answers(PoolView),
      },
      attachValidation: true,
    },
    async (request, reply) => {
      const id = objectIdOf(request);
      const written = await updateDocument(store, 'pool', id, async (was) => {
        const patch = objectBodyOf(request);
        const body = { ...poolBodyOf(was), ...patch };
        // A denied address that is stored already may stay, so that the rest can be changed.
        const problems = bodyProblems(request, body, (whole) => [
          ...poolProblems(whole),
          ...deniedTargets(patch, refuseTarget),
        ]);
        await refuse(store, problems, body);
        return poolDraft(poolOf(body, id, epochMs(), was));
      });
      return answerWrite(reply, written, 'pool changed');
    },
  );

  app.delete(
    ONE,
    {
      schema: {
        tags,
        summary: 'Delete a pool',
        params: objectParams(form),
        response: answers(Type.Object({ id: Type.String() })),
      },
    },
    async (request, reply) => {
      const id = objectIdOf(request);
      const revision = await deletePool(store, id);
      reply.log.info({ pool: id, revision }, 'pool deleted');
      reply.header('x-lifeguard-revision', revision);
      return success({ id });
    },
  );
  allowOnly(app, ONE, ['GET', 'PUT', 'PATCH', 'DELETE']);

  app.get(
    `${ONE}/health`,
    {
      schema: {
        tags,
        summary: 'Show the results of a pool in each region',
        params: objectParams(form),
        response: answers(PoolHealthView),
      },
    },
    async (request) => {
      const pool = await poolBy(store, objectIdOf(request));
      const found = await poolHealthView(pool, health);
      if (found === undefined)
        throw apiError('healthUnavailable', { why: await whyNoHealth(pool, health, epochMs()) });
      return success(found, { messages: troubleMessages(health.trouble?.(pool) ?? []) });
    },
  );
  allowOnly(app, `${ONE}/health`, ['GET']);

  app.get(
    `${ONE}/references`,
    {
      schema: {
        tags,
        summary: 'List what a pool uses',
        params: objectParams(form),
        response: answers(ReferenceList),
      },
    },
    async (request) => {
      const pool = await poolBy(store, objectIdOf(request));
      const { monitor, monitorGroup } = pool;
      const found = await Promise.all(
        poolReferences(monitor, monitorGroup).map(({ to }) => store.get(to.kind, to.id)),
      );
      return success(found.flatMap((each) => (each ? [referenceTo('referral', each)] : [])));
    },
  );
  allowOnly(app, `${ONE}/references`, ['GET']);
}

async function poolBy(store: Store, id: string): Promise<Pool> {
  const found = await store.get('pool', id);
  if (found === undefined) throw apiError('notFound');
  return found.value;
}

/** Throws the problems, if there are any, and with them a monitor or group that does not exist. */
async function refuse(
  store: Store,
  problems: readonly Problem[],
  body: { monitor?: unknown; monitor_group?: unknown },
): Promise<void> {
  if (problems.length === 0) return;
  const reported = new Set(problems.map(({ pointer }) => pointer));
  const unreported = poolReferences(body.monitor, body.monitor_group).filter(
    ({ pointer }) => !reported.has(pointer),
  );
  throw invalid([...problems, ...(await danglingReferences(store, unreported))]);
}
