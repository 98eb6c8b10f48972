import type { Logger } from '../logger.ts';

/** For how long nothing more is logged of proxies once something was; twice as long each time. */
export const MISPROXIED_QUIET_MS = 10_000;
/** The longest of these times; after as long without one, the first comes again. */
export const MISPROXIED_QUIET_MS_MAX = 3_600_000;

/** Called for each `count` that a proxy at `from` sent and that was dropped, with the rule behind it. */
export type Misproxied = (from: string, rule: string, count?: number) => void;

/**
 * Logs what proxies sent that did not begin with a PROXY protocol header: the first, and of those that follow only how
 * many they were, more and more seldom, so that a proxy set up wrongly does not fill the log.
 */
export function logMisproxied(
  log: Pick<Logger, 'warn'>,
  nowMs: () => number = Date.now,
  message = 'closed a connection that had to begin with a PROXY protocol header',
): Misproxied {
  let loggedMs = Number.NEGATIVE_INFINITY;
  let quietMs = 0;
  let unsaid = 0;
  return (from, rule, count = 1) => {
    const sinceMs = nowMs() - loggedMs;
    if (sinceMs < quietMs) {
      unsaid += count;
      return;
    }
    log.warn({ from, rule, unsaid: unsaid + count - 1 }, message);
    quietMs =
      sinceMs > MISPROXIED_QUIET_MS_MAX
        ? MISPROXIED_QUIET_MS
        : Math.min(2 * quietMs, MISPROXIED_QUIET_MS_MAX);
    loggedMs = nowMs();
    unsaid = 0;
  };
}
