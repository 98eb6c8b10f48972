import { type ReadDatabase, readDatabase } from './database.ts';
import {
  AREA_CODES_AT,
  AREAS,
  bitsIn,
  HEADER_WORDS,
  locate,
  numberIn,
  PLACES,
  PLACES_AT,
  ROOT,
  Tree,
} from './locate.ts';
import { about } from './locator-error.ts';
import type { Area, Place } from './place.ts';
import { createPlaceTable, type PlaceTable, placeAt } from './place-table.ts';
import { branchOf, createPrefixTree, NOWHERE, overlay, type PrefixTree, relabelled } from './prefix-tree.ts';
import { countryNumber, regionNumber } from './regions.ts';
import { createWords, writeStrides } from './strides.ts';

/** A prefix whose place is known without a database. */
export interface Network {
  /** 4 or 16 octets, with zeros after the prefix. */
  readonly octets: Uint8Array;
  readonly bits: number;
  readonly place: Place;
}

/** What a locator is made of. */
export interface LocatorSources {
  /** Files in the format of MaxMind DB. Where an earlier one knows nothing of an address, a later one counts. */
  readonly databases: readonly { readonly name: string; readonly octets: Buffer }[];
  /** Networks of both families, which all differ. They count before the databases; a longer one before a shorter one. */
  readonly networks: readonly Network[];
}

/** What is known of a database that a locator was made of. */
export interface LocatorSource extends Pick<ReadDatabase, 'type' | 'builtMs'> {
  readonly name: string;
}

/** Turns client addresses into places. It never changes. `locate` looks addresses up, and `placeAt` shows places. */
export interface Locator {
  /** The words, which data-plane threads share; locate.ts says what they are. */
  readonly memory: SharedArrayBuffer;
  /** The areas by number. A place has one; 0 is the unknown one. */
  readonly areas: readonly Area[];
  /** Number of places, with the unknown one. */
  readonly places: number;
  readonly sources: readonly LocatorSource[];
}

/** Makes a locator of all its sources, or none: throws LocatorError, whose message begins with the file that is at fault. */
export function createLocator({ databases, networks }: LocatorSources): Locator {
  const table = createPlaceTable();
  const tree = createPrefixTree();
  const read = databases.map(({ name, octets }) => ({
    name,
    ...about(name, () => readDatabase(octets, tree, table.numberOf)),
  }));
  const own = { ipv4: ownBranch(4), ipv6: ownBranch(16) };
  const memory = about('The databases together', () => {
    const layers = [own, ...read];
    return write(tree, table, layered('ipv4', layers), layered('ipv6', layers));
  });
  const sources = read.map(({ name, type, builtMs }) => ({ name, type, builtMs }));
  return { memory, areas: table.areas, places: table.size, sources };

  function ownBranch(length: number): number {
    const within = networks.filter(({ octets }) => octets.length === length);
    return branchOf(
      tree,
      within.map(({ octets, bits, place }) => ({ octets, bits, value: table.numberOf(place) })),
    );
  }

  function layered(family: 'ipv4' | 'ipv6', layers: readonly Pick<ReadDatabase, 'ipv4' | 'ipv6'>[]): number {
    return layers.reduceRight((lower, layer) => overlay(tree, layer[family], lower), NOWHERE);
  }
}

/** What a look-up found. */
export interface Found {
  /** Number of the place, or of its area in the tree of areas; 0: unknown. */
  readonly number: number;
  /** How many bits of the address decided. */
  readonly bits: number;
  /** Without coordinates in the tree of areas. */
  readonly place: Place;
}

/** Looks up an address of 4 or 16 octets for people, as `locate` does for data-plane threads. `tree`: one of Tree. */
export function findPlace({ memory, areas }: Locator, octets: Uint8Array, tree: number): Found {
  const words = new Int32Array(memory);
  const found = locate(words, tree, octets, 0, octets.length);
  const number = numberIn(found);
  const place = tree === Tree.AREAS ? areas[number]! : placeAt(words, areas, number);
  return { number, bits: bitsIn(found), place };
}

function write(tree: PrefixTree, table: PlaceTable, ...roots: readonly [number, number]): SharedArrayBuffer {
  const words = createWords();
  words.add(HEADER_WORDS);
  const ofPlaces = writeStrides(tree, roots, words);
  // A place for each area: their numbers and trees are the same.
  const ofAreas = table.size === table.areas.length ? ofPlaces : writeAreas();
  for (const family of [0, 1]) {
    words.set(ROOT + 2 * Tree.AREAS + family, ofAreas[family]!);
    words.set(ROOT + 2 * Tree.PLACES + family, ofPlaces[family]!);
  }
  words.set(PLACES_AT, table.write(words));
  words.set(PLACES, table.size);
  words.set(AREAS, table.areas.length);
  const codes = words.add(table.areas.length);
  words.set(AREA_CODES_AT, codes);
  for (const [i, { region, country }] of table.areas.entries())
    words.set(codes + i, (regionNumber(region) << 16) | countryNumber(country));
  return words.freeze();

  function writeAreas(): number[] {
    const areas = relabelled(tree, table.areaOf);
    return writeStrides(areas, roots.map(areas.branch), words);
  }
}
