import type { NodeStore } from '../../store/contract/nodes.ts';
import type { Alarms } from '../alarm/alarms.ts';
import { createNodesLog } from '../alarm/nodes-log.ts';

/** Time between two readings of the announced nodes, milliseconds. */
export const NODES_INTERVAL_MS = 1_000;

/** Starts to watch all nodes of the store, for alarms of the node `own` about those that are lost or differ. Call the returned function to end that. */
export function watchNodes(store: Pick<NodeStore, 'nodes'>, alarms: Alarms, own: string): () => void {
  const log = createNodesLog(alarms, own, () => performance.now());
  let isReading = false;
  let isStopped = false;

  async function read(): Promise<void> {
    if (isReading) return;
    isReading = true;
    try {
      const nodes = await store.nodes();
      if (!isStopped) log.look(nodes);
    } catch {
      // The store is away, which the follower logs.
    } finally {
      isReading = false;
    }
  }

  const timer = setInterval(() => void read(), NODES_INTERVAL_MS);
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}
