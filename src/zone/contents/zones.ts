import { orderKey } from '../../dns/canonical-order.ts';
import type { Zone } from '../zone.ts';
import { OrderedMap } from './ordered-map.ts';

/** Zones by the keys of their apexes (orderKey). */
export type Zones = OrderedMap<Zone>;

/** Makes such a map of zones whose apexes differ. */
export function byApex(zones: Iterable<Zone>): Zones {
  return OrderedMap.of(Array.from(zones, (zone) => [orderKey(zone.apex), zone] as const));
}
