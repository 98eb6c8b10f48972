import type { CheckKey } from '../../check/check.ts';
import type { Observation } from '../../health/observation.ts';

/** The observations of the other workers of the region, as far as this one knows them. */
export interface Regional {
  /** Replaces everything. */
  load(observations: readonly Observation[]): void;
  take(observation: Observation): void;
  remove(check: CheckKey, worker: string): void;
  /** Also what they found last of a check that had ended. */
  of(check: CheckKey): readonly Observation[];
  /** Of the present checks. */
  newest(check: CheckKey): Observation | undefined;
  checks(): Iterable<CheckKey>;
}

/** Creates an empty set of them. It ignores observations of other regions and of `self`. */
export function createRegional(region: string, self: string): Regional {
  const held = new Map<CheckKey, Map<string, Observation>>();

  function take(observation: Observation): void {
    if (observation.region !== region || observation.worker === self) return;
    const known = held.get(observation.check);
    if (known === undefined) held.set(observation.check, new Map([[observation.worker, observation]]));
    else known.set(observation.worker, observation);
  }

  const of = (check: CheckKey) => [...(held.get(check)?.values() ?? [])];

  return {
    load(observations) {
      held.clear();
      for (const observation of observations) take(observation);
    },
    take,
    remove(check, worker) {
      const known = held.get(check);
      known?.delete(worker);
      if (known?.size === 0) held.delete(check);
    },
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
