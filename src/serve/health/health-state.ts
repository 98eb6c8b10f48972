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

/** All that a node knows of health: observations, who is live, and the verdicts made of them. */
export interface HealthState {
  /** Takes observations in; returns the checks whose verdict became another, or of which nothing is held back any more. */
  observe(observations: readonly Observation[]): CheckKey[];
  /** Takes the live workers in; returns the checks whose verdict became another. */
  setWorkers(workers: readonly Worker[]): CheckKey[];
  /** Looks at the clock; returns the checks whose verdict became another by it. */
  tick(): CheckKey[];
  /** Whether a worker is among the live ones and does not abstain. */
  isLive(worker: string): boolean;
  /** The verdict as this scope sees the check; without one, as EVERYWHERE. */
  verdictOf(check: CheckKey, scope?: RegionScope): Verdict;
  /**
   * What there is to remember of a check: each scope that was asked for, with the verdict of its observations, and what of a
   * host name's addresses is answered by it, or would be.
   */
  verdictsOf(check: CheckKey): {
    readonly key: VerdictKey;
    readonly healthy: boolean | undefined;
    readonly addresses: readonly string[] | undefined;
  }[];
  observationsOf(check: CheckKey): readonly Observation[];
  /** Whether an observation is from before an absence of its worker, so that it does not count. */
  isFromBeforeAbsence(observation: Observation): boolean;
  /** What is known of the host name that a check goes to; undefined: it goes to an address, or the name had none yet. */
  nameOf(check: CheckKey, scope?: RegionScope): NameVerdict | undefined;
  /** The addresses of that name. */
  addressesOf(check: CheckKey): readonly string[] | undefined;
  /** Makes a check that has no verdict yet start from this one, for these addresses of its host name, until its first result. */
  seed(check: CheckKey | VerdictKey, healthy: boolean, addresses?: readonly string[]): void;
  /** Forgets a check. */
  forget(check: CheckKey): void;
  readonly liveWorkers: readonly Worker[];
  /** Milliseconds since a check's verdict is no more than held; undefined: live workers report. */
  staleMs(check: CheckKey, scope?: RegionScope): number | undefined;
  /** Verdicts that became another, by what they became, so far; the first verdict on a check counts. */
  readonly changes: Verdicts['changes'];
  readonly stale: Verdicts['stale'];
  /** What mass failures hold back, by region, and how many checks a region reports on. */
  readonly heldBack: MassFailureGuard['heldBack'];
  /** Whether a mass failure holds back what was found of a check, as a scope sees it, until live workers find it again. */
  isHeldBack(check: CheckKey, scope: RegionScope): boolean;
  monitoredIn(region: string): number;
  /** Until when checks, as a scope sees them, are unhealthy since they flap; by the clock of this state. */
  readonly heldOut: Verdicts['heldOut'];
  /** Milliseconds for which a check is held out yet; undefined: it is not. */
  heldOutMs(check: CheckKey, scope?: RegionScope): number | undefined;
  /** What of its weight a check gives again that turned healthy a short while ago; undefined: all of it. */
  recovered(check: CheckKey, scope?: RegionScope): number | undefined;
  /** The longest TTL of answers that depend on a check, while a live worker's results are on the way to turn it; undefined: any. */
  turningTtlSeconds(check: CheckKey, scope?: RegionScope): number | undefined;
  checkOf(view: VerdictKey): CheckKey;
}

/** What a node is told about making verdicts. */
export interface HealthOptions {
  /** How many workers of a region run each check. */
  readonly probersPerRegion: number;
  /** Milliseconds of a clock that does not jump. */
  readonly now: () => number;
  /** The region of this node; absent: none that counts. */
  readonly region?: string;
  /** What becomes of verdicts that are too old; absent: they hold. */
  readonly stale?: StaleRule;
  /** When what turns unhealthy is held back until it fails again; absent: never. */
  readonly massFailure?: MassFailureRule;
  /** When an endpoint that flaps is held out; absent: never. */
  readonly damping?: DampingRule;
  /** How long an endpoint that comes back takes to have its whole weight; absent: no time. */
  readonly recoveryMs?: number;
  /** The TTL of answers while an endpoint is on its way to turn; absent: as ever. */
  readonly turningTtlSeconds?: number;
}

/** Knows nothing yet: no observation, and no live worker. */
export function createHealthState(options: HealthOptions): HealthState {
  const {
    probersPerRegion,
    now,
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
  const verdicts = createVerdicts(now, rules);
  const ofAddresses = createAddressVerdicts(now, rules);
  const guard: MassFailureGuard | undefined = massFailure && createMassFailureGuard(massFailure);
  /** Checks that each region reports on. */
  const monitored = new Map<string, number>();
  /** The scopes of checks that are not only looked at from everywhere. */
  const scopes = new Map<CheckKey, Map<VerdictKey, RegionScope>>();
  const checkOfView = new Map<VerdictKey, CheckKey>();
  const roster = createRoster();
  const voting = { roster, probersPerRegion };
  const absences = createAbsences(voting);
  /** Where live workers' results are on the way to turn a check: the regions, as they were told. */
  const turning = new Map<CheckKey, string>();

  const checkOf = (key: VerdictKey) => {
    const view = ofAddresses.viewOf(key);
    return checkOfView.get(view) ?? (view as string as CheckKey);
  };

  /** Those who speak of a check and whose results are on the way to turn it. */
  function turningNow(check: CheckKey): readonly Observation[] {
    if (turningTtlSeconds === undefined) return [];
    return votesOf(check, absences.withoutEarlier(observations.get(check) ?? []), voting).filter(
      (each) => isTurning(each) && roster.isLive(each.worker),
    );
  }

  /** Whether others than before are on the way to turn a check. */
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
    let turned = judgeView(check, verdictKeyOf(check, EVERYWHERE), EVERYWHERE, isNoFlap) || turnsOrNot;
    for (const [key, scope] of scopes.get(check) ?? [])
      turned = judgeView(check, key, scope, isNoFlap) || turned;
    return turned;
  }

  function judgeView(check: CheckKey, key: VerdictKey, scope: RegionScope, isNoFlap: boolean): boolean {
    const all = observations.get(check) ?? [];
    const seen = scope.regions === undefined ? all : all.filter(({ region }) => scopeIncludes(scope, region));
    // Who chose one region's word takes it: what others have there holds nothing back.
    const isBelieved = isOneRegion(scope) || !guard?.heldBack.size;
    const known = isBelieved ? seen : seen.map(believed);
    // Where nobody spoke any more and one region is back before another, the verdict waits for both.
    const isOpen = verdicts.undamped(key).stale && absences.isAwaited(seen);
    const counting = isOpen ? [] : votesOf(check, absences.withoutEarlier(seen), voting);
    const counts = (worker: string) => counting.some((each) => each.worker === worker);
    const judged = (held: boolean | undefined) =>
      scope.isOwnRegionFirst ? judgeOwnFirst(own, known, counts, held) : judge(known, counts, held);
    // Nearly all checks go to an address.
    if (!ofAddresses.has(key) && !seen.some((each) => each.addresses !== undefined))
      return verdicts.judge(key, judged, isNoFlap);
    const votes = known.filter(({ worker, fault }) => fault === undefined && counts(worker));
    const near = scope.isOwnRegionFirst ? votes.filter(({ region }) => region === own) : [];
    const by = { known, votes: near.length > 0 ? near : votes, isNoFlap };
    const name = ofAddresses.judge(key, by);
    // What flaps is an address, and a name is healthy as long as one of them is.
    const whole = (held: boolean | undefined) => wholeVerdict(judged(held), name?.healthy);
    return verdicts.judge(key, whole, isNoFlap || name !== undefined) || (name?.turned ?? false);
  }

  /** An observation, healthy as before while a mass failure holds it back. */
  function believed(observation: Observation): Observation {
    const { healthy, region, check, byAddress } = observation;
    if (healthy || !guard?.holdsBack(region, check)) return observation;
    if (byAddress === undefined) return { ...observation, healthy: true };
    // An address that failed before the others did has been confirmed, or will be by itself.
    const all = byAddress.map((each) => (confirms(each) ? each : { ...each, healthy: true }));
    return { ...observation, healthy: true, byAddress: all };
  }

  /** Tells the guard of one more observation of a region; `known`: those of all regions before. */
  function guardAgainst(observation: Observation, known: readonly Observation[]): void {
    const { region, check } = observation;
    const ofRegion = known.filter((each) => each.region === region);
    const before = ofRegion.find(({ worker }) => worker === observation.worker) ?? ofRegion.at(-1);
    if (before === undefined) monitored.set(region, (monitored.get(region) ?? 0) + 1);
    if (before?.healthy && !observation.healthy) guard?.turned(region, check, now());
  }

  const isGuarded = (check: CheckKey) =>
    guard?.heldBack.values().some((checks) => checks.has(check)) ?? false;

  /** What nobody is there to find again is not held back until then. */
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

  /** The key of a check as this scope sees it, which is judged from then on. */
  function viewOf(check: CheckKey, scope: RegionScope): VerdictKey {
    const key = verdictKeyOf(check, scope);
    if (scope !== EVERYWHERE && !scopes.get(check)?.has(key)) addScope(check, key, scope);
    return key;
  }

  const verdictKeysOf = (check: CheckKey) => [
    verdictKeyOf(check, EVERYWHERE),
    ...(scopes.get(check)?.keys() ?? []),
  ];

  /** The addresses of a host name to start from: those that are well, of one that is. */
  function rememberedOf(key: VerdictKey, healthy: boolean | undefined): readonly string[] {
    const well = healthy ? ofAddresses.undampedHealthy(key) : [];
    return well.length > 0 ? well : ofAddresses.of(key)!.addresses.map(({ address }) => address);
  }

  function addScope(check: CheckKey, key: VerdictKey, scope: RegionScope): void {
    const known = scopes.get(check);
    if (known === undefined) scopes.set(check, new Map([[key, scope]]));
    else known.set(key, scope);
    checkOfView.set(key, check);
    judgeView(check, key, scope, false);
  }

  return {
    observe(news) {
      const touched = new Map<CheckKey, boolean>();
      /** Checks of which a region says something again. */
      const returning = new Set<CheckKey>();
      for (const observation of news) {
        const known = observations.get(observation.check) ?? [];
        guardAgainst(observation, known);
        const before = known.find(
          ({ region, worker }) => region === observation.region && worker === observation.worker,
        );
        roster.noteSeen(observation.worker, now());
        absences.observed(observation, before);
        // What was missed meanwhile is no flapping.
        if (known.some((each) => each.region === observation.region && absences.isFromBefore(each)))
          returning.add(observation.check);
        // A worker that took a check over speaks for its region in the place of those that are gone.
        const others = known.filter(
          (other) =>
            other !== before && (other.region !== observation.region || roster.mayBeLive(other.worker)),
        );
        // Most checks have one worker: a list that is spread has room for many.
        observations.set(observation.check, others.length > 0 ? [...others, observation] : [observation]);
        const moved =
          !sameAddresses(before?.addresses, observation.addresses) ||
          before?.addressTtlSeconds !== observation.addressTtlSeconds ||
          before?.certificateEndsAtMs !== observation.certificateEndsAtMs;
        touched.set(observation.check, (touched.get(observation.check) ?? false) || moved);
      }
      for (const region of new Set(news.map((each) => each.region)))
        for (const check of guard?.decide(region, monitored.get(region) ?? 0, now()) ?? [])
          if (!touched.has(check)) touched.set(check, false);
      // What comes back since it is held back, and goes again when it fails again, does not flap.
      const guarded = new Set([...touched.keys()].filter(isGuarded));
      // What failed twice, or is well again, before anybody heard of it is not held back.
      for (const check of touched.keys()) releaseCertain(check);
      return [...touched].flatMap(([check, moved]) => {
        const turned = judgeAgain(check, guarded.has(check) || returning.has(check));
        return turned || moved || (guarded.has(check) && isLetGo(check)) ? check : [];
      });
    },
    setWorkers(next) {
      if (!roster.update(next, now())) return [];
      for (const [check, all] of observations) absences.rosterChanged(check, all);
      return [...observations.keys()].filter(
        (check) => judgeAgain(check, true) || (isGuarded(check) && isLetGo(check)),
      );
    },
    tick: () => [...new Set([...verdicts.tick(), ...ofAddresses.tick()].map(checkOf))],
    isLive: roster.isLive,
    verdictOf(check, scope = EVERYWHERE) {
      return verdicts.get(viewOf(check, scope));
    },
    verdictsOf: (check) =>
      verdictKeysOf(check).map((key) => {
        const { healthy } = verdicts.undamped(key);
        return { key, healthy, addresses: ofAddresses.has(key) ? rememberedOf(key, healthy) : undefined };
      }),
    isFromBeforeAbsence: absences.isFromBefore,
    observationsOf: (check) => observations.get(check) ?? [],
    nameOf(check, scope = EVERYWHERE) {
      const key = viewOf(check, scope);
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
      return untilMs ? Math.max(0, untilMs - now()) : undefined;
    },
    recovered: (check, scope = EVERYWHERE) => verdicts.recovered(verdictKeyOf(check, scope)),
    turningTtlSeconds(check, scope = EVERYWHERE) {
      if (turningTtlSeconds === undefined) return undefined;
      const turns = turningNow(check).some(({ region }) => scopeIncludes(scope, region));
      return turns ? turningTtlSeconds : undefined;
    },
    checkOf: checkOf,
    monitoredIn: (region) => monitored.get(region) ?? 0,
  };
}

/** The verdict on a host name: whether one of its addresses is well, where live workers say so. */
function wholeVerdict(verdict: Verdict, healthy: boolean | undefined): Verdict {
  return verdict.stale || healthy === undefined || verdict.healthy === undefined
    ? verdict
    : { ...verdict, healthy };
}

/** Whether a scope is the word of one region. */
function isOneRegion({ regions }: RegionScope): boolean {
  return regions?.length === 1;
}

function sameAddresses(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === b || (a?.length === b?.length && a!.every((address, i) => address === b![i]));
}
