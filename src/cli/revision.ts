import { ExitCode, OperatorError } from '../commands/exit.ts';
import type { Answer, ApiClient } from './api.ts';
import { type NodeShown, nodeName } from './health/nodes.ts';

/** The default of --wait and --within. */
export const REVISION_WAIT = '30s';
/** Seconds that one request waits: below the client's time limit and the limit of the API. */
const REQUEST_SECONDS = 20;

/** Which live nodes serve a revision. */
export interface Served {
  readonly revision: number;
  readonly served: boolean;
  /** Number of live nodes. */
  readonly nodes: number;
  /** The live nodes that serve it; absent from older servers. */
  readonly serving?: readonly NodeShown[];
  readonly behind: readonly NodeShown[];
}

/** Maximum of nodes that a line names. */
const NODES_NAMED_MAX = 10;

/** Waits until every live node serves a revision. Throws OperatorError, NOT_YET when the time is over. */
export async function waitForRevision(
  client: ApiClient,
  revision: number,
  waitMs: number,
): Promise<Answer<Served>> {
  const untilMs = performance.now() + waitMs;
  for (;;) {
    const leftSeconds = Math.ceil((untilMs - performance.now()) / 1_000);
    const seconds = Math.max(0, Math.min(REQUEST_SECONDS, leftSeconds));
    const answer = await client.ask<Served>('GET', `/lifeguard/v1/revisions/${revision}?wait=${seconds}s`);
    const found = answer.result;
    if (found.served) return answer;
    if (performance.now() >= untilMs) throw new OperatorError(behindText(found), ExitCode.NOT_YET);
  }
}

/** Reports that every node serves a revision, and which nodes were counted. */
export function servedText({ revision, nodes, serving = [] }: Served): string {
  const named = serving.slice(0, NODES_NAMED_MAX).map(nodeName);
  const more = serving.length - named.length;
  const who = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return `Every live node serves revision ${revision} (nodes: ${nodes}${who === '' ? '' : `: ${who}`}).\n`;
}

function behindText({ revision, nodes, behind }: Served): string {
  if (nodes === 0) return `No node is live, so none serves revision ${revision}.`;
  const names = behind.map((node) => `${nodeName(node)} is at revision ${node.revision}`).join(', ');
  return `Not every node serves revision ${revision}: ${names}.`;
}
