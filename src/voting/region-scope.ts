import type { CheckKey } from '../check/check.ts';
import type { Pool } from '../pool/pool.ts';

/** The regions whose votes count for a pool (`check_regions`, `health_sources`). */
export interface RegionScope {
  /** Labels of the regions that count, sorted, each once; absent: all. */
  readonly regions?: readonly string[];
  /** A node uses the verdict of its own region where there is one, else that of all regions in the scope. */
  readonly isOwnRegionFirst: boolean;
}

/** The scope of all regions. */
export const EVERYWHERE: RegionScope = { isOwnRegionFirst: false };

/** The word for all regions in `check_regions` (reference API §4.1). Null and an empty list mean the same. */
const ALL_REGIONS = 'ALL_REGIONS';

/** Returns the region scope that a pool's `check_regions` and `health_sources` ask for. */
export function regionScopeOf({ checkRegions, healthSources }: Pool): RegionScope {
  const isAll = !checkRegions?.length || checkRegions.includes(ALL_REGIONS);
  const isOwnRegionFirst = healthSources?.[0] === 'regional';
  if (isAll && !isOwnRegionFirst) return EVERYWHERE;
  return { ...(isAll ? {} : { regions: [...new Set(checkRegions)].sort() }), isOwnRegionFirst };
}

/** Returns true where the votes of a region count. Labels are compared as they are. */
export function scopeIncludes({ regions }: RegionScope, region: string): boolean {
  return regions?.includes(region) ?? true;
}

declare const verdictKey: unique symbol;
/** Names the verdict on a check in one region scope. It is equal to the check's own key for EVERYWHERE. */
export type VerdictKey = string & { readonly [verdictKey]: true };

/** Returns the key of the verdict on a check in a region scope. */
export function verdictKeyOf(check: CheckKey, { regions, isOwnRegionFirst }: RegionScope): VerdictKey {
  const text: string = check;
  if (regions === undefined && !isOwnRegionFirst) return text as VerdictKey;
  return `${text} ${regions?.join(',') ?? '*'}${isOwnRegionFirst ? ' own first' : ''}` as VerdictKey;
}

/** Returns the monitored pools whose `check_regions` name none of the live regions, so that no worker checks them. */
export function uncheckedPools(pools: Iterable<Pool>, liveRegions: ReadonlySet<string>): Pool[] {
  return [...pools].filter((pool) => {
    if (!pool.enabled || !(pool.monitor || pool.monitorGroup)) return false;
    const { regions } = regionScopeOf(pool);
    return regions !== undefined && !regions.some((region) => liveRegions.has(region));
  });
}
