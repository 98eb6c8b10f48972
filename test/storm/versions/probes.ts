/** A time in which an endpoint may be without probes, by performance.now(). */
export interface Absence {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How the probes of an endpoint must be spread. */
export interface ProbeRule {
  /** When the endpoint was probed for the first time at the latest, and until when it was looked at. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Between two probes. */
  readonly intervalMs: number;
  /** Time that a check may take to move to another worker, in which nobody runs it or both workers do. */
  readonly moveMs: number;
  /** Times in which the region had no worker. */
  readonly absences: readonly Absence[];
}

/** Probes may be late by so much on a busy machine. */
const BUSY_MS = 5_000;
/** Of two probes close to an edge of a window one is counted too many. */
const EDGE_PROBES = 2;

/** Looks at the times at which one worker after the other probed an endpoint. Returns what is wrong. */
export function wrongProbes(title: string, times: readonly number[], rule: ProbeRule): string[] {
  const { fromMs, toMs } = rule;
  const within = times.filter((ms) => ms >= fromMs && ms <= toMs);
  return [...gaps(title, [fromMs, ...within, toMs], rule), ...doubled(title, within, rule)];
}

function gaps(
  title: string,
  times: readonly number[],
  { intervalMs, moveMs, absences }: ProbeRule,
): string[] {
  const wrong: string[] = [];
  for (const [at, toMs] of times.entries()) {
    const fromMs = times[at - 1] ?? toMs;
    const absentMs = absences.reduce(
      (sum, each) => sum + Math.max(0, Math.min(toMs, each.toMs) - Math.max(fromMs, each.fromMs)),
      0,
    );
    if (toMs - fromMs - absentMs > intervalMs + moveMs + BUSY_MS)
      wrong.push(`${title} was not probed for ${((toMs - fromMs) / 1_000).toFixed(1)} s`);
  }
  return wrong;
}

/** A check that moves may be run twice for as long as it moves. In a window of twice that time, at most half as many probes as usual come on top. */
function doubled(title: string, times: readonly number[], { intervalMs, moveMs }: ProbeRule): string[] {
  const windowMs = 2 * moveMs;
  const most = (windowMs / intervalMs) * 1.5 + EDGE_PROBES;
  let first = 0;
  for (const [at, ms] of times.entries()) {
    while (times[first]! < ms - windowMs) first += 1;
    const count = at - first + 1;
    if (count > most)
      return [`${title} was probed ${count} times within ${windowMs / 1_000} s, which is ${most} at most`];
  }
  return [];
}
