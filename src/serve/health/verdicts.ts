import { CALM, type Damping, type DampingRule, stepDamping } from '../../health/damping.ts';
import { recoveredShare } from '../../health/recovery.ts';
import { type StaleRule, staleVerdict, UNKNOWN, type Verdict, whenStale } from '../../health/verdict.ts';
import type { VerdictKey } from '../../voting/region-scope.ts';

/** The verdicts on checks, each as one scope sees it, over time. */
export interface Verdicts {
  get(key: VerdictKey): Verdict;
  /** What observations came to, whatever its age and however often it flipped. */
  undamped(key: VerdictKey): Verdict;
  /**
   * Judges anew; `judged` is given the verdict that is held. Says whether it became another. `isNoFlap`: since workers
   * came or went, or the guard against mass failures holds back or lets go, which is no flapping of what is checked.
   */
  judge(key: VerdictKey, judged: (held: boolean | undefined) => Verdict, isNoFlap: boolean): boolean;
  /** Starts from this verdict, held. */
  seed(key: VerdictKey, healthy: boolean): void;
  /** Looks at the clock; returns the keys whose verdicts, or recovered shares, became others by it. */
  tick(): VerdictKey[];
  /** What of its weight a check has again that turned healthy a short while ago; undefined: all of it. */
  recovered(key: VerdictKey): number | undefined;
  forget(key: VerdictKey): void;
  /** Until when verdicts are unhealthy whatever is judged, since they flap; by `now`. */
  readonly heldOut: ReadonlyMap<VerdictKey, number>;
  /** Milliseconds since a verdict is no more than held; undefined: live workers report. */
  staleMs(key: VerdictKey): number | undefined;
  /** How many verdicts are no more than held, and for how long the oldest has been. */
  readonly stale: { readonly verdicts: number; readonly oldestMs: number };
  /** Verdicts that became another, by what they became, so far; the first on a check counts. */
  readonly changes: { readonly healthy: number; readonly unhealthy: number };
}

/** How verdicts change over time. */
export interface VerdictRules {
  readonly stale: StaleRule;
  /** Absent: nothing is held out. */
  readonly damping?: DampingRule | undefined;
  /** How long what comes back takes to have its whole weight; absent: no time. */
  readonly recoveryMs?: number | undefined;
  /** Where it is noted until when verdicts are held out, which other Verdicts may share; absent: in a map of their own. */
  readonly heldOut?: Map<VerdictKey, number>;
}

/** A check that turned healthy again, since when, and the share that was told last. */
interface Recovery {
  readonly sinceMs: number;
  share: number;
}

/** No verdicts yet. `now`: milliseconds of a clock that does not jump. */
export function createVerdicts(
  now: () => number,
  { stale: rule, damping, recoveryMs, heldOut = new Map() }: VerdictRules,
): Verdicts {
  /** What observations came to, whatever its age. */
  const judged = new Map<VerdictKey, Verdict>();
  /** Since when verdicts are stale: those that the rule leaves alone yet, the oldest first, and the others. */
  const notYetTooOld = new Map<VerdictKey, number>();
  const tooOld = new Map<VerdictKey, number>();
  const flapping = new Map<VerdictKey, Damping>();
  const recovering = new Map<VerdictKey, Recovery>();
  const changes = { healthy: 0, unhealthy: 0 };

  const staleSince = (key: VerdictKey) =>
    tooOld.size + notYetTooOld.size > 0 ? (tooOld.get(key) ?? notYetTooOld.get(key)) : undefined;
  const get = (key: VerdictKey) => {
    const verdict = judged.get(key) ?? UNKNOWN;
    // Both are empty as a rule, and this is asked for every endpoint of a long list.
    const sinceMs = tooOld.size > 0 ? tooOld.get(key) : undefined;
    const aged = sinceMs === undefined ? verdict : whenStale(verdict, now() - sinceMs, rule);
    return heldOut.size > 0 && heldOut.has(key) ? { ...aged, healthy: false } : aged;
  };

  function put(key: VerdictKey, verdict: Verdict): void {
    judged.set(key, verdict);
    if (!verdict.stale) {
      notYetTooOld.delete(key);
      tooOld.delete(key);
    } else if (staleSince(key) === undefined) notYetTooOld.set(key, now());
  }

  function noteFlip(key: VerdictKey): void {
    if (damping === undefined) return;
    const next = stepDamping(flapping.get(key) ?? CALM, now(), damping);
    flapping.set(key, next);
    if (next.untilMs > now()) heldOut.set(key, next.untilMs);
  }

  /** Lets those go that were held out for long enough; returns those whose verdict is another then. */
  function letGo(): VerdictKey[] {
    const turned: VerdictKey[] = [];
    for (const [key, untilMs] of heldOut) {
      if (now() < untilMs || !judged.has(key)) continue;
      const was = get(key);
      heldOut.delete(key);
      if (count(key, was)) turned.push(key);
    }
    return turned;
  }

  /** Whether the verdict is another than it was. */
  function count(key: VerdictKey, was: Verdict): boolean {
    const { healthy } = get(key);
    if (healthy === was.healthy) return false;
    changes[healthy ? 'healthy' : 'unhealthy'] += 1;
    // What was never known to be unhealthy does not come back.
    if (healthy && was.healthy === false && recoveryMs !== undefined)
      recovering.set(key, { sinceMs: now(), share: recoveredShare(0, 0, recoveryMs) });
    else recovering.delete(key);
    return true;
  }

  /** Looks who has more of its weight again; returns those. */
  function recover(): VerdictKey[] {
    const turned: VerdictKey[] = [];
    for (const [key, recovery] of recovering) {
      const share = recoveredShare(recovery.sinceMs, now(), recoveryMs!);
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
      const { afterMs } = rule;
      const turned = [...recover(), ...letGo()];
      if (afterMs === undefined) return turned;
      for (const [key, sinceMs] of notYetTooOld) {
        if (now() - sinceMs < afterMs) break;
        const was = get(key);
        notYetTooOld.delete(key);
        tooOld.set(key, sinceMs);
        if (count(key, was)) turned.push(key);
      }
      return turned;
    },
    forget(key) {
      for (const map of [judged, notYetTooOld, tooOld, flapping, heldOut, recovering]) map.delete(key);
    },
    recovered: (key) => recovering.get(key)?.share,
    staleMs(key) {
      const since = staleSince(key);
      return since === undefined ? undefined : now() - since;
    },
    heldOut,
    get stale() {
      // Both are in the order in which verdicts became stale.
      const oldest = [tooOld, notYetTooOld].flatMap((map) => map.values().take(1).toArray());
      const oldestMs = oldest.length === 0 ? 0 : now() - Math.min(...oldest);
      return { verdicts: tooOld.size + notYetTooOld.size, oldestMs };
    },
    changes,
  };
}
