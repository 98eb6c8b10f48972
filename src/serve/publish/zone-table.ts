import {
  apexNode,
  negativeAnswer,
  type OrdinalZone,
  ordinalZones,
  poolOwner,
  staticNodes,
} from '../../answer/compile.ts';
import { answerImage, nodeImage } from '../../answer/image.ts';
import type { TableWriter } from '../../answer/table.ts';
import { nameKey, type WireName } from '../../dns/name.ts';
import type { Zone } from '../../zone/zone.ts';

/** The zones in a table, apart from the pools that answer in them. */
export interface ZoneTable {
  /**
   * Makes these the zones, under this serial. What was only there for zones that are gone or others now is removed,
   * pools of these names too; to write pools where they appear now is the caller's.
   */
  setZones(zones: readonly Zone[], serial: number, pools: Iterable<string>): void;
  /** Writes the serial of every zone. */
  setSerial(serial: number): void;
  readonly zones: readonly OrdinalZone[];
}

interface Written extends OrdinalZone {
  /** Names of the static nodes, the apex apart. */
  readonly names: readonly WireName[];
}

/** No zones yet. */
export function createZoneTable(table: TableWriter): ZoneTable {
  let written = new Map<string, Written>();

  function writeApex(of: OrdinalZone, serial: number): void {
    table.setZone(of.ordinal, answerImage(of.zone.apex, negativeAnswer(of.zone, serial)));
    table.put(nodeImage(apexNode(of, serial)));
  }

  /** A zone and its static nodes in the table; as it was where nothing about it changed. */
  function writeZone(of: OrdinalZone, serial: number): Written {
    const was = written.get(nameKey(of.zone.apex));
    if (was !== undefined && was.zone === of.zone && sameNames(was.apexesBelow, of.apexesBelow)) return was;
    writeApex(of, serial);
    const nodes = staticNodes(of);
    for (const node of nodes) table.put(nodeImage(node));
    return { ...of, names: nodes.map(({ name }) => name) };
  }

  /** Removes every name of the zones before that the zones now do not have. */
  function removeLeft(was: Iterable<Written>, pools: readonly string[]): void {
    const kept = new Set<string>();
    const now = [...written.values()];
    for (const { zone, names } of now) for (const name of [zone.apex, ...names]) kept.add(nameKey(name));
    const poolNames = new Set(now.flatMap(({ zone }) => (zone.pools ? [nameKey(zone.pools)] : [])));
    for (const { zone, names } of was) {
      for (const name of [...names, zone.apex]) if (!kept.has(nameKey(name))) table.remove(name);
      if (zone.pools === undefined || poolNames.has(nameKey(zone.pools))) continue;
      for (const pool of pools) {
        const owner = poolOwner(zone, pool);
        if (!kept.has(nameKey(owner))) table.remove(owner);
      }
    }
  }

  return {
    setZones(zones, serial, pools) {
      const was = written;
      const taken = new Set([...was.values()].map(({ ordinal }) => ordinal));
      const numbered = ordinalZones(zones).map((zone) => ({
        ...zone,
        ordinal: was.get(nameKey(zone.zone.apex))?.ordinal ?? lowestFree(taken),
      }));
      // Upper zones last: what a lower zone answers is there before the upper one stops to.
      const deepestFirst = numbered.toSorted((a, b) => b.zone.apex.length - a.zone.apex.length);
      written = new Map(deepestFirst.map((zone) => [nameKey(zone.zone.apex), writeZone(zone, serial)]));
      removeLeft(was.values(), [...pools]);
    },
    setSerial(serial) {
      for (const zone of written.values()) writeApex(zone, serial);
    },
    get zones() {
      return [...written.values()];
    },
  };
}

function sameNames(a: readonly WireName[], b: readonly WireName[]): boolean {
  const names = new Set(a.map((name) => nameKey(name)));
  return a.length === b.length && b.every((name) => names.has(nameKey(name)));
}

function lowestFree(taken: Set<number>): number {
  let ordinal = 0;
  while (taken.has(ordinal)) ordinal += 1;
  taken.add(ordinal);
  return ordinal;
}
