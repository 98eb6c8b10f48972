import { orderKey } from '../../dns/canonical-order.ts';
import type { RRset } from '../../dns/rrset.ts';
import { OrderedMap } from './ordered-map.ts';

/** The sets that a list has at each owner, found once for each list. */
const known = new WeakMap<readonly RRset[], OrderedMap<readonly RRset[]>>();

/** Returns the sets of a list by the orderKey() of their owners. */
export function byOwner<S extends RRset>(sets: readonly S[]): OrderedMap<readonly S[]> {
  const made = known.getOrInsertComputed(sets, () =>
    OrderedMap.of(Map.groupBy(sets, ({ owner }) => orderKey(owner))),
  );
  return made as OrderedMap<readonly S[]>;
}
