import type { Logger } from '../logger.ts';

/** After a log line about a rule, the next one about it waits at least this long; each time twice as long. */
export const MISPROXIED_QUIET_MS = 10_000;
/** The longest of these waits. A rule that was not broken for this long starts again with the shortest. */
export const MISPROXIED_QUIET_MS_MAX = 3_600_000;
/** Rules that have a wait of their own. All others share one, since a rule may contain a number that the sender chose. */
export const MISPROXIED_RULES_MAX = 16;

/** Notes that `count` queries or connections of the proxy at `from` were dropped, because they broke a rule. */
export type Misproxied = (from: string, rule: string, count?: number) => void;

/** When a rule was logged last, and how long it waits. */
interface Quiet {
  loggedMs: number;
  quietMs: number;
  unsaid: number;
}

/**
 * Logs queries and connections of proxies that were dropped because they did not begin with a PROXY protocol header: the first of each
 * rule at once, later ones as a number, less and less often. So a proxy that is configured wrongly does not fill the log. `monotonicMs`: a clock that never jumps.
 */
export function logMisproxied(
  log: Pick<Logger, 'warn'>,
  monotonicMs: () => number = () => performance.now(),
  message = 'Closed a connection of a proxy, because it did not begin with a PROXY protocol header.',
): Misproxied {
  const byRule = new Map<string, Quiet>();
  const fresh = (): Quiet => ({ loggedMs: Number.NEGATIVE_INFINITY, quietMs: 0, unsaid: 0 });
  const rest = fresh();

  function quietOf(rule: string): Quiet {
    const known = byRule.get(rule);
    if (known !== undefined || byRule.size >= MISPROXIED_RULES_MAX) return known ?? rest;
    const own = fresh();
    byRule.set(rule, own);
    return own;
  }

  return (from, rule, count = 1) => {
    const quiet = quietOf(rule);
    const sinceMs = monotonicMs() - quiet.loggedMs;
    if (sinceMs < quiet.quietMs) {
      quiet.unsaid += count;
      return;
    }
    log.warn({ from, rule, unsaid: quiet.unsaid + count - 1 }, message);
    quiet.quietMs =
      sinceMs > MISPROXIED_QUIET_MS_MAX
        ? MISPROXIED_QUIET_MS
        : Math.min(2 * quiet.quietMs, MISPROXIED_QUIET_MS_MAX);
    quiet.loggedMs = monotonicMs();
    quiet.unsaid = 0;
  };
}
