import Type from 'typebox';
import { poolNameKey } from '../../pool/pool-name.ts';
import { type AdminApp, type AdminContext, allowOnly } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { PageQuery, pageOf } from '../http/paging.ts';
import { liveNodes } from '../nodes/live-nodes.ts';
import { nodeView, workerView } from '../nodes/view.ts';
import type { ProcessState } from '../open-routes.ts';
import { oneOf } from '../schema/nullable.ts';
import { createOverviews } from './overview.ts';
import { POOL_STATES, PoolStateView, SummaryView } from './schema.ts';
import { alarmView } from './summary.ts';

const SUMMARY = '/summary';
const STATES = '/pools/states';
const SEARCH_MAX = 255;

/** Registers the routes that show the state of everything at a look. */
export function summaryRoutes(app: AdminApp, { store, health }: AdminContext, process: ProcessState): void {
  const overview = createOverviews(store, health);
  app.get(
    SUMMARY,
    {
      schema: {
        tags: ['process'],
        summary: 'Show what is there and what is wrong, at a look',
        response: answers(SummaryView),
      },
    },
    async () => {
      const [seen, nodes, workers] = await Promise.all([overview(), liveNodes(store), store.workers()]);
      const { pools_by_name: _, pools_by_state: __, ...rest } = seen;
      return success({
        ...rest,
        ready: process.ready(),
        store: process.storeTrouble() ?? null,
        alarms: process.raised().map(alarmView),
        nodes: nodes.map(nodeView),
        workers: workers.map(workerView),
      });
    },
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
    async ({ query }) => {
      const { pools_by_name: byName, pools_by_state: byState } = await overview();
      const key = poolNameKey(query.search ?? '');
      const wanted = (query.order === 'name' ? byName : byState).filter(
        ({ name, state }) =>
          (query.state === undefined || state === query.state) && poolNameKey(name).includes(key),
      );
      const { items, info } = pageOf(wanted, query);
      return success(items, { info });
    },
  );
  allowOnly(app, STATES, ['GET']);
}
