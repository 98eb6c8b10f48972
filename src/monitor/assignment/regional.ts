import type { CheckKey } from '../../check/check.ts';
import type { Observation } from '../../health/observation.ts';

/** The observations of the other workers of the region, as far as this one knows them. */
export interface Regional {
  /** Replaces everything, an observation a step. What is taken or removed between the steps holds, as it is newer. */
  load(observations: Iterable<Observation>): Iterable<void>;
  take(observation: Observation): void;
  remove(check: CheckKey, worker: string): void;
  /** Also what they found last of a check that had ended. */
  of(check: CheckKey): readonly Observation[];
  /** Of the present checks. */
  newest(check: CheckKey): Observation | undefined;
  checks(): Iterable<CheckKey>;
}

/** Observations by check and worker. */
type Held = Map<CheckKey, Map<string, Observation>>;

/** Creates an empty set of them. It ignores observations of other regions and of `self`. */
export function createRegional(region: string, self: string): Regional {
  let held: Held = new Map();
  /** What was taken or removed since a load began; undefined: none goes on. */
  let meanwhile: ((into: Held) => void)[] | undefined;

  function takeInto(into: Held, observation: Observation): void {
    if (observation.region !== region || observation.worker === self) return;
    const known = into.get(observation.check);
    if (known === undefined) into.set(observation.check, new Map([[observation.worker, observation]]));
    else known.set(observation.worker, observation);
  }

  function change(made: (into: Held) => void): void {
    made(held);
    meanwhile?.push(made);
  }

  const of = (check: CheckKey) => [...(held.get(check)?.values() ?? [])];

  return {
    *load(observations) {
      const next: Held = new Map();
      const changes: typeof meanwhile = [];
      meanwhile = changes;
      try {
        for (const observation of observations) {
          takeInto(next, observation);
          yield;
        }
        for (const made of changes) made(next);
        held = next;
      } finally {
        // Another load may have begun since.
        if (meanwhile === changes) meanwhile = undefined;
      }
    },
    take: (observation) => change((into) => takeInto(into, observation)),
    remove: (check, worker) =>
      change((into) => {
        const known = into.get(check);
        known?.delete(worker);
        if (known?.size === 0) into.delete(check);
      }),
    of,
    newest: (check) =>
      of(check).reduce<Observation | undefined>(
        (newest, each) =>
          each.ended === undefined && (newest === undefined || each.atMs > newest.atMs) ? each : newest,
        undefined,
      ),
    checks: () => held.keys(),
  };
}
