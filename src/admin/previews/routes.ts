import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Monitor } from '../../check/monitor.ts';
import type { Override } from '../../pool/override.ts';
import type { Pool } from '../../pool/pool.ts';
import type { StoredDocument } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import type { Store } from '../../store/store.ts';
import { callOf } from '../access/call.ts';
import { checkPoolNames } from '../access/rights.ts';
import {
  type AdminApp,
  type AdminContext,
  allowOnly,
  objectIdOf,
  objectParams,
  type PathForm,
} from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { invalid, type Problem } from '../http/problem.ts';
import { monitorOf, patchedMonitorBody } from '../monitors/body.ts';
import { monitorProblems } from '../monitors/rules.ts';
import { monitorBody } from '../monitors/schema.ts';
import { Healthy, mapOf, OriginResults } from '../pools/view-schema.ts';
import { usesOf } from '../resource/kinds.ts';
import { newObjectId } from '../schema/object-id.ts';
import { bodyProblems, objectBodyOf } from '../schema/validate.ts';
import { troubleMessages } from '../trouble-message.ts';
import { previewView } from './view.ts';

/** Endpoints one preview may probe. */
export const PREVIEW_ENDPOINTS_MAX = 1_000;
/** Seconds after which a client may try again when too many previews are stored. */
const RETRY_SECONDS = 60;

const POOL = '/load_balancers/pools/:id/preview';
const MONITOR = '/load_balancers/monitors/:id/preview';
const ONE = '/load_balancers/preview/:id';

const Begun = Type.Object({
  preview_id: Type.String(),
  pools: Type.Record(Type.String(), Type.String(), { description: 'Names of pools, by their identifiers.' }),
});

const PreviewView = mapOf(
  Type.Object({ healthy: Healthy, origins: OriginResults }),
  'By identifier of the pool; those that are not done yet are missing.',
);

/** Registers the routes of previews below the prefix of `app`. */
export function previewRoutes(app: AdminApp, context: AdminContext, form: PathForm): void {
  const { store, health, intervals, epochMs } = context;
  const problemsOf = (body: Readonly<Record<string, unknown>>) => monitorProblems(body, context);
  const tags = ['previews'];
  const schema = {
    tags,
    params: objectParams(form),
    body: monitorBody(intervals),
    response: answers(Begun),
  };
  const version = () => ({ id: newObjectId(), epochMs: epochMs(), intervals });
  const begin = async (reply: FastifyReply, monitor: Monitor, pools: readonly Pool[]) => {
    const id = newObjectId();
    const overrides = await overridesOf(store, pools);
    const { caller } = callOf(reply.request);
    const asker = { id: caller.id, isAdmin: caller.scope === 'admin' };
    const kept = await store.requestPreview({ id, monitor, pools, overrides }, asker);
    if (kept !== 'kept') {
      const whose = kept === 'full' ? ' in all' : ' of this token';
      throw apiError('tooManyPreviews', { whose }, { 'retry-after': String(RETRY_SECONDS) });
    }
    reply.log.info({ preview: id, pools: pools.length }, 'preview begun');
    const names = pools.map((pool) => [pool.id, pool.name] as const);
    return success({ preview_id: id, pools: Object.fromEntries(names) }, { messages: troubles() });
  };
  /** Says why no worker can run a preview soon. */
  const troubles = () => troubleMessages([health.previewTrouble?.() ?? []].flat());

  app.post(
    POOL,
    {
      config: { writes: 'pool' },
      schema: { ...schema, summary: 'Try a monitor on a pool' },
      attachValidation: true,
    },
    async (request, reply) => {
      const pool = await store.get('pool', objectIdOf(request));
      if (pool === undefined) throw apiError('notFound');
      mayTry(request, [pool.value]);
      const body = objectBodyOf(request);
      refuse(bodyProblems(request, body, problemsOf));
      return begin(reply, monitorOf(body, version()), [pool.value]);
    },
  );
  allowOnly(app, POOL, ['POST']);

  app.post(
    MONITOR,
    { schema: { ...schema, summary: 'Try a monitor on the pools that use it' }, attachValidation: true },
    async (request, reply) => {
      const id = objectIdOf(request);
      const was = await store.get('monitor', id);
      if (was === undefined) throw apiError('notFound');
      const body = patchedMonitorBody(was.value, objectBodyOf(request));
      refuse(bodyProblems(request, body, problemsOf));
      const pools = await poolsWith(store, id);
      mayTry(request, pools);
      const endpoints = pools.reduce((sum, pool) => sum + pool.endpoints.length, 0);
      if (endpoints > PREVIEW_ENDPOINTS_MAX) refuse([tooWide(endpoints)]);
      return begin(reply, monitorOf(body, version()), pools);
    },
  );
  allowOnly(app, MONITOR, ['POST']);

  app.get(
    ONE,
    {
      schema: {
        tags,
        summary: 'Show the results of a preview so far',
        params: objectParams(form),
        response: answers(PreviewView),
      },
    },
    async (request) => {
      const found = await store.preview(objectIdOf(request));
      if (found === undefined) throw apiError('notFound');
      return success(previewView(found), { messages: troubles() });
    },
  );
  allowOnly(app, ONE, ['GET']);
}

/** Throws ApiError where a token may not make workers probe the endpoints of these pools. */
function mayTry(request: FastifyRequest, pools: readonly Pool[]): void {
  const names = pools.map(({ name }) => name);
  checkPoolNames(callOf(request).caller, names, 'try monitors on');
}

/** The pools that use a monitor, by themselves or by their group. */
async function poolsWith(store: Store, monitor: string): Promise<Pool[]> {
  const { documents } = await store.read();
  const uses = (document: StoredDocument, id: string) => usesOf(document).some((used) => used.id === id);
  const groups = documentsOf(documents, 'monitor_group').filter((group) => uses(group, monitor));
  const wanted = [monitor, ...groups.map(({ id }) => id)];
  return documentsOf(documents, 'pool').flatMap((pool) =>
    wanted.some((id) => uses(pool, id)) ? [pool.value] : [],
  );
}

async function overridesOf(store: Store, pools: readonly Pool[]): Promise<Override[]> {
  const wanted = new Set(pools.map(({ id }) => id));
  const { documents } = await store.read();
  return documentsOf(documents, 'override').flatMap(({ value }) => (wanted.has(value.pool) ? [value] : []));
}

function tooWide(endpoints: number): Problem {
  const sentence = `The pools of this monitor have ${endpoints} endpoints, but a preview probes ${PREVIEW_ENDPOINTS_MAX} at most.`;
  return { pointer: '', rule: '', sentence };
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw invalid(problems);
}
