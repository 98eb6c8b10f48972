import { isDeepStrictEqual } from 'node:util';
import type { CheckKey } from '../../check/check.ts';
import {
  confirms,
  createMassFailureGuard,
  type MassFailureGuard,
  type MassFailureRule,
} from '../../health/mass-failure.ts';
import type { Observation } from '../../health/observation.ts';

/** Applies the guard against mass failures to the observations of a node. */
export interface HeldBackChecks {
  /** Notes an observation before it is taken in. `known`: those of its check before, of all regions. */
  note(observation: Observation, known: readonly Observation[]): void;
  /** Decides, once all observations that came together are noted. Returns the checks that are held back from now on. */
  decide(regions: Iterable<string>): readonly CheckKey[];
  /** Ends the holding back where a check failed twice, or is healthy again. `all`: its observations. */
  releaseCertain(check: CheckKey, all: readonly Observation[]): void;
  /** Returns an observation as it counts: still healthy while a mass failure holds it back. */
  believed(observation: Observation): Observation;
  /** true: some check is held back somewhere. */
  readonly isActive: boolean;
  /** Returns the regions in which a check is held back. */
  regionsOf(check: CheckKey): readonly string[];
  /** Returns the number of checks that a region observes. */
  monitoredIn(region: string): number;
  /** Forgets a check. `all`: its observations. */
  forget(check: CheckKey, all: readonly Observation[]): void;
  /** The checks that mass failures hold back, by region. */
  readonly heldBack: MassFailureGuard['heldBack'];
  /** Detects mass failures by another rule from now on, and holds back what it held back; without a rule, nothing. */
  useRule(rule: MassFailureRule | undefined): void;
}

/** Creates the guard of a node without observations. `first`: its rule; undefined: it holds nothing back. */
export function createHeldBack(
  first: MassFailureRule | undefined,
  monotonicMs: () => number,
): HeldBackChecks {
  let rule = first;
  const heldBack = new Map<string, Set<CheckKey>>();
  let guard = rule && createMassFailureGuard(rule, heldBack);
  /** Number of checks that each region observes. */
  const monitored = new Map<string, number>();
  const monitoredIn = (region: string) => monitored.get(region) ?? 0;
  return {
    note(observation, known) {
      const { region, check } = observation;
      const ofRegion = known.filter((each) => each.region === region);
      const before = ofRegion.find(({ worker }) => worker === observation.worker) ?? ofRegion.at(-1);
      if (before === undefined) monitored.set(region, monitoredIn(region) + 1);
      if (before?.healthy && !observation.healthy) guard?.failed(region, check, monotonicMs());
    },
    decide: (regions) =>
      [...regions].flatMap((region) => guard?.decide(region, monitoredIn(region), monotonicMs()) ?? []),
    releaseCertain(check, all) {
      if (guard === undefined) return;
      for (const each of all) if (each.healthy || confirms(each)) guard.release(each.region, check);
    },
    believed(observation) {
      const { healthy, region, check, byAddress } = observation;
      if (healthy || !guard?.holdsBack(region, check)) return observation;
      if (byAddress === undefined) return { ...observation, healthy: true };
      // A confirmed failure of an address is not part of the mass failure.
      const all = byAddress.map((each) => (confirms(each) ? each : { ...each, healthy: true }));
      return { ...observation, healthy: true, byAddress: all };
    },
    get isActive() {
      return heldBack.size > 0;
    },
    regionsOf: (check) =>
      heldBack.size === 0 ? [] : [...heldBack].flatMap(([region, held]) => (held.has(check) ? region : [])),
    monitoredIn,
    forget(check, all) {
      for (const region of new Set(all.map((each) => each.region))) {
        monitored.set(region, monitoredIn(region) - 1);
        guard?.release(region, check);
      }
    },
    heldBack,
    useRule(next) {
      if (isDeepStrictEqual(next, rule)) return;
      rule = next;
      guard = next && createMassFailureGuard(next, heldBack);
      if (next === undefined) heldBack.clear();
    },
  };
}
