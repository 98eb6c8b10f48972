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
  /** As it was given; whoever gives the very same again has changed nothing. */
  readonly zone: Zone;
  readonly serial: number;
}

/** What wants to be written where pools appear in a zone, and no longer is where they do not. */
export interface Mounts {
  /** Zones in which every pool must be written, since pools appear there from now on, or otherwise than before. */
  readonly come: readonly TableZone[];
  /** Zones as they were, at whose names no pool is to be any more, unless `come` has them. */
  readonly gone: readonly TableZone[];
}

/** Who writes pools while zones change. Each step of what they return is a small piece of work. */
export interface PoolMounting {
  /** Writes every pool in zones; what is there already stays until then. */
  mount(zones: readonly TableZone[]): Iterable<void>;
  /** Removes every pool from these zones, but for names at which something else is now. */
  unmount(zones: readonly TableZone[]): Iterable<void>;
  /** Whether a name is that of a pool in this zone. */
  has(zone: TableZone, name: WireName): boolean;
}

/** The zones in a table, apart from the pools that answer in them. */
export interface ZoneTable {
  /**
   * Makes these the zones, in small pieces: nothing else may be written here until the last one. What comes is there
   * before what goes is removed, and only names that are concerned are written.
   */
  change(zones: readonly Zone[], serialOf: (zone: Zone) => number, pools: PoolMounting): Iterable<void>;
  /** Writes the serials that became others, in small pieces. */
  renumber(serialOf: (zone: Zone) => number): Iterable<void>;
  /** Whether a zone has records at a name, or it is an empty non-terminal: a pool is none. */
  hasStatic(name: WireName): boolean;
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

  function hold(zone: TableZone): void {
    zones = zones.with(zone.contents.apexKey, zone);
    written.set(zone.zone, zone);
  }

  function nodeOf(of: TableZone, key: string, name: WireName): Node | undefined {
    if (key === of.contents.apexKey) return apexNode(of, of.serial);
    return staticNode(of, name, zones.keyAfter(key)?.startsWith(key) ?? false);
  }

  /** Writes what is at names now, deeper zones first: what a lower zone answers is there before the upper one stops to. */
  function* write(names: Names, pools: PoolMounting): Iterable<void> {
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
        else if (!pools.has(zone, name)) left.push(name);
        yield;
      }
    for (const name of left) {
      table.remove(name);
      yield;
    }
  }

  function* change(
    wanted: readonly Zone[],
    serialOf: (zone: Zone) => number,
    pools: PoolMounting,
  ): Iterable<void> {
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
        const { contents, changed } = applyDiff(was.contents, diffTo(was.contents, zone));
        others.push({ contents, ordinal: was.ordinal, zone, serial });
        names.set(key, zone.apex);
        addConcerned(names, was.contents, contents, changed);
        addMoved(names, was.contents, contents);
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
    for (const each of now) hold(each);
    for (const { contents } of come) addBetween(names, contents);
    for (const { contents } of [...gone.values(), ...come]) addAround(names, contents);
    for (const each of now) {
      writeNegative(each);
      yield;
    }
    const mounts = mountsOf(before, now);
    yield* pools.mount(mounts.come);
    yield* write(names, pools);
    yield* pools.unmount(mounts.gone);
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
        hold(now);
        writeNegative(now);
        table.put(nodeImage(apexNode(now, serial)));
        yield;
      }
    },
    hasStatic(name) {
      const key = orderKey(name);
      const zone = nearest(zones, key);
      return zone !== undefined && nodeOf(zone, key, name) !== undefined;
    },
    get zones() {
      return written.values();
    },
  };
}

/** Adds the names that exist, or existed, by the name of pools alone, where that is another. */
function addMoved(names: Names, before: ZoneContents, after: ZoneContents): void {
  const [was, now] = [before.head.pools, after.head.pools];
  if ((was && orderKey(was)) === (now && orderKey(now))) return;
  for (const pools of [was, now]) if (pools !== undefined) addUpwards(names, pools, after.head.apex);
}

/** In which of the zones before pools are no more where they were, and in which of those now they come. */
function mountsOf(before: readonly TableZone[], now: readonly TableZone[]): Mounts {
  const mountOf = ({ contents: { head }, ordinal }: TableZone) =>
    head.pools && `${ordinal} ${head.poolTtlSeconds} ${orderKey(head.pools)}`;
  const there = new Set(before.map(mountOf));
  const kept = new Set(now.map(({ contents: { head } }) => head.pools && orderKey(head.pools)));
  return {
    come: now.filter((zone) => mountOf(zone) !== undefined && !there.has(mountOf(zone))),
    gone: before.filter(({ contents: { head } }) => head.pools && !kept.has(orderKey(head.pools))),
  };
}
