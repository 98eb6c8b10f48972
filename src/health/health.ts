/** The health of one check as one worker knows it. */
export interface Health {
  readonly healthy: boolean;
  /** Whether the newest result was good. */
  readonly lastOk: boolean;
  /** Results in a row equal to the newest, at least 1 where there was any. */
  readonly streak: number;
  /** When `healthy` changed last, milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Results after the one that changed `healthy`; absent: none, or not counted. */
  readonly sinceResults?: number;
}

/** Numbers of results in a row that change the health. */
export interface Thresholds {
  /** Good results in a row that make an unhealthy endpoint healthy, at least 1. */
  readonly up: number;
  /** Bad results in a row that make a healthy endpoint unhealthy, at least 1. */
  readonly down: number;
}

/** Returns the health after one more result. The first result decides at once; then it takes `up` good or `down` bad ones in a row. */
export function stepHealth(
  was: Health | undefined,
  ok: boolean,
  thresholds: Thresholds,
  epochMs: number,
): Health {
  if (was === undefined) return { healthy: ok, lastOk: ok, streak: 1, sinceMs: epochMs };
  const streak = was.lastOk === ok ? was.streak + 1 : 1;
  const flips = ok !== was.healthy && streak >= (ok ? thresholds.up : thresholds.down);
  return {
    healthy: flips ? ok : was.healthy,
    lastOk: ok,
    streak,
    sinceMs: flips ? epochMs : was.sinceMs,
    ...(flips ? {} : { sinceResults: (was.sinceResults ?? 0) + 1 }),
  };
}
