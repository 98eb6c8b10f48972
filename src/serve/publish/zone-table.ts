import { answerImage, type Node, nodeImage } from '../../answer/compile/image.ts';
import { apexNode, negativeAnswer, type OrdinalZone, staticNode } from '../../answer/compile/nodes.ts';
import type { TableWriter } from '../../answer/table.ts';
import { keyAbove, nearest, orderKey } from '../../dns/canonical-order.ts';
import type { WireName } from '../../dns/name.ts';
import { addConcerned, addNamesUnder, addUpwards, type Names } from '../../zone/contents/concerned.ts';
import { applyDiff, contentsOf, diffTo, type ZoneContents } from '../../zone/contents/contents.ts';
import { OrderedMap, valuesUnder } from '../../zone/contents/ordered-map.ts';
import type { Zone } from '../../zone/zone.ts';
import { createOrdinals } from './ordinals.ts';

/** A zone that is in the table. */
export interface TableZone extends OrdinalZone {
  /** The zone as the caller set it. The same object again is no change. */
  readonly zone: Zone;
  readonly serial: number;
}

/** The zones in a table, apart from the pools that answer in them. */
export interface ZoneTable {
  /**
   * Makes these the zones, in small pieces: nothing else may be written here until the last one. What comes is there
   * before what goes is removed, and only names that are concerned are written.
   */
  change(zones: readonly Zone[], serialOf: (zone: Zone) => number): Iterable<void>;
  /** Writes the serials that became others, in small pieces. */
  renumber(serialOf: (zone: Zone) => number): Iterable<void>;
  readonly zones: Iterable<TableZone>;
}

/** A table without zones. */
export function createZoneTable(table: TableWriter): ZoneTable {
  /** By the key of their apex. */
  let zones = OrderedMap.of<TableZone>();
  const written = new Map<Zone, TableZone>();
  const ordinals = createOrdinals();

  function writeNegative({ contents: { head }, ordinal, serial }: TableZone): void {
    table.setZone(ordinal, answerImage(head.apex, negativeAnswer(head, serial)));
  }

  function add(zone: TableZone): void {
    zones = zones.with(zone.contents.apexKey, zone);
    written.set(zone.zone, zone);
  }

  function nodeOf(of: TableZone, key: string, name: WireName): Node | undefined {
    if (key === of.contents.apexKey) return apexNode(of, of.serial);
    return staticNode(of, name, zones.keyAfter(key)?.startsWith(key) ?? false);
  }

  /** Writes what is at names now, deeper zones first: what a lower zone answers is there before the upper one stops to. */
  function* write(names: Names): Iterable<void> {
    const left: WireName[] = [];
    const owned = new Map<TableZone, [string, WireName][]>();
    for (const [key, name] of names) {
      const zone = nearest(zones, key);
      if (zone === undefined) left.push(name);
      else if (!owned.get(zone)?.push([key, name])) owned.set(zone, [[key, name]]);
    }
    const deepestFirst = [...owned].sort(
      ([a], [b]) => b.contents.head.apex.length - a.contents.head.apex.length,
    );
    for (const [zone, all] of deepestFirst)
      for (const [key, name] of all) {
        const node = nodeOf(zone, key, name);
        if (node !== undefined) table.put(nodeImage(node));
        else left.push(name);
        yield;
      }
    for (const name of left) {
      table.remove(name);
      yield;
    }
  }

  function* change(wanted: readonly Zone[], serialOf: (zone: Zone) => number): Iterable<void> {
    const kept = new Set(wanted);
    const before = [...written.values()].filter(({ zone }) => !kept.has(zone));
    const gone = new Map(before.map((each) => [each.contents.apexKey, each]));
    const come: TableZone[] = [];
    const others: TableZone[] = [];
    const names: Names = new Map();
    for (const zone of wanted) {
      if (written.has(zone)) continue;
      const key = orderKey(zone.apex);
      const was = gone.get(key);
      gone.delete(key);
      const serial = serialOf(zone);
      if (was === undefined) {
        const contents = contentsOf(zone);
        come.push({ contents, ordinal: ordinals.take(), zone, serial });
        addNamesUnder(names, contents, zone.apex);
      } else {
        const { contents, changed } = applyDiff(was.contents, diffTo(was.contents, was.zone, zone));
        others.push({ contents, ordinal: was.ordinal, zone, serial });
        names.set(key, zone.apex);
        addConcerned(names, was.contents, contents, changed);
        addPools(names, was.contents, contents);
      }
      yield;
    }
    for (const { contents } of gone.values()) addBetween(names, contents);
    for (const { zone, contents } of before) {
      written.delete(zone);
      if (!gone.has(contents.apexKey)) continue;
      zones = zones.without(contents.apexKey);
      addNamesUnder(names, contents, contents.head.apex);
    }
    const now = [...come, ...others];
    for (const each of now) add(each);
    for (const { contents } of come) addBetween(names, contents);
    for (const { contents } of [...gone.values(), ...come]) addAround(names, contents);
    for (const each of now) {
      writeNegative(each);
      yield;
    }
    yield* write(names);
    for (const { ordinal } of gone.values()) ordinals.free(ordinal);
  }

  /** Adds the names of a zone that exist by zones below it alone. */
  function addBetween(names: Names, { head, apexKey }: ZoneContents): void {
    for (const { contents } of valuesUnder(zones, apexKey)) addUpwards(names, contents.head.apex, head.apex);
  }

  /** Adds what a zone that comes or goes changes of the one above it: names there at its apex and below, and those that exist by it alone. */
  function addAround(names: Names, { head, apexKey }: ZoneContents): void {
    const key = keyAbove(apexKey);
    const above = key === undefined ? undefined : nearest(zones, key);
    if (above === undefined) return;
    addUpwards(names, head.apex, above.contents.head.apex);
    addNamesUnder(names, above.contents, head.apex);
  }

  return {
    change,
    *renumber(serialOf) {
      for (const was of [...written.values()]) {
        const serial = serialOf(was.zone);
        if (serial === was.serial) continue;
        const now = { ...was, serial };
        add(now);
        writeNegative(now);
        table.put(nodeImage(apexNode(now, serial)));
        yield;
      }
    },
    get zones() {
      return written.values();
    },
  };
}

/** Adds the name of pools, at which their TTL may be another, and where it moves the names that exist, or existed, by it alone. */
function addPools(names: Names, before: ZoneContents, after: ZoneContents): void {
  for (const { pools } of [before.head, after.head])
    if (pools !== undefined) addUpwards(names, pools, after.head.apex);
}
