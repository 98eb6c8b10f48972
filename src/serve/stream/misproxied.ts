import type { Logger } from '../logger.ts';

/** For how long nothing more is logged of proxies once something was; twice as long each time. */
export const MISPROXIED_QUIET_MS = 10_000;
/** The longest of these times; after as long without one, the first comes again. */
export const MISPROXIED_QUIET_MS_MAX = 3_600_000;
/** Rules that are logged each by itself. Those beyond share their quiet time, as a rule may name a number of the sender's. */
export const MISPROXIED_RULES_MAX = 16;

/** Called for each `count` that a proxy at `from` sent and that was dropped, with the rule behind it. */
export type Misproxied = (from: string, rule: string, count?: number) => void;

/** How long one rule is quiet. */
interface Quiet {
  loggedMs: number;
  quietMs: number;
  unsaid: number;
}

/**
 * Logs what proxies sent that did not begin with a PROXY protocol header: the first of each rule, and of those that follow only
 * how many they were, more and more seldom, so that a proxy set up wrongly does not fill the log.
 */
export function logMisproxied(
  log: Pick<Logger, 'warn'>,
  epochMs: () => number = Date.now,
  message = 'closed a connection that had to begin with a PROXY protocol header',
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
    const sinceMs = epochMs() - quiet.loggedMs;
    if (sinceMs < quiet.quietMs) {
      quiet.unsaid += count;
      return;
    }
    log.warn({ from, rule, unsaid: quiet.unsaid + count - 1 }, message);
    quiet.quietMs =
      sinceMs > MISPROXIED_QUIET_MS_MAX
        ? MISPROXIED_QUIET_MS
        : Math.min(2 * quiet.quietMs, MISPROXIED_QUIET_MS_MAX);
    quiet.loggedMs = epochMs();
    quiet.unsaid = 0;
  };
}
