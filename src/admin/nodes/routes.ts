import { setTimeout as sleep } from 'node:timers/promises';
import Type from 'typebox';
import type { NodeStatus } from '../../event/node-status.ts';
import { callOf } from '../access/call.ts';
import type { Shares } from '../access/shares.ts';
import { type AdminApp, type AdminContext, allowOnly } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { liveNodes } from './live-nodes.ts';
import { NodeView, RegionView, RevisionView, WorkerView } from './schema.ts';
import { nodeView, workerView } from './view.ts';

/** Longest that a request may wait for a revision, seconds. */
export const REVISION_WAIT_SECONDS_MAX = 30;
/** How often the nodes are asked meanwhile. */
const LOOK_MS = 50;

/** Registers the routes of nodes, workers and regions, and of waiting for a revision. */
export function nodeRoutes(app: AdminApp, { store }: AdminContext, waiting: Shares): void {
  const tags = ['nodes'];
  app.get(
    '/nodes',
    { schema: { tags, summary: 'List live nodes', response: answers(Type.Array(NodeView)) } },
    async () => success((await liveNodes(store)).map(nodeView)),
  );
  app.get(
    '/workers',
    { schema: { tags, summary: 'List live workers', response: answers(Type.Array(WorkerView)) } },
    async () => success((await store.workers()).map(workerView)),
  );
  app.get(
    '/regions',
    {
      schema: {
        tags,
        summary: 'List the regions of live workers',
        response: answers(Type.Array(RegionView)),
      },
    },
    async () => {
      const regions = Map.groupBy(await store.workers(), ({ region }) => region);
      const views = [...regions].map(([region, workers]) => ({ region, workers: workers.map(workerView) }));
      return success(views.sort((a, b) => (a.region < b.region ? -1 : 1)));
    },
  );

  app.get(
    '/revisions/:revision',
    {
      schema: {
        tags,
        summary: 'Show whether all live nodes serve a revision, or wait until they do',
        params: Type.Object({ revision: Type.String({ format: 'offset' }) }),
        querystring: Type.Object({
          wait: Type.Optional(
            Type.String({
              format: 'wait',
              description: `Maximum time to wait, such as 5s; ${REVISION_WAIT_SECONDS_MAX}s at most. Default: do not wait.`,
            }),
          ),
        }),
        response: answers(RevisionView),
      },
    },
    async (request) => {
      const revision = Number(request.params.revision);
      const untilMs = performance.now() + Number.parseInt(request.query.wait ?? '0', 10) * 1_000;
      const end = waiting.begin(callOf(request).caller);
      const { socket } = request.raw;
      try {
        for (;;) {
          const nodes = await liveNodes(store);
          const isBehind = (node: NodeStatus) => node.revision < revision || node.disbelief !== undefined;
          const [serving = [], behind = []] = [
            nodes.filter((each) => !isBehind(each)),
            nodes.filter(isBehind),
          ];
          const served = nodes.length > 0 && behind.length === 0;
          // A client that ended its side has gone, most likely: it holds no place of those that wait.
          const isGone = socket.destroyed || socket.readableEnded;
          if (served || performance.now() >= untilMs || isGone)
            return success({
              revision,
              served,
              nodes: nodes.length,
              serving: serving.map(nodeView),
              behind: behind.map(nodeView),
            });
          await sleep(LOOK_MS);
        }
      } finally {
        end();
      }
    },
  );
  for (const path of ['/nodes', '/workers', '/regions', '/revisions/:revision'])
    allowOnly(app, path, ['GET']);
}
