import Type from 'typebox';

const Time = Type.String({ format: 'rfc3339-time' });

const Digest = Type.String({ description: 'Equal where the settings are, for one version.' });

/** A node that answers DNS. */
export const NodeView = Type.Object({
  id: Type.String({ description: 'New after each start.' }),
  host: Type.String(),
  version: Type.Optional(Type.String({ description: 'Version of its program; absent: it does not say.' })),
  configuration: Type.Optional(
    Type.Object(
      { all: Digest, zones: Digest, health: Digest, limits: Digest },
      {
        description:
          'Digests of its configuration: all of what nodes must have in common, the zones of its file, its health policy, and its limits. Absent: it does not say.',
      },
    ),
  ),
  dns: Type.Array(Type.String(), { description: 'Addresses for DNS.' }),
  api: Type.String(),
  revision: Type.Integer({ description: 'Revision that it serves; -1: none yet.' }),
  generation: Type.Integer({ description: 'Generation of its table.' }),
  connected: Type.Boolean({ description: 'Whether it receives changes from the store.' }),
  disbelief: Type.Optional(
    Type.String({ description: 'Why it does not serve what the store has; absent: it does.' }),
  ),
  stale_checks: Type.Integer({ description: 'Number of stale verdicts.' }),
  stale_seconds: Type.Number({ description: 'Age of the oldest stale verdict.' }),
  started_at: Time,
});

/** A worker that probes. */
export const WorkerView = Type.Object({
  id: Type.String(),
  region: Type.String(),
  host: Type.Optional(Type.String({ description: 'Name of its machine; absent: it does not say.' })),
  version: Type.Optional(Type.String({ description: 'Version of its program; absent: it does not say.' })),
  started_at: Time,
  abstaining: Type.Boolean({ description: 'It abstains from voting, because its own network fails.' }),
});

/** The workers of a region. */
export const RegionView = Type.Object({ region: Type.String(), workers: Type.Array(WorkerView) });

/** Which nodes serve a revision. */
export const RevisionView = Type.Object({
  revision: Type.Integer(),
  served: Type.Boolean({ description: 'Whether every live node serves it.' }),
  nodes: Type.Integer({ description: 'Number of live nodes.' }),
  serving: Type.Array(NodeView, { description: 'Live nodes that serve it.' }),
  behind: Type.Array(NodeView, { description: 'Live nodes that do not serve it yet.' }),
});
