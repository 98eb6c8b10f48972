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
  return {
    announce: async (node) => {
      const args = [node.id, JSON.stringify(node), ANNOUNCEMENT_MS, NODES_MAX];
      return connection.read(
        await connection.script(scripts.announce, both, args),
        oneOfWords('announced', 'full'),
      );
    },
    withdraw: async (id) => {
      // Who is listed must be in both, so that half of this is enough.
      await connection.command('ZREM', keys.nodeEnds, id);
      await connection.command('HDEL', keys.nodes, id);
    },
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
