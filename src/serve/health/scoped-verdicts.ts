import type { CheckKey } from '../../check/check.ts';
import type { Observation } from '../../health/observation.ts';
import { judge, judgeOwnFirst, type Verdict } from '../../health/verdict.ts';
import type { Absences } from '../../voting/absences.ts';
import {
  EVERYWHERE,
  type RegionScope,
  scopeIncludes,
  type VerdictKey,
  verdictKeyOf,
} from '../../voting/region-scope.ts';
import { type VotingRules, votesOf } from '../../voting/voters.ts';
import { createAddressVerdicts, type NameVerdict } from './address-verdicts.ts';
import type { HeldBackChecks } from './held-back.ts';
import { createVerdicts, type VerdictRules, type Verdicts } from './verdicts.ts';

/** The verdicts on checks, each in every region scope that was asked for. */
export interface ScopedVerdicts extends Pick<Verdicts, 'changes' | 'stale' | 'heldOut'> {
  /**
   * Decides the verdicts on a check anew in all its scopes. Returns true where one changed. `isNoFlap`: a change now is no
   * flapping.
   */
  judge(check: CheckKey, isNoFlap: boolean): boolean;
  /** Has the next tick() decide by changed rules which stale verdicts are too old. */
  rulesChanged(): void;
  /** Applies the clock. Returns the checks whose verdicts changed by it. */
  tick(): CheckKey[];
  of(check: CheckKey, scope: RegionScope): Verdict;
  /** Returns true where no live worker votes on a check in a scope, by votes alone. */
  isStale(check: CheckKey, scope: RegionScope): boolean;
  /** Returns the verdict on the host name of a check; undefined: it has an address, or the name had none yet. */
  nameOf(check: CheckKey, scope: RegionScope): NameVerdict | undefined;
  /** Returns the undamped verdict in each scope, with the addresses of a host name that are answered by it. */
  undampedOf(check: CheckKey): {
    readonly key: VerdictKey;
    readonly healthy: boolean | undefined;
    readonly addresses: readonly string[] | undefined;
  }[];
  staleMs(check: CheckKey, scope: RegionScope): number | undefined;
  /** Returns for how long damping still holds a check out, milliseconds; undefined: it does not. */
  heldOutMs(check: CheckKey, scope: RegionScope): number | undefined;
  recovered(check: CheckKey, scope: RegionScope): number | undefined;
  seed(key: VerdictKey, healthy: boolean, addresses: readonly string[] | undefined): void;
  forget(check: CheckKey): void;
  checkOf(key: VerdictKey): CheckKey;
}

/** Dependencies and settings of createScopedVerdicts. */
export interface ScopedVerdictsOptions {
  /** A clock that never jumps, milliseconds. */
  readonly monotonicMs: () => number;
  readonly rules: VerdictRules & Required<Pick<VerdictRules, 'heldOut'>>;
  readonly voting: VotingRules;
  readonly absences: Pick<Absences, 'isAwaited' | 'withoutEarlier'>;
  readonly heldBack: Pick<HeldBackChecks, 'isActive' | 'believed'>;
  /** Returns all observations of a check. */
  readonly observationsOf: (check: CheckKey) => readonly Observation[];
  /** The region of this node; empty: none. */
  readonly ownRegion: string;
}

/** Creates verdicts, of which there are none yet. */
export function createScopedVerdicts(options: ScopedVerdictsOptions): ScopedVerdicts {
  const { monotonicMs, voting, absences, heldBack, observationsOf, ownRegion } = options;
  const { rules } = options;
  const { heldOut } = rules;
  const verdicts = createVerdicts(monotonicMs, rules);
  const ofAddresses = createAddressVerdicts(monotonicMs, rules);
  /** The scopes of checks besides EVERYWHERE. */
  const scopes = new Map<CheckKey, Map<VerdictKey, RegionScope>>();
  const checkOfKey = new Map<VerdictKey, CheckKey>();

  const checkOf = (key: VerdictKey) => {
    const view = ofAddresses.viewOf(key);
    return checkOfKey.get(view) ?? (view as string as CheckKey);
  };

  function judgeScope(check: CheckKey, key: VerdictKey, scope: RegionScope, isNoFlap: boolean): boolean {
    const all = observationsOf(check);
    const seen = scope.regions === undefined ? all : all.filter(({ region }) => scopeIncludes(scope, region));
    // A pool that chose one region gets its verdict: no mass failure is held back there.
    const isBelieved = isOneRegion(scope) || !heldBack.isActive;
    const known = isBelieved ? seen : seen.map(heldBack.believed);
    // Where no region had a vote, and one returned before another, the verdict waits for both.
    const isOpen = verdicts.undamped(key).stale && absences.isAwaited(seen);
    const counting = isOpen ? [] : votesOf(check, absences.withoutEarlier(seen), voting);
    const counts = (worker: string) => counting.some((each) => each.worker === worker);
    const judged = (held: boolean | undefined) =>
      scope.isOwnRegionFirst ? judgeOwnFirst(ownRegion, known, counts, held) : judge(known, counts, held);
    // The common case is quick: the check of an address.
    if (!ofAddresses.has(key) && !seen.some((each) => each.addresses !== undefined))
      return verdicts.judge(key, judged, isNoFlap);
    const votes = known.filter(({ worker, fault }) => fault === undefined && counts(worker));
    const near = scope.isOwnRegionFirst ? votes.filter(({ region }) => region === ownRegion) : [];
    const name = ofAddresses.judge(key, { known, votes: near.length > 0 ? near : votes, isNoFlap });
    // Damping is for addresses: a name is healthy while one of them is.
    const whole = (held: boolean | undefined) => wholeVerdict(judged(held), name?.healthy);
    return verdicts.judge(key, whole, isNoFlap || name !== undefined) || (name?.turned ?? false);
  }

  /** Returns the key of the verdict in a scope, which is decided from then on. */
  function keyIn(check: CheckKey, scope: RegionScope): VerdictKey {
    const key = verdictKeyOf(check, scope);
    if (scope !== EVERYWHERE && !scopes.get(check)?.has(key)) addScope(check, key, scope);
    return key;
  }

  function addScope(check: CheckKey, key: VerdictKey, scope: RegionScope): void {
    const known = scopes.get(check);
    if (known === undefined) scopes.set(check, new Map([[key, scope]]));
    else known.set(key, scope);
    checkOfKey.set(key, check);
    judgeScope(check, key, scope, false);
  }

  const keysOf = (check: CheckKey) => [verdictKeyOf(check, EVERYWHERE), ...(scopes.get(check)?.keys() ?? [])];

  /** Returns the addresses of a host name for the last good state: the healthy ones where there are any, else all. */
  function rememberedOf(key: VerdictKey, healthy: boolean | undefined): readonly string[] {
    const well = healthy ? ofAddresses.undampedHealthy(key) : [];
    return well.length > 0 ? well : ofAddresses.of(key)!.addresses.map(({ address }) => address);
  }

  return {
    judge(check, isNoFlap) {
      let turned = judgeScope(check, verdictKeyOf(check, EVERYWHERE), EVERYWHERE, isNoFlap);
      for (const [key, scope] of scopes.get(check) ?? [])
        turned = judgeScope(check, key, scope, isNoFlap) || turned;
      return turned;
    },
    tick: () => [...new Set([...verdicts.tick(), ...ofAddresses.tick()].map(checkOf))],
    rulesChanged() {
      verdicts.rulesChanged();
      ofAddresses.rulesChanged();
    },
    of: (check, scope) => verdicts.get(keyIn(check, scope)),
    isStale: (check, scope) => verdicts.undamped(verdictKeyOf(check, scope)).stale,
    nameOf(check, scope) {
      const key = keyIn(check, scope);
      return ofAddresses.has(key) ? ofAddresses.of(key) : undefined;
    },
    undampedOf: (check) =>
      keysOf(check).map((key) => {
        const { healthy } = verdicts.undamped(key);
        return { key, healthy, addresses: ofAddresses.has(key) ? rememberedOf(key, healthy) : undefined };
      }),
    staleMs: (check, scope) => verdicts.staleMs(verdictKeyOf(check, scope)),
    heldOutMs(check, scope) {
      if (heldOut.size === 0) return undefined;
      const key = verdictKeyOf(check, scope);
      // A host name is held out as a whole when each of its addresses is.
      const ends = ofAddresses.of(key)?.addresses.map((each) => each.heldOutUntilMs ?? 0);
      const untilMs = ends === undefined ? heldOut.get(key) : Math.min(...ends);
      return untilMs ? Math.max(0, untilMs - monotonicMs()) : undefined;
    },
    recovered: (check, scope) => verdicts.recovered(verdictKeyOf(check, scope)),
    seed(key, healthy, addresses) {
      if (verdicts.get(key).healthy !== undefined) return;
      verdicts.seed(key, healthy);
      if (addresses !== undefined) ofAddresses.seed(key, healthy, addresses);
    },
    forget(check) {
      for (const key of keysOf(check)) {
        verdicts.forget(key);
        ofAddresses.forget(key);
        checkOfKey.delete(key);
      }
      scopes.delete(check);
    },
    checkOf,
    heldOut,
    changes: verdicts.changes,
    get stale() {
      return verdicts.stale;
    },
  };
}

/** Returns the verdict on a host name: healthy while one of its addresses is, where live workers vote. */
function wholeVerdict(verdict: Verdict, healthy: boolean | undefined): Verdict {
  return verdict.stale || healthy === undefined || verdict.healthy === undefined
    ? verdict
    : { ...verdict, healthy };
}

/** Returns true for a scope of exactly one region. */
export function isOneRegion({ regions }: RegionScope): boolean {
  return regions?.length === 1;
}
