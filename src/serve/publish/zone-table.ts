import { answerImage, type Node, nodeImage } from '../../answer/compile/image.ts';
import { apexNode, negativeAnswer, type OrdinalZone, staticNode } from '../../answer/compile/nodes.ts';
import type { TableWriter } from '../../answer/table.ts';
import { keyAbove, nearest, orderKey } from '../../dns/canonical-order.ts';
import type { WireName } from '../../dns/name.ts';
import type { Plan } from '../../load-balancer/steering/plan.ts';
import { addConcerned, addNamesUnder, addUpwards, type Names } from '../../zone/contents/concerned.ts';
import { applyDiff, contentsOf, diffTo, type ZoneContents } from '../../zone/contents/contents.ts';
import { OrderedMap, valuesUnder } from '../../zone/contents/ordered-map.ts';
import type { Zone } from '../../zone/zone.ts';
import type { ChoiceTable } from './choice-table.ts';
import { createOrdinals } from './ordinals.ts';

/** A zone that is in the table. */
export interface TableZone extends OrdinalZone {
  /** The zone as the caller set it. The same object again is no change. */
  readonly zone: Zone;
  /** Serial of its SOA in the newest generation. */
  readonly serial: number;
}

/** A zone, and the serial of its SOA that the generation which is being written will show. */
interface WrittenZone extends TableZone {
  serial: number;
  nextSerial: number;
}

/** The zones in a table, apart from the pools that answer in them. */
export interface ZoneTable {
  /**
   * Makes these the zones, in small pieces: nothing else may be written here until the last one. What comes is there
   * before what goes is removed, and only names that are concerned are written. Notes the serials first.
   */
  change(zones: readonly Zone[], serialOf: (zone: Zone) => number): Iterable<void>;
  /** Writes what is at these names once more, in small pieces like those of change(). */
  rewrite(names: Iterable<WireName>): Iterable<void>;
  /** Notes the serials that zones have now, which `showSerials` shows. */
  renumber(serialOf: (zone: Zone) => number): void;
  /**
   * Shows the serials that were noted last. This ends a generation: a reader that sees a serial finds what it stands for,
   * and no serial stands for a change that came while the generation was written.
   */
  showSerials(): void;
  readonly zones: Iterable<TableZone>;
}

/** A table without zones. */
export function createZoneTable(table: TableWriter, choices?: ChoiceTable): ZoneTable {
  /** By the key of their apex. */
  let zones = OrderedMap.of<WrittenZone>();
  const written = new Map<Zone, WrittenZone>();
  const ordinals = createOrdinals();
  /** Whether the serials that were noted last are shown. */
  let isShown = true;

  function writeNegative(of: TableZone): void {
    table.setZone(of.ordinal, answerImage(of.contents.head.apex, negativeAnswer(of)));
  }

  function add(zone: WrittenZone): void {
    zones = zones.with(zone.contents.apexKey, zone);
    written.set(zone.zone, zone);
  }

  function nodeOf(of: TableZone, key: string, name: WireName): Node | undefined {
    const programsOf = (plan: Plan) => choices?.programsAt(key, plan);
    if (key === of.contents.apexKey) return apexNode(of, programsOf);
    return staticNode(of, name, zones.keyAfter(key)?.startsWith(key) ?? false, programsOf);
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
        if (node?.programs === undefined) choices?.leave(key);
        yield;
      }
    for (const name of left) {
      table.remove(name);
      choices?.leave(orderKey(name));
      yield;
    }
  }

  /** Notes the serials that zones have now; returns those of zones that are not in the table. */
  function noteSerials(wanted: Iterable<Zone>, serialOf: (zone: Zone) => number): Map<Zone, number> {
    const serials = new Map<Zone, number>();
    isShown = false;
    for (const zone of wanted) {
      const found = written.get(zone);
      if (found === undefined) serials.set(zone, serialOf(zone));
      else found.nextSerial = serialOf(zone);
    }
    return serials;
  }

  function* change(wanted: readonly Zone[], serialOf: (zone: Zone) => number): Iterable<void> {
    const kept = new Set(wanted);
    const before = [...written.values()].filter(({ zone }) => !kept.has(zone));
    const gone = new Map(before.map((each) => [each.contents.apexKey, each]));
    const come: WrittenZone[] = [];
    const others: WrittenZone[] = [];
    const names: Names = new Map();
    const serials = noteSerials(wanted, serialOf);
    for (const [zone, serial] of serials) {
      const key = orderKey(zone.apex);
      const was = gone.get(key);
      gone.delete(key);
      if (was === undefined) {
        const contents = contentsOf(zone);
        come.push({ contents, ordinal: ordinals.take(), zone, serial, nextSerial: serial });
        addNamesUnder(names, contents, zone.apex);
      } else {
        const { contents, changed } = applyDiff(was.contents, diffTo(was.contents, was.zone, zone));
        others.push({ contents, ordinal: was.ordinal, zone, serial: was.serial, nextSerial: serial });
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
      table.setSerial(each.ordinal, each.serial);
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
    rewrite: (names) => write(new Map([...names].map((name) => [orderKey(name), name]))),
    renumber: (serialOf) => void noteSerials(written.keys(), serialOf),
    showSerials() {
      if (isShown) return;
      isShown = true;
      for (const each of written.values()) {
        if (each.serial === each.nextSerial) continue;
        each.serial = each.nextSerial;
        table.setSerial(each.ordinal, each.serial);
      }
    },
    get zones() {
      return written.values();
    },
  };
}

/**
 * Adds the name of pools, at which their TTL may be another, and where it moves the names that exist, or existed, by it alone,
 * and those below it, where pools answer for addresses or do not any more.
 */
function addPools(names: Names, before: ZoneContents, after: ZoneContents): void {
  const keyOf = ({ head: { pools } }: ZoneContents) => pools && orderKey(pools);
  const moves = keyOf(before) !== keyOf(after);
  for (const { pools } of [before.head, after.head]) {
    if (pools === undefined) continue;
    addUpwards(names, pools, after.head.apex);
    if (moves) for (const contents of [before, after]) addNamesUnder(names, contents, pools);
  }
}
