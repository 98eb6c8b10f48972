import { orderKey } from '../../dns/canonical-order.ts';
import { isAtOrBelow, NAME_OCTETS_MAX, parentOf, prependLabel, type WireName } from '../../dns/name.ts';
import type { RRset } from '../../dns/rrset.ts';
import type { Zone } from '../zone.ts';
import { type Owners, ownersOf } from './owned-sets.ts';

/** The parts of zones that decide about some names, which a plain reader of zones looks through quickly however large they are. */
export interface ZoneSlices {
  /** Takes in what decides about a name: the sets at it and above it, of wildcards there, and whether anything is below them. Returns whether any set is new. */
  learn(name: WireName): boolean;
  /** The zones, each with the sets that were taken in so far as its `rrsets`. */
  readonly zones: readonly Zone[];
}

/** Creates slices that have no set yet. */
export function createSlices(zones: readonly Zone[]): ZoneSlices {
  const slices = zones.map((zone) => ({
    zone,
    owners: ownersOf(zone),
    taken: new Map<string, readonly RRset[]>(),
  }));

  function take(
    slice: { readonly owners: Owners; readonly taken: Map<string, readonly RRset[]> },
    key: string,
  ): boolean {
    let isNew = false;
    // The next owner shows that the name exists, where it is below it.
    const next = slice.owners.keyAfter(key);
    for (const each of next?.startsWith(key) ? [key, next] : [key]) {
      const sets = slice.taken.has(each) ? undefined : slice.owners.get(each);
      if (sets === undefined) continue;
      slice.taken.set(each, sets);
      isNew = true;
    }
    return isNew;
  }

  return {
    learn(name) {
      let isNew = false;
      for (const slice of slices) {
        const { apex } = slice.zone;
        if (!isAtOrBelow(name, apex)) continue;
        for (let at: WireName | undefined = name; at && at.length >= apex.length; at = parentOf(at)) {
          if (take(slice, orderKey(at))) isNew = true;
          const hasWildcard = at.length + 2 <= NAME_OCTETS_MAX;
          if (hasWildcard && take(slice, orderKey(prependLabel('*', at)))) isNew = true;
        }
      }
      return isNew;
    },
    get zones() {
      return slices.map(({ zone, taken }) => {
        const { records: _, steered: __, ...rest } = zone;
        return { ...rest, rrsets: [...taken.values()].flat() };
      });
    },
  };
}
