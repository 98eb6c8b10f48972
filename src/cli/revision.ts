import { ExitCode, OperatorError } from '../commands/exit.ts';
import type { Answer, ApiClient } from './api.ts';
import { type NodeShown, nodeName } from './health/nodes.ts';

/** How long somebody waits for a revision who does not say how long. */
export const REVISION_WAIT = '30s';
/** Seconds that one request may wait: fewer than it may take, and than the API lets it. */
const REQUEST_SECONDS = 20;

/** How far the live nodes are. */
export interface Served {
  readonly revision: number;
  readonly served: boolean;
  /** Nodes that live. */
  readonly nodes: number;
  readonly behind: readonly NodeShown[];
}

/** Waits until every live node serves a revision. Throws OperatorError, NOT_YET when they do not in that time. */
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

function behindText({ revision, nodes, behind }: Served): string {
  if (nodes === 0) return `no node lives that could serve revision ${revision}`;
  const names = behind.map((node) => `${nodeName(node)} is at ${node.revision}`).join(', ');
  return `not every node serves revision ${revision}: ${names}`;
}
