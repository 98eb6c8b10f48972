import Type from 'typebox';
import { poolIdsNamed } from '../../load-balancer/pools-named.ts';
import type { Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { type AdminApp, allowOnly, objectIdOf, objectParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';
import { PageQuery, pageOf } from '../http/paging.ts';
import { liveNodes } from '../nodes/live-nodes.ts';
import { nodeView, workerView } from '../nodes/view.ts';
import type { ProcessState } from '../open-routes.ts';
import { oneOf } from '../schema/nullable.ts';
import { knownZones, poolsNameOf } from '../zones/known-zone.ts';
import type { ZonesContext } from '../zones/routes.ts';
import { createOverviews, type Overview } from './overview.ts';
import { type PoolState, poolStateOf } from './pool-state.ts';
import { POOL_STATES, PoolDetailsView, PoolStateView, SummaryView } from './schema.ts';
import { createSharedBodies } from './shared-body.ts';
import { alarmView } from './summary.ts';

const SUMMARY = '/summary';
const STATES = '/pools/states';
const DETAILS = '/pools/:id/state';
const SEARCH_MAX = 255;

/** What these routes need. */
type SummaryContext = Pick<ZonesContext, 'store' | 'health' | 'configured'>;

/** Registers the routes that show the state of everything at a look. */
export function summaryRoutes(app: AdminApp, context: SummaryContext, process: ProcessState): void {
  const { store, health } = context;
  const overviews = createOverviews(store, health);
  const bodies = createSharedBodies();
  app.addHook('onClose', async () => overviews.stop());
  app.get(
    SUMMARY,
    {
      schema: {
        tags: ['process'],
        summary: 'Show what is there and what is wrong, at a look',
        response: answers(SummaryView),
      },
    },
    (request, reply) =>
      bodies.send(request, reply, SUMMARY, async () => {
        const [{ summary }, nodes, workers] = await Promise.all([
          overviews.look(0),
          liveNodes(store),
          store.workers(),
        ]);
        return success({
          ...summary,
          ready: process.ready(),
          store: process.storeTrouble() ?? null,
          alarms: process.raised().map(alarmView),
          nodes: nodes.map(nodeView),
          workers: workers.map(workerView),
        });
      }),
  );
  allowOnly(app, SUMMARY, ['GET']);

  app.get(
    STATES,
    {
      schema: {
        tags: ['pools'],
        summary: 'List pools with their states',
        querystring: Type.Object({
          ...PageQuery,
          state: Type.Optional(oneOf(POOL_STATES)),
          search: Type.Optional(
            Type.String({ maxLength: SEARCH_MAX, description: 'Only pools whose name contains this.' }),
          ),
          order: Type.Optional(
            oneOf(['state', 'name'], { description: 'state (default): what needs a person comes first.' }),
          ),
        }),
        response: answers(Type.Array(PoolStateView), 'paged'),
      },
    },
    (request, reply) => {
      const { query } = request;
      return bodies.send(request, reply, `${STATES} ${JSON.stringify(query)}`, async () => {
        const seen = await overviews.look();
        const all = query.order === 'name' ? seen.poolsByName : seen.poolsByState();
        const { items, info } = pageOf(selected(all, query, seen), query);
        return success(seen.viewsOf(items), { info });
      });
    },
  );
  allowOnly(app, STATES, ['GET']);
  detailsRoute(app, context);
}

/** Returns the pools with a state, and with a text in their names; absent: with any. */
function selected(
  pools: readonly Pool[],
  { state, search = '' }: { readonly state?: PoolState['state']; readonly search?: string },
  { viewsOf }: Overview,
): readonly Pool[] {
  if (state === undefined && search === '') return pools;
  const key = poolNameKey(search);
  return pools.filter(
    (pool) =>
      poolNameKey(pool.name).includes(key) &&
      (state === undefined || viewsOf([pool]).some((view) => view.state === state)),
  );
}

/** Registers the route that shows one pool. */
function detailsRoute(app: AdminApp, { store, health, configured }: SummaryContext): void {
  app.get(
    DETAILS,
    {
      schema: {
        tags: ['pools'],
        summary: 'Show the state of a pool and its endpoints, its DNS names, and what uses it',
        params: objectParams('user'),
        response: answers(PoolDetailsView),
      },
    },
    async (request) => {
      const pool = (await store.get('pool', objectIdOf(request)))?.value;
      if (pool === undefined) throw apiError('notFound');
      const { view, endpoints } = poolStateOf(pool, health);
      const { documents } = await store.read();
      const zones = await knownZones(store, configured);
      return success({
        ...view,
        names: zones.flatMap((zone) => {
          const below = poolsNameOf(zone);
          return below === undefined ? [] : [`${poolNameKey(pool.name)}.${below}`];
        }),
        used_by: documentsOf(documents, 'load_balancer')
          .filter(({ value }) => poolIdsNamed(value).includes(pool.id))
          .map(({ id, value }) => ({ id, name: value.name })),
        members: endpoints.map(({ endpoint, standing, isAnswered, health: known }) => ({
          name: endpoint.name,
          address: endpoint.address,
          state: standing,
          answered: isAnswered && endpoint.weight > 0,
          override: known.override ?? null,
        })),
      });
    },
  );
  allowOnly(app, DETAILS, ['GET']);
}
