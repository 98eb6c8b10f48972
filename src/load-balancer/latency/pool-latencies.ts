import { REGION_CODES, type RegionCode } from '../../place/regions.ts';
import { type Average, averaged, isTooOld, isWarm } from './average.ts';
import { firstRow, nextRow, type Row } from './row.ts';

/**
 * The average round-trip times of pools by region, and the order of lists of pools that follows from them. Its size is bounded
 * by the pools and lists that are kept, times the regions.
 */
export interface PoolLatencies {
  /** Adds what workers of a region measured to the healthy members of a pool. A region that is no code of the API is ignored. */
  add(pool: string, region: string, rttMs: number, nowMs: number): void;
  /** The average of a pool from each region, milliseconds, where there is one for long enough. */
  averagesOf(pool: string): ReadonlyMap<RegionCode, number>;
  /** Returns the pools of a list as clients of a region use them; as the list says where fewer than two are measured, or the region is unknown. */
  order(list: readonly string[], region: string | undefined): readonly string[];
  /** Looks at all lists that are used again, in small steps. Forgets other lists, and averages of other pools and those that are too old. */
  look(lists: Iterable<readonly string[]>, nowMs: number): Iterable<void>;
}

type Rows = Map<RegionCode, Row>;

/** Creates it without any measurement. */
export function createPoolLatencies(): PoolLatencies {
  const averages = new Map<string, Map<RegionCode, Average>>();
  /** The rows of each list, by its pools. */
  const rows = new Map<string, Rows>();
  /** So that the pools of a list need not be put together at each look. */
  const keys = new WeakMap<readonly string[], string>();

  const keyOf = (list: readonly string[]) => keys.getOrInsertComputed(list, () => list.join());

  function rttMs(pool: string, region: RegionCode): number | undefined {
    const average = averages.get(pool)?.get(region);
    return average !== undefined && isWarm(average) ? average.rttMs : undefined;
  }

  function addFirst(list: readonly string[], region: RegionCode): Row | undefined {
    const row = firstRow(list, (pool) => rttMs(pool, region));
    if (row !== undefined) rows.getOrInsertComputed(keyOf(list), () => new Map()).set(region, row);
    return row;
  }

  function lookAt(list: readonly string[], region: RegionCode, nowMs: number): void {
    const row = rows.get(keyOf(list))?.get(region);
    if (row === undefined) addFirst(list, region);
    else
      rows.get(keyOf(list))!.set(
        region,
        nextRow(row, list, (pool) => rttMs(pool, region), nowMs),
      );
  }

  /** Forgets averages of other pools, and those that are too old: one pool a step. */
  function* forgetOld(pools: ReadonlySet<string>, nowMs: number): Iterable<void> {
    for (const [pool, known] of averages) {
      for (const [region, average] of known) if (isTooOld(average, nowMs)) known.delete(region);
      if (known.size === 0 || !pools.has(pool)) averages.delete(pool);
      yield;
    }
  }

  return {
    add(pool, region, measuredMs, nowMs) {
      const code = codeOf(region);
      if (code === undefined) return;
      const known = averages.getOrInsertComputed(pool, () => new Map());
      known.set(code, averaged(known.get(code), measuredMs, nowMs));
    },
    averagesOf(pool) {
      const warm = [...(averages.get(pool) ?? [])].filter(([, average]) => isWarm(average));
      return new Map(warm.map(([region, average]) => [region, average.rttMs]));
    },
    order(list, region) {
      const code = region === undefined ? undefined : codeOf(region);
      if (code === undefined || list.length < 2) return list;
      return (rows.get(keyOf(list))?.get(code) ?? addFirst(list, code))?.order ?? list;
    },
    *look(lists, nowMs) {
      const used = new Map<string, readonly string[]>();
      const pools = new Set<string>();
      for (const list of lists) {
        if (used.has(keyOf(list))) continue;
        used.set(keyOf(list), list);
        for (const pool of list) pools.add(pool);
        yield;
      }
      yield* forgetOld(pools, nowMs);
      for (const key of rows.keys()) if (!used.has(key)) rows.delete(key);
      for (const list of used.values())
        for (const region of REGION_CODES) {
          lookAt(list, region, nowMs);
          yield;
        }
    },
  };
}

function codeOf(region: string): RegionCode | undefined {
  return REGION_CODES.find((code) => code === region);
}
