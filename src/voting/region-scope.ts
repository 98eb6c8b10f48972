import type { CheckKey } from '../check/check.ts';
import type { Pool } from '../pool/pool.ts';

/** From where a pool is looked at: whose observations count for it. */
export interface Sight {
  /** Labels of the regions that count, sorted, each once; absent: all. */
  readonly regions?: readonly string[];
  /** A node goes by the verdict of its own region where there is one, else by that of all that count. */
  readonly isOwnRegionFirst: boolean;
}

/** All regions, each with its vote. */
export const EVERYWHERE: Sight = { isOwnRegionFirst: false };

/** In `check_regions`: all regions (reference API §4.1), as null and an empty list. */
const ALL_REGIONS = 'ALL_REGIONS';

/** The sight that a pool asks for by `check_regions` and `health_sources`. */
export function sightOf({ checkRegions, healthSources }: Pool): Sight {
  const isAll = !checkRegions?.length || checkRegions.includes(ALL_REGIONS);
  const isOwnRegionFirst = healthSources?.[0] === 'regional';
  if (isAll && !isOwnRegionFirst) return EVERYWHERE;
  return { ...(isAll ? {} : { regions: [...new Set(checkRegions)].sort() }), isOwnRegionFirst };
}

/** Whether workers of this region check and judge. Labels are compared as they are. */
export function sees({ regions }: Sight, region: string): boolean {
  return regions?.includes(region) ?? true;
}

declare const viewKey: unique symbol;
/** Names a check as one sight sees it; equal to the check's own key for EVERYWHERE. */
export type ViewKey = string & { readonly [viewKey]: true };

/** The key of a check as seen so. */
export function viewKeyOf(check: CheckKey, { regions, isOwnRegionFirst }: Sight): ViewKey {
  const text: string = check;
  if (regions === undefined && !isOwnRegionFirst) return text as ViewKey;
  return `${text} ${regions?.join(',') ?? '*'}${isOwnRegionFirst ? ' own first' : ''}` as ViewKey;
}

/** The monitored pools that no worker of the live regions checks, since their `check_regions` name none of these. */
export function unwatched(pools: Iterable<Pool>, liveRegions: ReadonlySet<string>): Pool[] {
  return [...pools].filter((pool) => {
    if (!pool.enabled || !(pool.monitor || pool.monitorGroup)) return false;
    const { regions } = sightOf(pool);
    return regions !== undefined && !regions.some((region) => liveRegions.has(region));
  });
}
