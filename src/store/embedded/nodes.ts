import type { NodeStatus } from '../../event/node-status.ts';
import { byId } from '../by-id.ts';
import { ANNOUNCEMENT_MS, NODES_MAX, type NodeStore } from '../contract/nodes.ts';

/** The nodes of this process: they live in memory, as long as it does. `now` must not jump. */
export function createNodes(monotonicMs: () => number): NodeStore {
  const live = new Map<string, { node: NodeStatus; endsAtMs: number }>();
  const forgetEnded = () => {
    const at = monotonicMs();
    for (const [id, { endsAtMs }] of live) if (endsAtMs <= at) live.delete(id);
  };
  return {
    announce: async (node) => {
      forgetEnded();
      if (!live.has(node.id) && live.size >= NODES_MAX) return 'full';
      live.set(node.id, { node: structuredClone(node), endsAtMs: monotonicMs() + ANNOUNCEMENT_MS });
      return 'announced';
    },
    withdraw: async (node) => {
      const left = {
        node: { ...structuredClone(node), isLeaving: true },
        endsAtMs: monotonicMs() + ANNOUNCEMENT_MS,
      };
      if (live.has(node.id)) live.set(node.id, left);
    },
    nodes: async () => {
      forgetEnded();
      return [...live.values()].map(({ node }) => structuredClone(node)).sort(byId);
    },
  };
}
