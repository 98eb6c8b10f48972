import type { CheckKey } from '../../check/check.ts';
import type { Worker } from '../../check/worker.ts';
import type { DampingRule } from '../../health/damping.ts';
import type { MassFailureRule } from '../../health/mass-failure.ts';
import type { Observation } from '../../health/observation.ts';
import type { StaleRule, Verdict } from '../../health/verdict.ts';
import { createAbsences } from '../../voting/absences.ts';
import { EVERYWHERE, type RegionScope, scopeIncludes, type VerdictKey } from '../../voting/region-scope.ts';
import { createRoster } from '../../voting/roster.ts';
import { votesOf } from '../../voting/voters.ts';
import type { NameVerdict } from './address-verdicts.ts';
import { createContradictions } from './contradictions.ts';
import { createHeldBack, type HeldBackChecks } from './held-back.ts';
import { createObservedChecks } from './observed-checks.ts';
import { createScopedVerdicts, isOneRegion, type ScopedVerdicts } from './scoped-verdicts.ts';
import type { VerdictRules } from './verdicts.ts';

/** All that a node knows of health: the observations, the roster, and the verdicts decided from them. */
export interface HealthState {
  /** Takes in observations. Returns the checks whose verdict changed, or that are no longer held back. */
  observe(observations: readonly Observation[]): CheckKey[];
  /**
   * Takes in the live workers, and judges all checks again where other observations may count by that: one check a step, so
   * that other work may go on in between. Each step returns the check if its verdict changed. A check that is observed
   * meanwhile is judged before that. The next call ends the steps that are left of this one.
   */
  setWorkers(workers: readonly Worker[]): Iterable<CheckKey | undefined>;
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
  verdictsOf(check: CheckKey): ReturnType<ScopedVerdicts['undampedOf']>;
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
  readonly changes: ScopedVerdicts['changes'];
  readonly stale: ScopedVerdicts['stale'];
  /** The checks that mass failures hold back, by region. */
  readonly heldBack: HeldBackChecks['heldBack'];
  /** Returns true while a mass failure holds back the failure of a check in a scope, until live workers observe it again. */
  isHeldBack(check: CheckKey, scope: RegionScope): boolean;
  /** Returns the number of checks that a region observes. */
  monitoredIn(region: string): number;
  /** Until when damping holds verdicts out, by the clock of this state. */
  readonly heldOut: ScopedVerdicts['heldOut'];
  /** Returns for how long damping still holds a check out, milliseconds; undefined: it does not. */
  heldOutMs(check: CheckKey, scope?: RegionScope): number | undefined;
  /** Returns the share of its weight that a check has back since it recovered; undefined: all of it. */
  recovered(check: CheckKey, scope?: RegionScope): number | undefined;
  /** Returns the longest TTL of answers that depend on a check, while a live worker's results contradict its verdict; undefined: any. */
  turningTtlSeconds(check: CheckKey, scope?: RegionScope): number | undefined;
  checkOf(view: VerdictKey): CheckKey;
  /** Decides by other rules from now on, and judges all checks again: in steps like those of setWorkers(). */
  useRules(rules: HealthRules): Iterable<CheckKey | undefined>;
}

/** The rules by which a node decides verdicts, which a reload of the configuration may change. */
export interface HealthRules {
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

/** Rules and settings of createHealthState. */
export interface HealthOptions extends HealthRules {
  /** Number of workers of a region that run each check. */
  readonly probersPerRegion: number;
  /** A clock that never jumps, milliseconds. */
  readonly monotonicMs: () => number;
  /** The region of this node; absent: none. */
  readonly region?: string;
}

/** Creates an empty health state. */
export function createHealthState(options: HealthOptions): HealthState {
  const { probersPerRegion, monotonicMs, region = '' } = options;
  const rules = { ...verdictRulesOf(options), heldOut: new Map<VerdictKey, number>() };
  let { turningTtlSeconds } = options;
  const observed = createObservedChecks(judgeByRoster);
  const observationsOf = observed.of;
  const roster = createRoster();
  const voting = { roster, probersPerRegion };
  const absences = createAbsences(voting);
  const heldBack = createHeldBack(options.massFailure, monotonicMs);
  const verdicts = createScopedVerdicts({
    monotonicMs,
    rules,
    voting,
    absences,
    heldBack,
    observationsOf,
    ownRegion: region,
  });
  const contradictions = createContradictions({
    isUsed: () => turningTtlSeconds !== undefined,
    liveVotesOf: (check) =>
      votesOf(check, absences.withoutEarlier(observationsOf(check)), voting).filter(({ worker }) =>
        roster.isLive(worker),
      ),
  });

  function judgeAgain(check: CheckKey, isNoFlap: boolean): boolean {
    const isContradicted = contradictions.update(check);
    return verdicts.judge(check, isNoFlap) || isContradicted;
  }

  const isGuarded = (check: CheckKey) => heldBack.regionsOf(check).length > 0;

  /** Nothing is held back where no worker is live that could observe it again. */
  const isHeldBack = (check: CheckKey, scope: RegionScope) =>
    !isOneRegion(scope) &&
    heldBack.regionsOf(check).some((each) => scopeIncludes(scope, each) && roster.hasVote(each)) &&
    !verdicts.isStale(check, scope);
  const isLetGo = (check: CheckKey) => !isHeldBack(check, EVERYWHERE);

  /** Judges a check after the roster changed. Returns true where its verdict changed. */
  function judgeByRoster(check: CheckKey): boolean {
    absences.rosterChanged(check, observationsOf(check));
    return judgeAgain(check, true) || (isGuarded(check) && isLetGo(check));
  }

  /** Puts an observation in the place of those that it replaces. Returns true where more than its verdict is new. */
  function replace(observation: Observation, known: readonly Observation[]): boolean {
    const { check, region: of, worker } = observation;
    const before = known.find((each) => each.region === of && each.worker === worker);
    roster.noteSeen(worker, monotonicMs());
    absences.observed(observation, before);
    // The observation of a worker that took a check over replaces those of workers that are gone.
    const others = known.filter(
      (other) => other !== before && (other.region !== of || roster.mayBeLive(other.worker)),
    );
    // Most checks have one worker, and a literal of one element takes less memory than a spread one.
    const next = others.length > 0 ? [...others, observation] : [observation];
    observed.put(check, next);
    return (
      !sameAddresses(before?.addresses, observation.addresses) ||
      before?.addressTtlSeconds !== observation.addressTtlSeconds ||
      before?.certificateEndsAtMs !== observation.certificateEndsAtMs
    );
  }

  return {
    observe(news) {
      /** Checks to judge, and whether more than the verdict changed. */
      const touched = new Map<CheckKey, boolean>();
      /** Checks that a region observes again after an absence. */
      const returning = new Set<CheckKey>();
      for (const observation of news) {
        const { check } = observation;
        const turned = observed.judgeIfDue(check);
        const known = observationsOf(check);
        heldBack.note(observation, known);
        const isReturning = known.some(
          (each) => each.region === observation.region && absences.isFromBefore(each),
        );
        const moved = replace(observation, known);
        // A change during an absence is no flapping.
        if (isReturning) returning.add(check);
        touched.set(check, (touched.get(check) ?? false) || moved || turned);
      }
      for (const check of heldBack.decide(new Set(news.map((each) => each.region))))
        if (!touched.has(check)) touched.set(check, false);
      // An endpoint that comes back because it is held back, and fails again, does not flap.
      const guarded = new Set([...touched.keys()].filter(isGuarded));
      // A check that failed twice, or is healthy again, is not held back.
      for (const check of touched.keys()) heldBack.releaseCertain(check, observationsOf(check));
      return [...touched].flatMap(([check, moved]) => {
        const turned = judgeAgain(check, guarded.has(check) || returning.has(check));
        return turned || moved || (guarded.has(check) && isLetGo(check)) ? check : [];
      });
    },
    setWorkers(next) {
      // Steps that are left know nothing of a roster that changes twice.
      const late = observed.endRound();
      return roster.update(next, monotonicMs()) ? observed.beginRound(late) : late;
    },
    tick: verdicts.tick,
    isLive: roster.isLive,
    verdictOf: (check, scope = EVERYWHERE) => verdicts.of(check, scope),
    verdictsOf: verdicts.undampedOf,
    isFromBeforeAbsence: absences.isFromBefore,
    observationsOf,
    nameOf: (check, scope = EVERYWHERE) => verdicts.nameOf(check, scope),
    addressesOf: (check) => verdicts.nameOf(check, EVERYWHERE)?.addresses.map(({ address }) => address),
    seed: (check, healthy, addresses) => verdicts.seed(check as VerdictKey, healthy, addresses),
    forget(check) {
      heldBack.forget(check, observationsOf(check));
      observed.forget(check);
      contradictions.forget(check);
      verdicts.forget(check);
    },
    get liveWorkers() {
      return roster.workers;
    },
    staleMs: (check, scope = EVERYWHERE) => verdicts.staleMs(check, scope),
    changes: verdicts.changes,
    get stale() {
      return verdicts.stale;
    },
    heldBack: heldBack.heldBack,
    isHeldBack,
    heldOut: verdicts.heldOut,
    heldOutMs: (check, scope = EVERYWHERE) => verdicts.heldOutMs(check, scope),
    recovered: (check, scope = EVERYWHERE) => verdicts.recovered(check, scope),
    turningTtlSeconds: (check, scope = EVERYWHERE) =>
      contradictions.isIn(check, scope) ? turningTtlSeconds : undefined,
    checkOf: verdicts.checkOf,
    useRules(next) {
      Object.assign(rules, verdictRulesOf(next));
      ({ turningTtlSeconds } = next);
      heldBack.useRule(next.massFailure);
      verdicts.rulesChanged();
      return observed.beginRound(observed.endRound());
    },
    monitoredIn: heldBack.monitoredIn,
  };
}

function verdictRulesOf({ stale = { policy: 'hold' }, damping, recoveryMs }: HealthRules): VerdictRules {
  return { stale, damping, recoveryMs };
}

function sameAddresses(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === b || (a?.length === b?.length && a!.every((address, i) => address === b![i]));
}
