import { formatName, nameKey, parentOf, type WireName } from '../../dns/name.ts';
import type { Problem } from '../../input/problem.ts';
import { type Draft, isServer } from './zone-rules.ts';

/** A zone and its place in the configuration. */
export interface Placed {
  readonly path: string;
  readonly draft: Draft;
}

/** Finds zones that are defined twice, and records that are never answered because a deeper zone has their name. */
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
      return type === 'NS' || isGlue ? [] : [{ path: record.path, owner }];
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
  return [...twice, ...hidden];
}
