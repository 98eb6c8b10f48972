/** How much quicker a pool must be than one before it to move ahead of it, as a share of that one's time. */
export const GAIN_MIN = 0.1;
/** How long it must be so, milliseconds. */
export const GAIN_HOLD_MS = 180_000;

/** The average round-trip time of a pool, milliseconds; undefined: there is none. */
export type RttOf = (pool: string) => number | undefined;

/** A list of pools as clients of one region use it. */
export interface Row {
  /** All pools of the list, the preferred one first. */
  readonly order: readonly string[];
  /** Since when pools have been quicker than one before them by more than GAIN_MIN, by a clock that never jumps; mostly empty. */
  readonly quickerSince: ReadonlyMap<string, number>;
}

const NONE: ReadonlyMap<string, number> = new Map();

/**
 * Returns the row of a list that had none: as the list says, but that pools are ahead of those that they are quicker than by more than
 * GAIN_MIN, which needs no time, as averages span as long. undefined: fewer than two pools are measured.
 */
export function firstRow(list: readonly string[], rttOf: RttOf): Row | undefined {
  if (list.filter((pool) => rttOf(pool) !== undefined).length < 2) return undefined;
  const always = new Map(list.map((pool) => [pool, Number.NEGATIVE_INFINITY]));
  return nextRow({ order: list, quickerSince: always }, list, rttOf, 0);
}

/**
 * Returns a row after its pools were measured again; the same where nothing is new. A pool moves ahead of those that it has been
 * quicker than by more than GAIN_MIN for GAIN_HOLD_MS. All others keep their order.
 */
export function nextRow(row: Row, list: readonly string[], rttOf: RttOf, nowMs: number): Row {
  let measured = row.order.filter((pool) => rttOf(pool) !== undefined);
  const quickerSince = waiting(row, measured, rttOf, nowMs);
  const due = [...quickerSince].flatMap(([pool, sinceMs]) => (nowMs - sinceMs >= GAIN_HOLD_MS ? [pool] : []));
  for (const pool of due.sort((a, b) => rttOf(a)! - rttOf(b)!)) {
    quickerSince.delete(pool);
    const others = measured.filter((other) => other !== pool);
    const at = others.findIndex((other) => isQuicker(rttOf(pool)!, rttOf(other)!));
    measured = others.toSpliced(at, 0, pool);
  }
  const order = placed(list, measured, rttOf);
  const isSameOrder = order.every((pool, i) => pool === row.order[i]);
  if (isSameOrder && quickerSince.size === 0 && row.quickerSince.size === 0) return row;
  return {
    order: isSameOrder ? row.order : order,
    quickerSince: quickerSince.size === 0 ? NONE : quickerSince,
  };
}

/** The pools that are quicker than one before them by enough, and since when. */
function waiting(row: Row, measured: readonly string[], rttOf: RttOf, nowMs: number): Map<string, number> {
  const found = new Map<string, number>();
  let slowestMs = 0;
  for (const pool of measured) {
    const rttMs = rttOf(pool)!;
    if (isQuicker(rttMs, slowestMs)) found.set(pool, row.quickerSince.get(pool) ?? nowMs);
    slowestMs = Math.max(slowestMs, rttMs);
  }
  return found;
}

function isQuicker(rttMs: number, thanMs: number): boolean {
  return rttMs < thanMs * (1 - GAIN_MIN);
}

/** Puts measured pools, in their order, at the places of such pools in the list. The others stay at their places. */
function placed(list: readonly string[], measured: readonly string[], rttOf: RttOf): readonly string[] {
  let next = 0;
  return list.map((pool) => (rttOf(pool) === undefined ? pool : measured[next++]!));
}
