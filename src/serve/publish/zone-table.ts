import { answerImage, type Node, nodeImage } from '../../answer/compile/image.ts';
import {
  apexNode,
  dsBelow,
  negativeAnswer,
  type OrdinalZone,
  staticNode,
} from '../../answer/compile/nodes.ts';
import type { TableWriter } from '../../answer/table.ts';
import { keyAbove, nearest, orderKey } from '../../dns/canonical-order.ts';
import { nameKey, type WireName } from '../../dns/name.ts';
import type { Plan } from '../../load-balancer/steering/plan.ts';
import type { LeftOut } from '../../zone/authoring/records-at-name.ts';
import {
  addConcerned,
  addNamesUnder,
  addUpwards,
  type Names,
  namesUnder,
} from '../../zone/contents/concerned.ts';
import { contentsAfter, contentsOf, hidesBelow, type ZoneContents } from '../../zone/contents/contents.ts';
import { OrderedMap, valuesUnder } from '../../zone/contents/ordered-map.ts';
import type { Zones } from '../../zone/contents/zones.ts';
import { isSteered } from '../../zone/steered-rrset.ts';
import type { Zone } from '../../zone/zone.ts';
import { type CountedNames, shownName } from '../counted/counted-names.ts';
import type { ChoiceTable } from './choice-table.ts';
import { createOrdinals } from './ordinals.ts';
import { hasPools, type SerialSource } from './zone-serials.ts';

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
   * before what goes is removed, and only names that are concerned are written. Costs what is another than before.
   */
  change(zones: Zones, serials: SerialSource): Iterable<Step>;
  /** Writes what is at these names once more, in small pieces like those of change(). */
  rewrite(names: Iterable<WireName>): Iterable<Step>;
  /** Notes the serials that zones have now, which `showSerials` shows. Those of zones that change are noted by `change`, when it begins. */
  noteSerials(serials: SerialSource): void;
  /**
   * Shows the serials that were noted last. This ends a generation: a reader that sees a serial finds what it stands for,
   * and no serial stands for a change that came while the generation was written.
   */
  showSerials(): void;
  readonly zones: Iterable<TableZone>;
  /** The same by the keys of their apexes. */
  readonly byApex: OrderedMap<TableZone>;
  /** TTL of pools in one of the zones where they appear; undefined: there is none. */
  readonly poolTtlSeconds: number | undefined;
}

/** A part of long work was done: a few microseconds of it, or, where it says so, up to some tenths of a second. */
export type Step = 'long' | undefined;

/** Names without room that are tried again with each change of zones. */
export const TRIED_AGAIN_MAX = 1_000;

/** Who learns of names whose answers differ from what their zones say, and counts their queries. */
export interface NameObserver {
  /** Called with each record at a name that comes or changes, which is not answered. */
  leftOut?(record: LeftOut): void;
  /** Called with a name whose answer cannot be written: the table is full. The answer before stays. */
  unwritten?(name: WireName, error: unknown): void;
  /** Has queries for zones, pools and load balancers counted; absent: they are not. */
  readonly counted?: CountedNames;
}

/** A table without zones. */
export function createZoneTable(
  table: TableWriter,
  choices?: ChoiceTable,
  { leftOut = () => {}, unwritten = () => {}, counted }: NameObserver = {},
): ZoneTable {
  /** By the key of their apex; as they were set last, and as they are in the table. */
  let given: Zones = OrderedMap.of();
  let zones = OrderedMap.of<WrittenZone>();
  /** Those in which pools appear. */
  const withPools = new Set<WrittenZone>();
  const ordinals = createOrdinals();
  /** Ordinals of zones whose answer for names that they lack is in the table. */
  const negative = new Set<number>();
  /** Names for whose answers there was no room. */
  const missing = new Map<string, WireName>();
  let least: number | undefined;
  let leastWithPools: number | undefined;
  /** Zones of which serials are noted that are not shown: all, or those in which pools appear, and those that took the place of others. */
  let renumbered: () => Iterable<WrittenZone> = () => [];
  let replaced: readonly WrittenZone[] = [];

  /** Writes what a zone answers for names that it lacks. Returns false where it has no such answer, and so can have no names. */
  function writeNegative(of: TableZone): boolean {
    try {
      table.setZone(of.ordinal, answerImage(of.contents.head.apex, negativeAnswer(of)));
      negative.add(of.ordinal);
    } catch (error) {
      unwritten(of.contents.head.apex, error);
    }
    return negative.has(of.ordinal);
  }

  function add(zone: WrittenZone): void {
    const { apexKey } = zone.contents;
    const was = zones.get(apexKey);
    if (was !== undefined) withPools.delete(was);
    zones = zones.with(apexKey, zone);
    if (hasPools(zone.zone)) withPools.add(zone);
  }

  /** The nearest zone whose apex is above the name of a key. */
  function zoneAbove(key: string): WrittenZone | undefined {
    const above = keyAbove(key);
    return above === undefined ? undefined : nearest(zones, above);
  }

  function nodeOf(of: TableZone, key: string, name: WireName): Node | undefined {
    const programsOf = (plan: Plan) => choices?.programsAt(key, plan);
    if (key === of.contents.apexKey) {
      const above = zoneAbove(key);
      return apexNode(of, programsOf, above && dsBelow(above.contents, key));
    }
    return staticNode(of, name, zones.keyAfter(key)?.startsWith(key) ?? false, programsOf);
  }

  /**
   * Writes a node; where the table has no room for it, the one before stays. Where it has none for the programs of a load balancer, it
   * writes what else is at its name: the programs before must not stay, as the pools that they use are not held any more. Returns
   * what is there now; undefined: nothing can be.
   */
  function put(node: Node, name: WireName): Node | undefined {
    const { programs, ...rest } = node;
    if (programs === undefined) {
      try {
        table.put(nodeImage(node));
      } catch (error) {
        missing.set(nameKey(name), name);
        unwritten(name, error);
      }
      return node;
    }
    try {
      table.put(nodeImage(node));
      return node;
    } catch (error) {
      choices?.failed(name, error);
    }
    try {
      table.put(nodeImage(rest));
      return rest;
    } catch {
      return undefined;
    }
  }

  /** Writes what is at a name of a zone now. Returns false where nothing is. */
  function writeName(zone: TableZone, key: string, name: WireName): boolean {
    if (!negative.has(zone.ordinal) && !writeNegative(zone)) return false;
    const node = nodeOf(zone, key, name);
    const isSteering = node?.programs !== undefined;
    const ordinal = isSteering ? counted?.take('load_balancer', key, shownName(name)) : undefined;
    const written = node && put(ordinal === undefined ? node : { ...node, counted: ordinal }, name);
    if (written?.programs === undefined) leave(key);
    return written !== undefined;
  }

  /** What takes long of writing a name, in steps: the conditions of a load balancer there. */
  function* prepareName({ contents }: TableZone, key: string): Iterable<Step> {
    for (const set of contents.owners.get(key) ?? [])
      if (isSteered(set)) for (const _ of set.steering.prepare()) yield 'long';
  }

  /** Forgets the load balancer that was at a name, if any. */
  function leave(key: string): void {
    choices?.leave(key);
    counted?.free('load_balancer', key);
  }

  function removeName(key: string, name: WireName): void {
    table.remove(name);
    leave(key);
  }

  /** Writes what is at names now, deeper zones first: what a lower zone answers is there before the upper one stops to. */
  function* write(names: Names): Iterable<Step> {
    const left: [string, WireName][] = [];
    const owned = new Map<WrittenZone, [string, WireName][]>();
    for (const [key, name] of names) {
      const zone = nearest(zones, key);
      if (zone === undefined) left.push([key, name]);
      else if (!owned.get(zone)?.push([key, name])) owned.set(zone, [[key, name]]);
      yield;
    }
    for (const zone of deepestFirst(owned.keys()))
      for (const [key, name] of owned.get(zone)!) {
        yield* prepareName(zone, key);
        if (!writeName(zone, key, name)) left.push([key, name]);
        yield;
      }
    for (const [key, name] of left) {
      removeName(key, name);
      yield;
    }
  }

  /** Writes what is now at every name of the contents of a zone that comes or goes, one by one: there may be a million. */
  function* writeAll(contents: ZoneContents): Iterable<Step> {
    const tell = (key: string) => contents.owners.leftOut(key).forEach(leftOut);
    const isServed = zones.get(contents.apexKey)?.contents === contents;
    for (const [key, name] of namesUnder(contents, contents.head.apex, isServed ? tell : undefined)) {
      const zone = nearest(zones, key);
      if (isServed) tell(key);
      if (zone !== undefined) yield* prepareName(zone, key);
      if (zone === undefined || !writeName(zone, key, name)) removeName(key, name);
      yield;
    }
  }

  function noteSerials(serials: SerialSource): void {
    const isOfAll = serials.least !== least;
    if (!isOfAll && serials.leastWithPools === leastWithPools) return;
    ({ least, leastWithPools } = serials);
    renumbered = isOfAll ? () => valuesUnder(zones, '') : () => withPools;
    for (const each of renumbered()) each.nextSerial = isOfAll ? serials.serialOf(each.zone) : leastWithPools;
  }

  function* change(wanted: Zones, serials: SerialSource): Iterable<Step> {
    const gone: WrittenZone[] = [];
    const come: WrittenZone[] = [];
    const others: WrittenZone[] = [];
    const hiding: ZoneContents[] = [];
    const names: Names = new Map();
    const differences = OrderedMap.differences(given, wanted).map(({ key, after }) => ({
      key,
      zone: after,
      nextSerial: after === undefined ? 0 : serials.serialOf(after),
    }));
    for (const { key, zone, nextSerial } of differences) {
      const was = zones.get(key);
      if (zone === undefined) gone.push(was!);
      else if (was === undefined) {
        const contents = contentsOf(zone);
        const ordinal = ordinals.take();
        counted?.zoneCame(ordinal);
        come.push({ contents, ordinal, zone, serial: nextSerial, nextSerial });
      } else {
        const after = contentsAfter(was.contents, was.zone, zone);
        const { contents, changed } = after;
        after.leftOut.forEach(leftOut);
        others.push({ contents, ordinal: was.ordinal, zone, serial: was.serial, nextSerial });
        names.set(key, zone.apex);
        addConcerned(names, was.contents, contents, changed);
        if (hidesOthers(was.contents, contents, changed)) hiding.push(contents);
        addPools(names, was.contents, contents);
      }
      yield;
    }
    given = wanted;
    replaced = others;
    for (const { contents } of gone) addBetween(names, contents);
    for (const each of gone) {
      withPools.delete(each);
      zones = zones.without(each.contents.apexKey);
    }
    const now = [...come, ...others];
    for (const each of now) add(each);
    for (const contents of [...come.map((each) => each.contents), ...hiding]) addBetween(names, contents);
    for (const { contents } of [...gone, ...come]) addAround(names, contents);
    for (const each of now) {
      table.setSerial(each.ordinal, each.serial);
      writeNegative(each);
      yield;
    }
    for (const [key, name] of missing.entries().take(TRIED_AGAIN_MAX)) {
      missing.delete(key);
      names.set(orderKey(name), name);
    }
    for (const each of deepestFirst(come)) yield* writeAll(each.contents);
    yield* write(names);
    for (const each of gone) yield* writeAll(each.contents);
    for (const { ordinal } of gone) {
      ordinals.free(ordinal);
      negative.delete(ordinal);
    }
  }

  /** Adds the names of a zone that exist by zones below it alone. */
  function addBetween(names: Names, { head, apexKey }: ZoneContents): void {
    for (const { contents } of valuesUnder(zones, apexKey)) addUpwards(names, contents.head.apex, head.apex);
  }

  /** Adds what a zone that comes or goes changes of the one above it: names there at its apex and below, and those that exist by it alone. */
  function addAround(names: Names, { head, apexKey }: ZoneContents): void {
    const above = zoneAbove(apexKey);
    if (above === undefined) return;
    addUpwards(names, head.apex, above.contents.head.apex);
    addNamesUnder(names, above.contents, head.apex);
  }

  return {
    change,
    rewrite: (names) => write(new Map([...names].map((name) => [orderKey(name), name]))),
    noteSerials,
    showSerials() {
      for (const all of [renumbered(), replaced])
        for (const each of all) {
          if (each.serial === each.nextSerial) continue;
          each.serial = each.nextSerial;
          table.setSerial(each.ordinal, each.serial);
        }
      renumbered = () => [];
      replaced = [];
    },
    get zones() {
      return valuesUnder(zones, '');
    },
    get byApex() {
      return zones;
    },
    get poolTtlSeconds() {
      return withPools.values().find(({ zone }) => zone.pools !== undefined)?.zone.poolTtlSeconds;
    },
  };
}

/** Whether a zone cut or a DNAME comes or goes: names below it may be there by zones below alone. */
function hidesOthers(
  before: ZoneContents,
  after: ZoneContents,
  changed: ReadonlyMap<string, WireName>,
): boolean {
  return changed.keys().some((key) => hidesBelow(before, key) !== hidesBelow(after, key));
}

/** Zones with the longest names first. */
function deepestFirst(zones: Iterable<WrittenZone>): WrittenZone[] {
  return [...zones].sort((a, b) => b.contents.head.apex.length - a.contents.head.apex.length);
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
