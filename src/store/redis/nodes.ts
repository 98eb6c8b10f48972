import type { NodeStatus } from '../../pool/node-status.ts';
import { byId } from '../by-id.ts';
import { ANNOUNCEMENT_MS, NODES_MAX, type Store } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import type { Scripts } from './scripts.ts';

/** Announcements of nodes, timed by Redis' clock. Every method may throw StoreUnavailable. */
export function createNodes(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
): Pick<Store, 'announce' | 'withdraw' | 'nodes'> {
  const both = [keys.nodes, keys.nodeEnds];
  return {
    announce: async (node) => {
      const args = [node.id, JSON.stringify(node), ANNOUNCEMENT_MS, NODES_MAX];
      return (await connection.script(scripts.announce, both, args)) as 'announced' | 'full';
    },
    withdraw: async (id) => {
      // Who is listed must be in both, so that half of this is enough.
      await connection.command('ZREM', keys.nodeEnds, id);
      await connection.command('HDEL', keys.nodes, id);
    },
    nodes: async () => {
      const live = (await connection.script(scripts.nodes, both, [])) as string[];
      return live.map((text) => JSON.parse(text) as NodeStatus).sort(byId);
    },
  };
}
