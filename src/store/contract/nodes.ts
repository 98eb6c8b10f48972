import type { NodeStatus } from '../../event/node-status.ts';

/** A node that does not announce itself again for this time is no longer live. */
export const ANNOUNCEMENT_MS = 5_000;

/** Nodes that can be live at a time. */
export const NODES_MAX = 1_000;

/** Knows which nodes are live, as they announce themselves. */
export interface NodeStore {
  /** Makes a node live for ANNOUNCEMENT_MS, as it is described; `full`: NODES_MAX others are. */
  announce(node: NodeStatus): Promise<'announced' | 'full'>;
  /** Announces a node as leaving, for the last time, so that the others know that it did not die. */
  withdraw(node: NodeStatus): Promise<void>;
  /** Announced nodes by the store's own clock, in order of their ids, with those that are leaving. */
  nodes(): Promise<readonly NodeStatus[]>;
}
