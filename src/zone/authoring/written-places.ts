import type { RRset } from '../../dns/rrset.ts';
import type { Zone } from '../zone.ts';

/** Where zones of the configuration, and the records of their sets, are written; for messages alone, so beside the zones. */
const ofZones = new WeakMap<Zone, string>();
const ofSets = new WeakMap<RRset, readonly string[]>();

/** Notes where a zone is written. Returns the zone. */
export function writtenAt(zone: Zone, place: string): Zone {
  ofZones.set(zone, place);
  return zone;
}

/** Notes where each record of a set is written, in the order of its rdata. Returns the set. */
export function recordsWrittenAt(set: RRset, places: readonly string[]): RRset {
  ofSets.set(set, places);
  return set;
}

/** Returns where a zone is written, as `file:line`; undefined: nobody wrote it in a file. */
export function placeOfZone(zone: Zone): string | undefined {
  return ofZones.get(zone);
}

/** Returns where each record of a set is written; none: nobody knows. */
export function placesOfRecords(set: RRset): readonly string[] {
  return ofSets.get(set) ?? [];
}

/** Puts other places in the place of those that zones and their records have: lines of the file for the paths of keys. */
export function renamePlaces(zones: readonly Zone[], renamed: (place: string) => string): void {
  for (const zone of zones) {
    const place = ofZones.get(zone);
    if (place !== undefined) ofZones.set(zone, renamed(place));
    for (const set of zone.rrsets) ofSets.set(set, placesOfRecords(set).map(renamed));
  }
}
