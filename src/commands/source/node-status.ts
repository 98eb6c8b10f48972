import { hostname } from 'node:os';
import type { ConfigurationDigests, NodeStatus } from '../../event/node-status.ts';
import type { Serving } from '../../serve/serve.ts';
import { programVersion } from '../../telemetry/version.ts';

/** Makes the function that reads the status of a node. Its id is new for each start. */
export function nodeStatusOf(
  serving: Pick<Serving, 'refresh' | 'revision' | 'generation'>,
  listening: Pick<NodeStatus, 'id' | 'dns' | 'api'>,
  digests: () => ConfigurationDigests,
): () => NodeStatus {
  const { refresh } = serving;
  const lasting = { host: hostname(), version: programVersion(), ...listening, startedAtMs: Date.now() };
  return () => ({
    ...lasting,
    configuration: digests(),
    revision: serving.revision,
    generation: serving.generation,
    isConnected: refresh.presence.isConnected,
    ...(refresh.disbelieved.why !== undefined && { disbelief: refresh.disbelieved.why }),
    staleChecks: refresh.health.stale.verdicts,
    staleMs: Math.round(refresh.health.stale.oldestMs),
  });
}
