import type { DampingRule } from '../health/damping.ts';
import type { MassFailureRule } from '../health/mass-failure.ts';
import { STALE_POLICIES, type StaleRule } from '../health/verdict.ts';
import { flag, integer, type Mapping, oneOf, optional, type Sound, section } from '../input/reader.ts';

/** Longest time before stale verdicts are too old: a year. */
export const STALE_AFTER_SECONDS_MAX = 31_536_000;
/** Longest window of a mass failure. */
export const MASS_FAILURE_WINDOW_SECONDS_MAX = 3_600;
/** Highest minimum of endpoints for a mass failure. */
export const MASS_FAILURE_MINIMUM_MAX = 1_000_000;

/** Highest number of flips in a window that damping allows. */
export const DAMPING_FLIPS_MAX = 100;
/** Longest window in which flips are counted. */
export const DAMPING_WINDOW_SECONDS_MAX = 86_400;
/** Longest time for which damping keeps an endpoint out at once. */
export const DAMPING_HOLD_SECONDS_MAX = 86_400;

/** Longest TTL while the health of an endpoint may change soon; one above the TTL of the answer has no effect. */
export const TURNING_TTL_SECONDS_MAX = 86_400;
/** Longest time for an endpoint that returns to reach its full weight. */
export const RECOVERY_SECONDS_MAX = 86_400;

/** The rules that make verdicts from observations; they must be the same on every node. */
export interface HealthPolicy {
  readonly stale: StaleRule;
  /** Absent: mass failures are not detected. */
  readonly massFailure?: MassFailureRule;
  /** Absent: verdicts are not damped. */
  readonly damping?: DampingRule;
  /** TTL of answers while the health of an endpoint may change soon; absent: the usual TTL. */
  readonly turningTtlSeconds?: number;
  /** Time for an endpoint that returns to reach its full weight; absent: it has it at once. */
  readonly recoveryMs?: number;
}

const massFailure = {
  enabled: optional(flag, true),
  share_percent: optional(integer(1, 100), 50),
  window_seconds: optional(integer(1, MASS_FAILURE_WINDOW_SECONDS_MAX), 60),
  minimum_endpoints: optional(integer(1, MASS_FAILURE_MINIMUM_MAX), 4),
};
const damping = {
  flips: optional(integer(1, DAMPING_FLIPS_MAX)),
  window_seconds: optional(integer(1, DAMPING_WINDOW_SECONDS_MAX), 300),
  hold_seconds_max: optional(integer(1, DAMPING_HOLD_SECONDS_MAX), 3_600),
};
const fields = {
  stale_after_seconds: optional(integer(1, STALE_AFTER_SECONDS_MAX)),
  stale_policy: optional(oneOf(STALE_POLICIES), 'hold' as const),
  mass_failure: section(massFailure),
  damping: section(damping),
  turning_ttl_seconds: optional(integer(1, TURNING_TTL_SECONDS_MAX)),
  recovery_seconds: optional(integer(1, RECOVERY_SECONDS_MAX)),
};

/** Reads the section `health`. */
export const health = section(fields);

/** Makes the policy of a section without problems. */
export function healthPolicyOf(found: Sound<Mapping<typeof fields>>): HealthPolicy {
  const { stale_after_seconds: after, stale_policy: policy, turning_ttl_seconds, recovery_seconds } = found;
  const { enabled, share_percent, window_seconds, minimum_endpoints } = found.mass_failure;
  const { flips, window_seconds: dampingWindow, hold_seconds_max } = found.damping;
  return {
    stale: { policy: policy, ...(after !== undefined && { afterMs: after * 1_000 }) },
    ...(enabled && {
      massFailure: {
        share: share_percent / 100,
        windowMs: window_seconds * 1_000,
        minimum: minimum_endpoints,
      },
    }),
    ...(flips !== undefined && {
      damping: { flips, windowMs: dampingWindow * 1_000, holdMaxMs: hold_seconds_max * 1_000 },
    }),
    ...(turning_ttl_seconds !== undefined && { turningTtlSeconds: turning_ttl_seconds }),
    ...(recovery_seconds !== undefined && { recoveryMs: recovery_seconds * 1_000 }),
  };
}
