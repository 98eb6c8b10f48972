import type { Worker } from '../../check/worker.ts';
import type { NodeStatus } from '../../event/node-status.ts';
import { timestamp } from '../schema/timestamp.ts';

/** Formats a node for the API. */
export function nodeView(node: NodeStatus) {
  return {
    id: node.id,
    host: node.host,
    ...(node.version !== undefined && { version: node.version }),
    ...(node.configuration !== undefined && { configuration: node.configuration }),
    dns: node.dns,
    api: node.api,
    revision: node.revision,
    generation: node.generation,
    connected: node.isConnected,
    ...(node.disbelief !== undefined && { disbelief: node.disbelief }),
    stale_checks: node.staleChecks,
    stale_seconds: node.staleMs / 1_000,
    started_at: timestamp(node.startedAtMs),
  };
}

/** Formats a worker for the API. */
export function workerView({ id, region, host, version, startedAtMs, isAbstaining }: Worker) {
  return {
    id,
    region,
    ...(host !== undefined && { host }),
    ...(version !== undefined && { version }),
    started_at: timestamp(startedAtMs),
    abstaining: isAbstaining ?? false,
  };
}
