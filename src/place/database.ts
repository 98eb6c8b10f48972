import { LocatorError } from './locator-error.ts';
import { openMmdb } from './mmdb.ts';
import type { Place } from './place.ts';
import { NOWHERE, type PrefixTree } from './prefix-tree.ts';
import { placeOfRecord } from './record.ts';

/** What a database leads to. */
export interface ReadDatabase {
  /** The type that the file names, such as `GeoLite2-City`. */
  readonly type: string;
  /** When it was built, milliseconds since the epoch. */
  readonly builtMs: number;
  /** The branch of IPv4, and that of IPv6. */
  readonly ipv4: number;
  readonly ipv6: number;
}

/** Bits before IPv4 addresses in a tree of IPv6. */
const IPV4_DEPTH = 96;
/** States of a node while the tree is read. */
const OPEN = 1;
const DONE = 2;

/**
 * Reads a MaxMind DB into a tree: every node and every record that it has. `numberOf` gives a place its number. Throws LocatorError.
 */
export function readDatabase(
  octets: Buffer,
  tree: PrefixTree,
  numberOf: (place: Place) => number,
): ReadDatabase {
  const database = openMmdb(octets);
  const { nodes, bits, type, builtMs } = database;
  /** The leaf for each record. */
  const leaves = new Map<number, number>();
  /** For each node that was read: its branch, and how many bits are below it. */
  const branches = new Int32Array(nodes);
  const heights = new Uint8Array(nodes);
  const states = new Uint8Array(nodes);

  function leafOf(branch: number): number {
    const known = leaves.get(branch);
    if (known !== undefined) return known;
    const place = placeOfRecord(database.record(branch));
    const leaf = place === undefined ? NOWHERE : ~numberOf(place);
    leaves.set(branch, leaf);
    return leaf;
  }

  function branchOf(from: number, depth: number): number {
    if (from >= nodes) return from === nodes ? NOWHERE : leafOf(from);
    if (states[from] === OPEN) throw new LocatorError('is damaged: its tree leads back to itself');
    if (states[from] === DONE) {
      const known = branches[from]!;
      if (known >= 0) tree.share(known);
      if (depth + heights[from]! > bits) throw tooDeep(bits);
      return known;
    }
    if (depth === bits) throw tooDeep(bits);
    states[from] = OPEN;
    const [zero, one] = [database.zero(from), database.one(from)];
    const branch = tree.join(branchOf(zero, depth + 1), branchOf(one, depth + 1));
    states[from] = DONE;
    branches[from] = branch;
    heights[from] = 1 + Math.max(zero < nodes ? heights[zero]! : 0, one < nodes ? heights[one]! : 0);
    return branch;
  }

  const root = branchOf(0, 0);
  if (leaves.values().every((leaf) => leaf === NOWHERE))
    throw new LocatorError(
      `has no country.iso_code, country_code or coordinates in any record (its type is "${type}")`,
    );
  if (bits === 32) return { type, builtMs, ipv4: root, ipv6: NOWHERE };
  let ipv4 = root;
  for (let depth = 0; depth < IPV4_DEPTH && ipv4 >= 0; depth += 1) ipv4 = tree.zero(ipv4);
  if (ipv4 >= 0) tree.share(ipv4);
  return { type, builtMs, ipv4, ipv6: root };
}

function tooDeep(bits: number): LocatorError {
  return new LocatorError(`is damaged: its tree is deeper than ${bits} bits`);
}
