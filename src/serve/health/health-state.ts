import type { CheckKey } from '../../check/check.ts';
import type { Worker } from '../../check/worker.ts';
import type { DampingRule } from '../../health/damping.ts';
import {
  confirms,
  createMassFailureGuard,
  type MassFailureGuard,
  type MassFailureRule,
} from '../../health/mass-failure.ts';
import { isTurning, type Observation } from '../../health/observation.ts';
import { judge, judgeOwnFirst, type StaleRule, type Verdict } from '../../health/verdict.ts';
import { createAbsences } from '../../voting/absences.ts';
import {
  EVERYWHERE,
  type RegionScope,
  scopeIncludes,
  type VerdictKey,
  verdictKeyOf,
} from '../../voting/region-scope.ts';
import { createRoster } from '../../voting/roster.ts';
import { votesOf } from '../../voting/voters.ts';
import { createAddressVerdicts, type NameVerdict } from './address-verdicts.ts';
import { createVerdicts, type Verdicts } from './verdicts.ts';

/** All that a node knows of health: the observations, the roster, and the verdicts decided from them. */
export interface HealthState {
  /** Takes in observations. Returns the checks whose verdict changed, or that are no longer held back. */
  observe(observations: readonly Observation[]): CheckKey[];
  /** Takes in the live workers. Returns the checks whose verdict changed. */
  setWorkers(workers: readonly Worker[]): CheckKey[];
  /** Applies the clock. Returns the checks whose verdict changed by it. */
  tick(): CheckKey[];
  /** Returns true for a live worker that does not abstain. */
  isLive(worker: string): boolean;
  /** Returns the verdict on a check in a region scope; EVERYWHERE where it is absent. */
  verdictOf(check: CheckKey, scope?: RegionScope): Verdict;
  /**
   * Returns the undamped verdicts on a check, for the last good state: one for each scope that was asked for, with the
   * addresses of a host name that are answered by it.
   */
  verdictsOf(check: CheckKey): {
    readonly key: VerdictKey;
    readonly healthy: boolean | undefined;
    readonly addresses: readonly string[] | undefined;
  }[];
  observationsOf(check: CheckKey): readonly Observation[];
  /** Returns true for an observation from before an absence, which does not count. */
  isFromBeforeAbsence(observation: Observation): boolean;
  /** Returns the verdict on the host name of a check; undefined: it has an address, or the name had none yet. */
  nameOf(check: CheckKey, scope?: RegionScope): NameVerdict | undefined;
  /** Returns the addresses of that name. */
  addressesOf(check: CheckKey): readonly string[] | undefined;
  /** Gives a check without a verdict this one, for these addresses of its host name, until its first result. */
  seed(check: CheckKey | VerdictKey, healthy: boolean, addresses?: readonly string[]): void;
  /** Forgets a check. */
  forget(check: CheckKey): void;
  readonly liveWorkers: readonly Worker[];
  /** Returns for how long the verdict on a check is stale, milliseconds; undefined: live workers vote. */
  staleMs(check: CheckKey, scope?: RegionScope): number | undefined;
  /** Number of changed verdicts so far, by the new value. The first verdict on a check counts. */
  readonly changes: Verdicts['changes'];
  readonly stale: Verdicts['stale'];
  /** The checks that mass failures hold back, by region. */
  readonly heldBack: MassFailureGuard['heldBack'];
  /** Returns true while a mass failure holds back the failure of a check in a scope, until live workers observe it again. */
  isHeldBack(check: CheckKey, scope: RegionScope): boolean;
  /** Returns the number of checks that a region observes. */
  monitoredIn(region: string): number;
  /** Until when damping holds verdicts out, by the clock of this state. */
  readonly heldOut: Verdicts['heldOut'];
  /** Returns for how long damping still holds a check out, milliseconds; undefined: it does not. */
  heldOutMs(check: CheckKey, scope?: RegionScope): number | undefined;
  /** Returns the share of its weight that a check has back since it recovered; undefined: all of it. */
  recovered(check: CheckKey, scope?: RegionScope): number | undefined;
  /** Returns the longest TTL of answers that depend on a check, while a live worker's results contradict its verdict; undefined: any. */
  turningTtlSeconds(check: CheckKey, scope?: RegionScope): number | undefined;
  checkOf(view: VerdictKey): CheckKey;
}

/** The rules by which a node decides verdicts. */
export interface HealthOptions {
  /** Number of workers of a region that run each check. */
  readonly probersPerRegion: number;
  /** A clock that never jumps, milliseconds. */
  readonly monotonicMs: () => number;
  /** The region of this node; absent: none. */
  readonly region?: string;
  /** What happens to stale verdicts that are too old; absent: they stay in force. */
  readonly stale?: StaleRule;
  /** When failures are a mass failure, and held back until they repeat; absent: never. */
  readonly massFailure?: MassFailureRule;
  /** When damping holds an endpoint out; absent: never. */
  readonly damping?: DampingRule;
  /** Time in which a recovered endpoint gets its weight back; absent: at once. */
  readonly recoveryMs?: number;
  /** Longest TTL of answers while results contradict an endpoint's health; absent: unchanged. */
  readonly turningTtlSeconds?: number;
}

/** Creates an empty health state. */
export function createHealthState(options: HealthOptions): HealthState {
  const {
    probersPerRegion,
    monotonicMs,
    region: own = '',
    stale = { policy: 'hold' },
    massFailure,
    damping,
    recoveryMs,
    turningTtlSeconds,
  } = options;
  const observations = new Map<CheckKey, Observation[]>();
  const heldOut = new Map<VerdictKey, number>();
  const rules = { stale, damping, recoveryMs, heldOut };
  const verdicts = createVerdicts(monotonicMs, rules);
  const ofAddresses = createAddressVerdicts(monotonicMs, rules);
  const guard: MassFailureGuard | undefined = massFailure && createMassFailureGuard(massFailure);
  /** Number of checks that each region observes. */
  const monitored = new Map<string, number>();
  /** The scopes of checks besides EVERYWHERE. */
  const scopes = new Map<CheckKey, Map<VerdictKey, RegionScope>>();
  const checkOfView = new Map<VerdictKey, CheckKey>();
  const roster = createRoster();
  const voting = { roster, probersPerRegion };
  const absences = createAbsences(voting);
  /** The regions, as one text, in which results of live workers contradict the health of a check. */
  const turning = new Map<CheckKey, string>();

  const checkOf = (key: VerdictKey) => {
    const view = ofAddresses.viewOf(key);
    return checkOfView.get(view) ?? (view as string as CheckKey);
  };

  /** Returns the votes on a check whose latest results contradict its health. */
  function turningNow(check: CheckKey): readonly Observation[] {
    if (turningTtlSeconds === undefined) return [];
    return votesOf(check, absences.withoutEarlier(observations.get(check) ?? []), voting).filter(
      (each) => isTurning(each) && roster.isLive(each.worker),
    );
  }

  /** Notes the regions whose results contradict a check. Returns true where they changed. */
  function noteTurning(check: CheckKey): boolean {
    const regions = turningNow(check)
      .map(({ region }) => region)
      .sort()
      .join();
    if (regions === (turning.get(check) ?? '')) return false;
    if (regions === '') turning.delete(check);
    else turning.set(check, regions);
    return true;
  }

  function judgeAgain(check: CheckKey, isNoFlap: boolean): boolean {
    const turnsOrNot = noteTurning(check);
    let turned = judgeScope(check, verdictKeyOf(check, EVERYWHERE), EVERYWHERE, isNoFlap) || turnsOrNot;
    for (const [key, scope] of scopes.get(check) ?? [])
      turned = judgeScope(check, key, scope, isNoFlap) || turned;
    return turned;
  }

  function judgeScope(check: CheckKey, key: VerdictKey, scope: RegionScope, isNoFlap: boolean): boolean {
    const all = observations.get(check) ?? [];
    const seen = scope.regions === undefined ? all : all.filter(({ region }) => scopeIncludes(scope, region));
    // A pool that chose one region gets its verdict: no mass failure is held back there.
    const isBelieved = isOneRegion(scope) || !guard?.heldBack.size;
    const known = isBelieved ? seen : seen.map(believed);
    // Where no region had a vote, and one returned before another, the verdict waits for both.
    const isOpen = verdicts.undamped(key).stale && absences.isAwaited(seen);
    const counting = isOpen ? [] : votesOf(check, absences.withoutEarlier(seen), voting);
    const counts = (worker: string) => counting.some((each) => each.worker === worker);
    const judged = (held: boolean | undefined) =>
      scope.isOwnRegionFirst ? judgeOwnFirst(own, known, counts, held) : judge(known, counts, held);
    // The common case is quick: the check of an address.
    if (!ofAddresses.has(key) && !seen.some((each) => each.addresses !== undefined))
      return verdicts.judge(key, judged, isNoFlap);
    const votes = known.filter(({ worker, fault }) => fault === undefined && counts(worker));
    const near = scope.isOwnRegionFirst ? votes.filter(({ region }) => region === own) : [];
    const by = { known, votes: near.length > 0 ? near : votes, isNoFlap };
    const name = ofAddresses.judge(key, by);
    // Damping is for addresses: a name is healthy while one of them is.
    const whole = (held: boolean | undefined) => wholeVerdict(judged(held), name?.healthy);
    return verdicts.judge(key, whole, isNoFlap || name !== undefined) || (name?.turned ?? false);
  }

  /** Returns an observation, still healthy while a mass failure holds it back. */
  function believed(observation: Observation): Observation {
    const { healthy, region, check, byAddress } = observation;
    if (healthy || !guard?.holdsBack(region, check)) return observation;
    if (byAddress === undefined) return { ...observation, healthy: true };
    // A confirmed failure of an address is not part of the mass failure.
    const all = byAddress.map((each) => (confirms(each) ? each : { ...each, healthy: true }));
    return { ...observation, healthy: true, byAddress: all };
  }

  /** Passes an observation to the guard against mass failures. `known`: those of all regions before. */
  function guardAgainst(observation: Observation, known: readonly Observation[]): void {
    const { region, check } = observation;
    const ofRegion = known.filter((each) => each.region === region);
    const before = ofRegion.find(({ worker }) => worker === observation.worker) ?? ofRegion.at(-1);
    if (before === undefined) monitored.set(region, (monitored.get(region) ?? 0) + 1);
    if (before?.healthy && !observation.healthy) guard?.turned(region, check, monotonicMs());
  }

  const isGuarded = (check: CheckKey) =>
    guard?.heldBack.values().some((checks) => checks.has(check)) ?? false;

  /** Nothing is held back where no worker is live that could observe it again. */
  const isHeldBack = (check: CheckKey, scope: RegionScope) =>
    isGuarded(check) &&
    !isOneRegion(scope) &&
    guard!.heldBack
      .entries()
      .some(
        ([region, checks]) => checks.has(check) && scopeIncludes(scope, region) && roster.hasVote(region),
      ) &&
    !verdicts.undamped(verdictKeyOf(check, scope)).stale;
  const isLetGo = (check: CheckKey) => !isHeldBack(check, EVERYWHERE);

  function releaseCertain(check: CheckKey): void {
    if (guard === undefined) return;
    for (const each of observations.get(check) ?? [])
      if (each.healthy || confirms(each)) guard.release(each.region, check);
  }

  /** Returns the key of the verdict in a scope, which is decided from then on. */
  function verdictKeyIn(check: CheckKey, scope: RegionScope): VerdictKey {
    const key = verdictKeyOf(check, scope);
    if (scope !== EVERYWHERE && !scopes.get(check)?.has(key)) addScope(check, key, scope);
    return key;
  }

  const verdictKeysOf = (check: CheckKey) => [
    verdictKeyOf(check, EVERYWHERE),
    ...(scopes.get(check)?.keys() ?? []),
  ];

  /** Returns the addresses of a host name for the last good state: the healthy ones where there are any, else all. */
  function rememberedOf(key: VerdictKey, healthy: boolean | undefined): readonly string[] {
    const well = healthy ? ofAddresses.undampedHealthy(key) : [];
    return well.length > 0 ? well : ofAddresses.of(key)!.addresses.map(({ address }) => address);
  }

  function addScope(check: CheckKey, key: VerdictKey, scope: RegionScope): void {
    const known = scopes.get(check);
    if (known === undefined) scopes.set(check, new Map([[key, scope]]));
    else known.set(key, scope);
    checkOfView.set(key, check);
    judgeScope(check, key, scope, false);
  }

  return {
    observe(news) {
      const touched = new Map<CheckKey, boolean>();
      /** Checks that a region observes again after an absence. */
      const returning = new Set<CheckKey>();
      for (const observation of news) {
        const known = observations.get(observation.check) ?? [];
        guardAgainst(observation, known);
        const before = known.find(
          ({ region, worker }) => region === observation.region && worker === observation.worker,
        );
        roster.noteSeen(observation.worker, monotonicMs());
        absences.observed(observation, before);
        // A change during an absence is no flapping.
        if (known.some((each) => each.region === observation.region && absences.isFromBefore(each)))
          returning.add(observation.check);
        // The observation of a worker that took a check over replaces those of workers that are gone.
        const others = known.filter(
          (other) =>
            other !== before && (other.region !== observation.region || roster.mayBeLive(other.worker)),
        );
        // Most checks have one worker, and a literal of one element takes less memory than a spread one.
        observations.set(observation.check, others.length > 0 ? [...others, observation] : [observation]);
        const moved =
          !sameAddresses(before?.addresses, observation.addresses) ||
          before?.addressTtlSeconds !== observation.addressTtlSeconds ||
          before?.certificateEndsAtMs !== observation.certificateEndsAtMs;
        touched.set(observation.check, (touched.get(observation.check) ?? false) || moved);
      }
      for (const region of new Set(news.map((each) => each.region)))
        for (const check of guard?.decide(region, monitored.get(region) ?? 0, monotonicMs()) ?? [])
          if (!touched.has(check)) touched.set(check, false);
      // An endpoint that comes back because it is held back, and fails again, does not flap.
      const guarded = new Set([...touched.keys()].filter(isGuarded));
      // A check that failed twice, or is healthy again, is not held back.
      for (const check of touched.keys()) releaseCertain(check);
      return [...touched].flatMap(([check, moved]) => {
        const turned = judgeAgain(check, guarded.has(check) || returning.has(check));
        return turned || moved || (guarded.has(check) && isLetGo(check)) ? check : [];
      });
    },
    setWorkers(next) {
      if (!roster.update(next, monotonicMs())) return [];
      for (const [check, all] of observations) absences.rosterChanged(check, all);
      return [...observations.keys()].filter(
        (check) => judgeAgain(check, true) || (isGuarded(check) && isLetGo(check)),
      );
    },
    tick: () => [...new Set([...verdicts.tick(), ...ofAddresses.tick()].map(checkOf))],
    isLive: roster.isLive,
    verdictOf(check, scope = EVERYWHERE) {
      return verdicts.get(verdictKeyIn(check, scope));
    },
    verdictsOf: (check) =>
      verdictKeysOf(check).map((key) => {
        const { healthy } = verdicts.undamped(key);
        return { key, healthy, addresses: ofAddresses.has(key) ? rememberedOf(key, healthy) : undefined };
      }),
    isFromBeforeAbsence: absences.isFromBefore,
    observationsOf: (check) => observations.get(check) ?? [],
    nameOf(check, scope = EVERYWHERE) {
      const key = verdictKeyIn(check, scope);
      return ofAddresses.has(key) ? ofAddresses.of(key) : undefined;
    },
    addressesOf: (check) =>
      ofAddresses.of(verdictKeyOf(check, EVERYWHERE))?.addresses.map(({ address }) => address),
    seed(check, healthy, known) {
      const key = check as VerdictKey;
      if (verdicts.get(key).healthy !== undefined) return;
      verdicts.seed(key, healthy);
      if (known !== undefined) ofAddresses.seed(key, healthy, known);
    },
    forget(check) {
      for (const region of new Set(observations.get(check)?.map((each) => each.region))) {
        monitored.set(region, monitored.get(region)! - 1);
        guard?.release(region, check);
      }
      observations.delete(check);
      turning.delete(check);
      for (const key of verdictKeysOf(check)) {
        verdicts.forget(key);
        ofAddresses.forget(key);
        checkOfView.delete(key);
      }
      scopes.delete(check);
    },
    get liveWorkers() {
      return roster.workers;
    },
    staleMs: (check, scope = EVERYWHERE) => verdicts.staleMs(verdictKeyOf(check, scope)),
    changes: verdicts.changes,
    get stale() {
      return verdicts.stale;
    },
    heldBack: guard?.heldBack ?? new Map(),
    isHeldBack,
    heldOut,
    heldOutMs(check, scope = EVERYWHERE) {
      if (heldOut.size === 0) return undefined;
      const key = verdictKeyOf(check, scope);
      // A host name is held out as a whole when each of its addresses is.
      const ends = ofAddresses.of(key)?.addresses.map((each) => each.heldOutUntilMs ?? 0);
      const untilMs = ends === undefined ? heldOut.get(key) : Math.min(...ends);
      return untilMs ? Math.max(0, untilMs - monotonicMs()) : undefined;
    },
    recovered: (check, scope = EVERYWHERE) => verdicts.recovered(verdictKeyOf(check, scope)),
    turningTtlSeconds(check, scope = EVERYWHERE) {
      if (turningTtlSeconds === undefined) return undefined;
      const turns = turningNow(check).some(({ region }) => scopeIncludes(scope, region));
      return turns ? turningTtlSeconds : undefined;
    },
    checkOf,
    monitoredIn: (region) => monitored.get(region) ?? 0,
  };
}

/** Returns the verdict on a host name: healthy while one of its addresses is, where live workers vote. */
function wholeVerdict(verdict: Verdict, healthy: boolean | undefined): Verdict {
  return verdict.stale || healthy === undefined || verdict.healthy === undefined
    ? verdict
    : { ...verdict, healthy };
}

/** Returns true for a scope of exactly one region. */
function isOneRegion({ regions }: RegionScope): boolean {
  return regions?.length === 1;
}

function sameAddresses(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === b || (a?.length === b?.length && a!.every((address, i) => address === b![i]));
}
