import { CALM, type Damping, type DampingRule, stepDamping } from '../../health/damping.ts';
import { recoveredShare } from '../../health/recovery.ts';
import { type StaleRule, staleVerdict, UNKNOWN, type Verdict, whenStale } from '../../health/verdict.ts';
import type { VerdictKey } from '../../voting/region-scope.ts';

/** The verdicts on checks in their region scopes, over time. */
export interface Verdicts {
  get(key: VerdictKey): Verdict;
  /** Returns the verdict by votes alone, without damping and the rule for stale verdicts. */
  undamped(key: VerdictKey): Verdict;
  /**
   * Decides a verdict anew; `judged` gets the last one. Returns true where it changed. `isNoFlap`: a change now comes
   * from the roster or from the guard against mass failures, and does not count as flapping.
   */
  judge(key: VerdictKey, judged: (held: boolean | undefined) => Verdict, isNoFlap: boolean): boolean;
  /** Sets a verdict, which stays in force until the first vote. */
  seed(key: VerdictKey, healthy: boolean): void;
  /** Applies the clock. Returns the keys whose verdicts or recovered shares changed by it. */
  tick(): VerdictKey[];
  /** Has the next tick() decide by changed rules which stale verdicts are too old. */
  rulesChanged(): void;
  /** Returns the share of its weight that a check has back since it recovered; undefined: all of it. */
  recovered(key: VerdictKey): number | undefined;
  forget(key: VerdictKey): void;
  /** Until when damping holds verdicts out, by `monotonicMs`. */
  readonly heldOut: ReadonlyMap<VerdictKey, number>;
  /** Returns for how long a verdict is stale, milliseconds; undefined: live workers vote. */
  staleMs(key: VerdictKey): number | undefined;
  /** Number of stale verdicts, and the age of the oldest. */
  readonly stale: { readonly verdicts: number; readonly oldestMs: number };
  /** Number of changed verdicts so far, by the new value. The first verdict on a check counts. */
  readonly changes: { readonly healthy: number; readonly unhealthy: number };
}

/** How verdicts change over time. They are read at each use, since a reload of the configuration may change them. */
export interface VerdictRules {
  readonly stale: StaleRule;
  /** Absent: no damping. */
  readonly damping?: DampingRule | undefined;
  /** Time in which a recovered check gets its weight back; absent: at once. */
  readonly recoveryMs?: number | undefined;
  /** The map of held-out verdicts, which several Verdicts may share; absent: a map of its own. */
  readonly heldOut?: Map<VerdictKey, number>;
}

/** A recovered check: since when, and the latest share of its weight. */
interface Recovery {
  readonly sinceMs: number;
  share: number;
}

/** Creates verdicts, of which there are none yet. `monotonicMs`: a clock that never jumps. */
export function createVerdicts(monotonicMs: () => number, rules: VerdictRules): Verdicts {
  const { heldOut = new Map<VerdictKey, number>() } = rules;
  /** Verdicts by votes alone. */
  const judged = new Map<VerdictKey, Verdict>();
  /** Since when verdicts are stale: the ones that are not too old yet, oldest first, and below the others. */
  const notYetTooOld = new Map<VerdictKey, number>();
  const tooOld = new Map<VerdictKey, number>();
  const flapping = new Map<VerdictKey, Damping>();
  const recovering = new Map<VerdictKey, Recovery>();
  const changes = { healthy: 0, unhealthy: 0 };

  const staleSince = (key: VerdictKey) =>
    tooOld.size + notYetTooOld.size > 0 ? (tooOld.get(key) ?? notYetTooOld.get(key)) : undefined;
  const get = (key: VerdictKey) => {
    const verdict = judged.get(key) ?? UNKNOWN;
    // Both are usually empty, and this runs for every endpoint of a long list.
    const sinceMs = tooOld.size > 0 ? tooOld.get(key) : undefined;
    const aged = sinceMs === undefined ? verdict : whenStale(verdict, monotonicMs() - sinceMs, rules.stale);
    return heldOut.size > 0 && heldOut.has(key) ? { ...aged, healthy: false } : aged;
  };

  function put(key: VerdictKey, verdict: Verdict): void {
    judged.set(key, verdict);
    if (!verdict.stale) {
      notYetTooOld.delete(key);
      tooOld.delete(key);
    } else if (staleSince(key) === undefined) notYetTooOld.set(key, monotonicMs());
  }

  function noteFlip(key: VerdictKey): void {
    const { damping } = rules;
    if (damping === undefined) return;
    const next = stepDamping(flapping.get(key) ?? CALM, monotonicMs(), damping);
    flapping.set(key, next);
    if (next.untilMs > monotonicMs()) heldOut.set(key, next.untilMs);
  }

  /** Ends damping that lasted long enough, or that the rules no longer have. Returns the keys whose verdicts changed by it. */
  function letGo(): VerdictKey[] {
    const turned: VerdictKey[] = [];
    for (const [key, untilMs] of heldOut) {
      if ((rules.damping !== undefined && monotonicMs() < untilMs) || !judged.has(key)) continue;
      const was = get(key);
      heldOut.delete(key);
      if (count(key, was)) turned.push(key);
    }
    return turned;
  }

  /** Counts a changed verdict. Returns true where it changed. */
  function count(key: VerdictKey, was: Verdict): boolean {
    const { healthy } = get(key);
    if (healthy === was.healthy) return false;
    changes[healthy ? 'healthy' : 'unhealthy'] += 1;
    // Only a check that was unhealthy can recover.
    if (healthy && was.healthy === false && rules.recoveryMs !== undefined)
      recovering.set(key, { sinceMs: monotonicMs(), share: recoveredShare(0, 0, rules.recoveryMs) });
    else recovering.delete(key);
    return true;
  }

  /** Applies the clock to recovering checks. Returns those that have more of their weight. */
  function recover(): VerdictKey[] {
    const turned: VerdictKey[] = [];
    const { recoveryMs } = rules;
    for (const [key, recovery] of recovering) {
      const share =
        recoveryMs === undefined ? 1 : recoveredShare(recovery.sinceMs, monotonicMs(), recoveryMs);
      if (share === recovery.share) continue;
      recovery.share = share;
      if (share === 1) recovering.delete(key);
      turned.push(key);
    }
    return turned;
  }

  return {
    get,
    undamped: (key) => judged.get(key) ?? UNKNOWN,
    judge(key, judge, isNoFlap) {
      const was = get(key);
      const held = judged.get(key)?.healthy;
      put(key, judge(held));
      if (!isNoFlap && held !== undefined && held !== judged.get(key)!.healthy) noteFlip(key);
      return count(key, was);
    },
    seed: (key, healthy) => put(key, staleVerdict(healthy)),
    tick() {
      const { afterMs } = rules.stale;
      const turned = [...recover(), ...letGo()];
      if (afterMs === undefined) return turned;
      for (const [key, sinceMs] of notYetTooOld) {
        if (monotonicMs() - sinceMs < afterMs) break;
        const was = get(key);
        notYetTooOld.delete(key);
        tooOld.set(key, sinceMs);
        if (count(key, was)) turned.push(key);
      }
      return turned;
    },
    rulesChanged() {
      const all = [...tooOld, ...notYetTooOld].sort(([, a], [, b]) => a - b);
      tooOld.clear();
      notYetTooOld.clear();
      for (const [key, sinceMs] of all) notYetTooOld.set(key, sinceMs);
    },
    forget(key) {
      for (const map of [judged, notYetTooOld, tooOld, flapping, heldOut, recovering]) map.delete(key);
    },
    recovered: (key) => recovering.get(key)?.share,
    staleMs(key) {
      const since = staleSince(key);
      return since === undefined ? undefined : monotonicMs() - since;
    },
    heldOut,
    get stale() {
      // Both are in the order in which verdicts became stale.
      const oldest = [tooOld, notYetTooOld].flatMap((map) => map.values().take(1).toArray());
      const oldestMs = oldest.length === 0 ? 0 : monotonicMs() - Math.min(...oldest);
      return { verdicts: tooOld.size + notYetTooOld.size, oldestMs };
    },
    changes,
  };
}
