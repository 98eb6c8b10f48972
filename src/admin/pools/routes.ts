import Type from 'typebox';
import { createPieces } from '../../pace/next-turn.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { writeFields } from '../access/write-log.ts';
import {
  type AdminApp,
  type AdminContext,
  allowOnly,
  listParams,
  objectIdOf,
  objectParams,
  type PathForm,
} from '../app.ts';
import type { PoolHealthSource } from '../health-source.ts';
import { answers, success } from '../http/envelope.ts';
import { ApiError, apiError } from '../http/errors.ts';
import { PER_PAGE_DEFAULT } from '../http/page-size.ts';
import { type PageInfo, PageQuery, pageOf } from '../http/paging.ts';
import type { Problem } from '../http/problem.ts';
import { isLocated, losesCoordinates } from '../load-balancers/coordinates.ts';
import { resourceRoutes } from '../resource/routes.ts';
import { updateDocuments } from '../resource/write.ts';
import { timestamp } from '../schema/timestamp.ts';
import { troubleMessages } from '../trouble-message.ts';
import { allPools, byName } from './all-pools.ts';
import { poolBodyOf, poolOf } from './body.ts';
import { poolHealthView, whyNoHealth } from './health-view.ts';
import { POOL, poolDraft, poolReferences } from './kind.ts';
import { poolMessages } from './messages.ts';
import { deniedTargets, poolProblems } from './rules.ts';
import { PoolBody, PoolBulkPatch, PoolPatch } from './schema.ts';
import { poolText, poolView } from './view.ts';
import { PoolHealthView, PoolView } from './view-schema.ts';

const LIST = '/load_balancers/pools';
const ONE = `${LIST}/:id`;
const TAG = 'pools';

/** Registers the routes of pools below the prefix of `app`. */
export function poolRoutes(app: AdminApp, context: AdminContext, form: PathForm): void {
  const { store, health, refuseTarget } = context;
  resourceRoutes<'pool', PoolBody>(app, context, {
    kind: POOL,
    form,
    path: LIST,
    tag: TAG,
    View: PoolView,
    views: (pools) => pools.map((pool) => poolView(pool, health)),
    logFields: (id, pool) => ({ pool: id, ...(pool && { name: pool.name }) }),
    list: {
      query: { monitor: Type.Optional(Type.String({ description: 'Only pools with this monitor.' })) },
      all: () => allPools(store),
      selected: (all, { monitor }) =>
        monitor === undefined ? all : all.filter((pool) => pool.monitor === monitor),
      texts: (pools) => poolTexts(pools, health),
    },
    writing: {
      Body: PoolBody,
      Patch: PoolPatch,
      merged: (was, patch) => ({ ...poolBodyOf(was), ...patch }),
      // A denied address that is stored already may stay, so that the rest can be changed.
      problems: async (whole, given, was) => [
        ...poolProblems(whole),
        ...deniedTargets(given, refuseTarget),
        ...(was === undefined || isLocated(whole) ? [] : await lostCoordinates(store, was)),
      ],
      references: ({ monitor, monitor_group: group }) => poolReferences(monitor, group),
      draft: (body, { id, epochMs, was }) => poolDraft(poolOf(body, id, epochMs, was)),
      messages: poolMessages,
    },
    deletion: 'identifier',
    references: 'List what uses a pool, and what it uses',
    further: ['PATCH'],
  });
  bulkRoute(app, context, form);
  healthRoute(app, context, form);
}

/** Finds the load balancers that would still compare the distance of a pool without its coordinates. */
async function lostCoordinates(store: Pick<DocumentStore, 'read'>, was: Pool): Promise<Problem[]> {
  // A pool that never had any is used by none of them.
  if (!isLocated(was)) return [];
  const { documents } = await store.read();
  return losesCoordinates(
    was.id,
    documentsOf(documents, 'load_balancer').map(({ value }) => value),
  );
}

/** Formats pools as JSON texts, a few at a time. */
async function poolTexts(pools: readonly Pool[], health: PoolHealthSource): Promise<string[]> {
  const texts: string[] = [];
  const isLong = createPieces();
  for (const pool of pools) {
    texts.push(poolText(pool, health));
    const rest = isLong();
    if (rest) await rest;
  }
  return texts;
}

/** Registers the route that changes a page of pools. */
function bulkRoute(app: AdminApp, { store, health, epochMs }: AdminContext, form: PathForm): void {
  app.patch(
    LIST,
    {
      config: { writes: 'pool' },
      schema: {
        tags: [TAG],
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
        reply.log.info(
          { pools: values.length, revision, ...writeFields() },
          'mail addresses of pools cleared',
        );
        reply.header('x-lifeguard-revision', revision);
      }
      return success(
        values.map((pool) => poolView(pool, health)),
        info && { info },
      );
    },
  );
}

/** Registers the route that shows the results of a pool. */
function healthRoute(app: AdminApp, { store, health, epochMs }: AdminContext, form: PathForm): void {
  app.get(
    `${ONE}/health`,
    {
      schema: {
        tags: [TAG],
        summary: 'Show the results of a pool in each region',
        params: objectParams(form),
        response: answers(PoolHealthView),
      },
    },
    async (request) => {
      const stored = await store.get('pool', objectIdOf(request));
      if (stored === undefined) throw apiError('notFound');
      const pool = stored.value;
      const found = await poolHealthView(pool, health);
      if (found === undefined) {
        const [why, ...trouble] = await whyNoHealth(pool, health, epochMs());
        const { status, errors } = apiError('healthUnavailable', { why });
        throw new ApiError(status, [...errors, ...trouble.map((message) => ({ ...errors[0]!, message }))]);
      }
      return success(found, { messages: troubleMessages(health.trouble?.(pool) ?? []) });
    },
  );
  allowOnly(app, `${ONE}/health`, ['GET']);
}
