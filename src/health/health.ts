/** What one worker believes of one endpoint, as the reducer keeps it. */
export interface Health {
  readonly healthy: boolean;
  /** Whether the newest result was good. */
  readonly lastOk: boolean;
  /** Results in a row equal to the newest, at least 1 where there was any. */
  readonly streak: number;
  /** When `healthy` took its present value, milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Results since then, not counting the one by which it took it; absent: none, or nobody counted. */
  readonly sinceResults?: number;
}

/** Results in a row it takes to change the health. */
export interface Thresholds {
  /** Good results in a row that turn an unhealthy endpoint healthy, at least 1. */
  readonly up: number;
  /** Bad results in a row that turn a healthy endpoint unhealthy, at least 1. */
  readonly down: number;
}

/**
 * Health after one more result. The first result ever decides at once; after that it flips only when `up` good or
 * `down` bad results came in a row.
 */
export function stepHealth(
  was: Health | undefined,
  ok: boolean,
  thresholds: Thresholds,
  nowMs: number,
): Health {
  if (was === undefined) return { healthy: ok, lastOk: ok, streak: 1, sinceMs: nowMs };
  const streak = was.lastOk === ok ? was.streak + 1 : 1;
  const flips = ok !== was.healthy && streak >= (ok ? thresholds.up : thresholds.down);
  return {
    healthy: flips ? ok : was.healthy,
    lastOk: ok,
    streak,
    sinceMs: flips ? nowMs : was.sinceMs,
    ...(flips ? {} : { sinceResults: (was.sinceResults ?? 0) + 1 }),
  };
}
