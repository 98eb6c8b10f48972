import type { NodeStatus } from '../../event/node-status.ts';
import { byId } from '../by-id.ts';
import { ANNOUNCEMENT_MS, NODES_MAX, type NodeStore } from '../contract/nodes.ts';
import { parseRecord, REPORT_CHARACTERS_MAX, type SetAside, withId } from '../record/record.ts';
import { NODE_SHAPE } from '../record/report-shapes.ts';
import type { Connection } from './connection/connection.ts';
import { oneOfWords, pairsOf, texts } from './connection/reply.ts';
import type { Scripts } from './connection/scripts.ts';
import type { Keys } from './keys.ts';
import type { AsideIn } from './records.ts';

/** Announcements of nodes, timed by Redis' clock. Every method may throw StoreUnavailable. */
export function createNodes(connection: Connection, scripts: Scripts, keys: Keys, aside: AsideIn): NodeStore {
  const both = [keys.nodes, keys.nodeEnds];
  const announce = async (node: NodeStatus) => {
    const args = [node.id, JSON.stringify(node), ANNOUNCEMENT_MS, NODES_MAX];
    const answer = await connection.script(scripts.announce, both, args);
    return connection.read(answer, oneOfWords('announced', 'full'));
  };
  return {
    announce,
    withdraw: async (node) => void (await announce({ ...node, isLeaving: true })),
    nodes: async () => {
      const answer = await connection.script(scripts.nodes, both, []);
      return pairsOf(connection.read(answer, texts))
        .flatMap(([id, held]) => nodeAt(id, held, aside(keys.nodes, id)) ?? [])
        .sort(byId);
    },
  };
}

/** The node in what is kept of it; undefined: it is set aside. */
export function nodeAt(id: string, held: string, setAside: SetAside): NodeStatus | undefined {
  return withId(id, parseRecord<NodeStatus>(held, NODE_SHAPE, setAside, REPORT_CHARACTERS_MAX), setAside);
}
