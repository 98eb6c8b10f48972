import type { ConfigurationDigests, NodeStatus } from '../../event/node-status.ts';
import type { Alarms } from './alarms.ts';

/** Time for which a server may be missing, as while the store restarts, before it counts as lost, milliseconds. */
export const NODE_GRACE_MS = 5_000;
/** Time after which a lost server is no alarm any more, milliseconds: by then it was replaced, or is not wanted. */
export const NODE_MISSED_MS = 3_600_000;
/** Time for which servers may differ, as while one after the other is restarted, before it is an alarm, milliseconds. */
export const NODES_DIFFER_MS = 30_000;
/** Maximum of servers that are missed at a time; those that are missing the longest. */
export const NODES_MISSED_MAX = 100;
/** Maximum of differing values that an alarm names. */
const VALUES_NAMED_MAX = 5;

/** What all servers must have in common. */
const PARTS = ['version', 'zones', 'health', 'limits'] as const satisfies readonly (
  | 'version'
  | keyof ConfigurationDigests
)[];
type Part = (typeof PARTS)[number];

/** Raises the alarms about servers that are lost, and that differ. */
export interface NodesLog {
  /** Takes in the announced nodes. Not called while the store is away. */
  look(nodes: readonly NodeStatus[]): void;
}

/** A server that was announced and is not any more. */
interface Missed {
  readonly node: NodeStatus;
  readonly sinceMs: number;
  isRaised: boolean;
}

/**
 * Creates the log of the server `own`, which has seen no server yet. While this one is not announced itself, it misses nobody: the store takes no
 * announcements then. `monotonicMs`: a clock that never jumps.
 */
export function createNodesLog(alarms: Alarms, own: string, monotonicMs: () => number): NodesLog {
  let seen = new Map<string, NodeStatus>();
  /** By the place of the server, which it keeps over restarts. */
  const missed = new Map<string, Missed>();
  const differing = new Map<Part, { readonly sinceMs: number; raisedFor: string | undefined }>();

  function lookForLost(nodes: readonly NodeStatus[]): void {
    const nowMs = monotonicMs();
    const present = new Set(nodes.map(({ id }) => id));
    const places = new Set(nodes.map(placeOf));
    for (const node of seen.values())
      if (!present.has(node.id) && node.isLeaving !== true && missed.size < NODES_MISSED_MAX)
        missed.getOrInsert(placeOf(node), { node, sinceMs: nowMs, isRaised: false });
    for (const [place, each] of missed) {
      const ms = nowMs - each.sinceMs;
      const fields = { host: each.node.host, api: each.node.api };
      if (places.has(place) || ms >= NODE_MISSED_MS) {
        missed.delete(place);
        if (each.isRaised) alarms.end('node_lost', place, fields);
      } else if (!each.isRaised && ms >= NODE_GRACE_MS) {
        each.isRaised = true;
        alarms.raise({ alarm: 'node_lost', about: place, pools: [] }, place, fields);
      }
    }
    seen = new Map(nodes.map((node) => [node.id, node]));
  }

  function lookForDifferences(nodes: readonly NodeStatus[]): void {
    const nowMs = monotonicMs();
    for (const part of PARTS) {
      const values = valuesOf(part, nodes);
      const was = differing.get(part);
      if (values.size <= 1) {
        differing.delete(part);
        if (was?.raisedFor !== undefined) alarms.end('nodes_differ', part, { part });
        continue;
      }
      const since = was ?? { sinceMs: nowMs, raisedFor: undefined };
      differing.set(part, since);
      const named = [...values].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, VALUES_NAMED_MAX);
      const detail = `${part}: ${named.map(([value, hosts]) => `${value} at ${hosts.join(', ')}`).join('; ')}`;
      if (nowMs - since.sinceMs < NODES_DIFFER_MS || since.raisedFor === detail) continue;
      since.raisedFor = detail;
      alarms.raise({ alarm: 'nodes_differ', about: part, pools: [] }, detail, { part, nodes: named.length });
    }
  }

  return {
    look(nodes) {
      if (nodes.some(({ id }) => id === own)) lookForLost(nodes);
      lookForDifferences(nodes.filter(({ isLeaving }) => isLeaving !== true));
    },
  };
}

/** Where a server is, which another start of it does not change. */
function placeOf({ host, api }: NodeStatus): string {
  return `${host} (${api})`;
}

/** The values that nodes have of a part, and which have each. Nodes of different versions may digest one setting differently. */
function valuesOf(part: Part, nodes: readonly NodeStatus[]): Map<string, string[]> {
  const versions = Map.groupBy(nodes, ({ version = 'unknown' }) => version);
  const compared = part === 'version' || versions.size === 1 ? nodes : [];
  const values = new Map<string, string[]>();
  for (const node of compared) {
    const value = part === 'version' ? (node.version ?? 'unknown') : node.configuration?.[part];
    if (value !== undefined) values.getOrInsertComputed(value, () => []).push(placeOf(node));
  }
  return values;
}
