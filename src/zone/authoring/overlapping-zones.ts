import { formatName, isAtOrBelow, nameKey, parentOf, type WireName } from '../../dns/name.ts';
import type { Problem } from '../../input/problem.ts';
import { type Draft, isServer } from './zone-rules.ts';

/** A zone and its place in the configuration. */
export interface Placed {
  readonly path: string;
  readonly draft: Draft;
}

/**
 * Finds zones that are defined twice, zones among the pools of another one, records that are never answered because a deeper
 * zone has their name, and aliases at an apex that lead out of all zones.
 */
export function overlaps(read: readonly Placed[]): Problem[] {
  const known = new Map<string, Placed>();
  const twice = read.flatMap((each): Problem[] => {
    const key = nameKey(each.draft.apex);
    const twin = known.get(key);
    if (twin === undefined) known.set(key, each);
    if (twin === undefined) return [];
    return [
      {
        path: `${each.path}.name`,
        message: `${formatName(each.draft.apex)} is defined already (${twin.path})`,
      },
    ];
  });
  const hidden = read.flatMap(({ path, draft }) => {
    const { apex, pools, records } = draft;
    const servers = new Set(records.filter(isServer).map(({ target }) => nameKey(target)));
    const owners = records.flatMap((record) => {
      const { owner, type } = record;
      const isGlue = (type === 'A' || type === 'AAAA') && servers.has(nameKey(owner));
      const isOfCut = type === 'NS' || (type === 'DS' && known.has(nameKey(owner)));
      return isOfCut || isGlue ? [] : [{ path: record.path, owner }];
    });
    if (pools !== undefined) owners.push({ path: `${path}.pools`, owner: pools });
    return owners.flatMap(({ path, owner }): Problem[] => {
      for (let at: WireName | undefined = owner; at && at.length > apex.length; at = parentOf(at)) {
        const deeper = known.get(nameKey(at));
        if (deeper !== undefined)
          return [
            { path, message: `${formatName(owner)} belongs to the zone ${formatName(at)} (${deeper.path})` },
          ];
      }
      return [];
    });
  });
  const foreign = read.flatMap(({ draft: { apex, records } }) =>
    records
      .filter(({ type, owner }) => type === 'CNAME' && nameKey(owner) === nameKey(apex))
      .filter(({ target }) => !read.some(({ draft }) => isAtOrBelow(target!, draft.apex)))
      .map(({ path, target }) => ({
        path,
        message: `${formatName(target!)} is in no zone of this file; a CNAME at the apex answers with the addresses of its target, and no other server is asked for them`,
      })),
  );
  const withPools = new Map(
    read.flatMap((each) => (each.draft.pools === undefined ? [] : [[nameKey(each.draft.pools), each]])),
  );
  const amongPools = read.flatMap(({ path, draft: { apex } }): Problem[] => {
    // A zone at the very name of pools is found above.
    for (let at = parentOf(apex); at !== undefined; at = parentOf(at)) {
      const upper = withPools.get(nameKey(at));
      if (upper === undefined) continue;
      const message = `${formatName(apex)} is among the pools at ${formatName(at)} (${upper.path}.pools)`;
      return [{ path: `${path}.name`, message }];
    }
    return [];
  });
  return [...twice, ...hidden, ...foreign, ...amongPools];
}
