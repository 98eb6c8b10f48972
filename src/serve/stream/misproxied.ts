import type { Logger } from '../logger.ts';

/** For how long nothing more is logged of proxies once something was. */
export const MISPROXIED_QUIET_MS = 10_000;

/**
 * Logs connections of proxies that do not begin with a PROXY protocol header: the first, and of those that follow closely
 * only how many they were, so that a proxy set up wrongly does not fill the log.
 */
export function logMisproxied(
  log: Logger,
  nowMs: () => number = Date.now,
): (from: string, rule: string) => void {
  let quietUntilMs = 0;
  let unsaid = 0;
  return (from, rule) => {
    if (nowMs() < quietUntilMs) {
      unsaid += 1;
      return;
    }
    log.warn({ from, rule, unsaid }, 'closed a connection that had to begin with a PROXY protocol header');
    quietUntilMs = nowMs() + MISPROXIED_QUIET_MS;
    unsaid = 0;
  };
}
