import Type from 'typebox';

const Time = Type.String({ format: 'rfc3339-time' });

/** A node that answers DNS. */
export const NodeView = Type.Object({
  id: Type.String({ description: 'Another after each start.' }),
  host: Type.String(),
  dns: Type.Array(Type.String(), { description: 'Where it answers.' }),
  api: Type.String(),
  revision: Type.Integer({ description: 'That it answers from; -1: none yet.' }),
  generation: Type.Integer({ description: 'Of its table.' }),
  connected: Type.Boolean({ description: 'Whether it hears of changes.' }),
  disbelief: Type.Optional(
    Type.String({ description: 'Why it serves something else than the store has; absent: it does not.' }),
  ),
  stale_checks: Type.Integer({ description: 'Verdicts that are no more than held.' }),
  stale_seconds: Type.Number({ description: 'Age of the oldest of them.' }),
  started_at: Time,
});

/** A worker that probes. */
export const WorkerView = Type.Object({
  id: Type.String(),
  region: Type.String(),
  started_at: Time,
  abstaining: Type.Boolean({ description: 'It takes its own network for the fault.' }),
});

/** The workers of a region. */
export const RegionView = Type.Object({ region: Type.String(), workers: Type.Array(WorkerView) });

/** Whether a revision is served. */
export const RevisionView = Type.Object({
  revision: Type.Integer(),
  served: Type.Boolean({ description: 'By every live node.' }),
  nodes: Type.Integer({ description: 'Live ones.' }),
  behind: Type.Array(NodeView, { description: 'Those that do not serve it yet.' }),
});
