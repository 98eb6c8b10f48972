import type { DampingRule } from '../health/damping.ts';
import type { MassFailureRule } from '../health/mass-failure.ts';
import { STALE_POLICIES, type StaleRule } from '../health/verdict.ts';
import { flag, integer, type Mapping, oneOf, optional, section } from '../input/reader.ts';

/** Longest time after which verdicts may be too old: a year. */
export const STALE_AFTER_SECONDS_MAX = 31_536_000;
/** Longest window of a mass failure. */
export const MASS_FAILURE_WINDOW_SECONDS_MAX = 3_600;
/** Endpoints that a mass failure may be made to take. */
export const MASS_FAILURE_MINIMUM_MAX = 1_000_000;

/** Flips in a window that may be allowed. */
export const DAMPING_FLIPS_MAX = 100;
/** Longest window in which flips are counted. */
export const DAMPING_WINDOW_SECONDS_MAX = 86_400;
/** Longest time to hold out at once. */
export const DAMPING_HOLD_SECONDS_MAX = 86_400;

/** Longest TTL while an endpoint is on its way to turn; a longer one than the answer's changes nothing. */
export const TURNING_TTL_SECONDS_MAX = 86_400;
/** Longest time that what comes back may take to have its whole weight. */
export const RECOVERY_SECONDS_MAX = 86_400;

/** How verdicts are made of what workers observe; the same on every node. */
export interface HealthPolicy {
  readonly stale: StaleRule;
  /** Absent: nothing is ever held back. */
  readonly massFailure?: MassFailureRule;
  /** Absent: what flaps is not held out. */
  readonly damping?: DampingRule;
  /** TTL of answers while an endpoint is on its way to turn; absent: as ever. */
  readonly turningTtlSeconds?: number;
  /** How long an endpoint that comes back takes to have its whole weight; absent: no time. */
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

/** The section `health` of the file. */
export const health = section(fields);

/** What the section says; only for one without problems. */
export function healthPolicyOf(found: Mapping<typeof fields>): HealthPolicy {
  const { stale_after_seconds: after, stale_policy: policy, turning_ttl_seconds, recovery_seconds } = found;
  const { enabled, share_percent, window_seconds, minimum_endpoints } = found.mass_failure!;
  const { flips, window_seconds: dampingWindow, hold_seconds_max } = found.damping!;
  return {
    stale: { policy: policy!, ...(after !== undefined && { afterMs: after * 1_000 }) },
    ...(enabled && {
      massFailure: {
        share: share_percent! / 100,
        windowMs: window_seconds! * 1_000,
        minimum: minimum_endpoints!,
      },
    }),
    ...(flips !== undefined && {
      damping: { flips, windowMs: dampingWindow! * 1_000, holdMaxMs: hold_seconds_max! * 1_000 },
    }),
    ...(turning_ttl_seconds !== undefined && { turningTtlSeconds: turning_ttl_seconds }),
    ...(recovery_seconds !== undefined && { recoveryMs: recovery_seconds * 1_000 }),
  };
}
