import { orderKey } from '../../dns/canonical-order.ts';
import { NameError, parseName } from '../../dns/name.ts';
import { Records, type RecordsZone, recordsZoneOf } from '../../store/reading/records.ts';
import { OrderedMap } from '../../zone/contents/ordered-map.ts';
import type { Zones } from '../../zone/contents/zones.ts';
import type { Zone } from '../../zone/zone.ts';

/** The records of the store in the zones that are served. */
export interface ServedRecords {
  /** Takes in the records that are there from now on. Returns whether they are others. Costs what changed. */
  take(records: Records): boolean;
  /** Adds them to their zones. The same object for a zone as long as nothing in it is another. Costs what changed since the last call. */
  addTo(zones: Zones): Zones;
}

/** Creates an empty set. Nothing is copied: a zone refers to the list of its records that the store was read into. */
export function createServedRecords(): ServedRecords {
  let records = Records.NONE;
  /** The zones as they were given last, and with records; keys of zones whose records changed since. */
  let given: Zones = OrderedMap.of();
  let filled: Zones = OrderedMap.of();
  const touched = new Set<string>();

  return {
    take(next) {
      if (next === records) return false;
      const changed = Records.changedZones(records, next);
      records = next;
      for (const zone of changed) {
        const key = keyOf(zone);
        if (key !== undefined) touched.add(key);
      }
      return changed.length > 0;
    },
    addTo(zones) {
      for (const { key } of OrderedMap.differences(given, zones)) touched.add(key);
      for (const key of touched) {
        const zone = zones.get(key);
        filled = zone === undefined ? filled.without(key) : filled.with(key, withRecords(zone));
      }
      given = zones;
      touched.clear();
      return filled;
    },
  };

  function withRecords(zone: Zone): Zone {
    const { size, owners, newestRevision } = records.inZone(recordsZoneOf(zone));
    if (size === 0) return zone;
    return { ...zone, records: owners, revision: Math.max(zone.revision ?? 0, newestRevision) };
  }
}

/** The key of a zone's apex; undefined: its name, which another program wrote, is none. */
function keyOf({ zoneName }: RecordsZone): string | undefined {
  try {
    return orderKey(parseName(zoneName));
  } catch (error) {
    if (error instanceof NameError) return undefined;
    throw error;
  }
}
