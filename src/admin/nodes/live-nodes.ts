import type { NodeStatus } from '../../event/node-status.ts';
import type { NodeStore } from '../../store/contract/nodes.ts';

/** Returns the nodes that answer. A node that leaves need serve nothing any more. */
export async function liveNodes(store: Pick<NodeStore, 'nodes'>): Promise<NodeStatus[]> {
  return (await store.nodes()).filter(({ isLeaving }) => isLeaving !== true);
}
