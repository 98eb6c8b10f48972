import { REGIONS } from '../../src/place/regions.ts';
import { encode, mmdbOf } from '../../test/support/mmdb.ts';

/** Different places of the made database; databases of cities have about as many. */
const PLACES = 100_000;
/** Places that are together in one country, and nodes of a part of the tree that is in one country. */
const COUNTRY_PLACES = 400;
const COUNTRY_NODES = 2_000;
/** Bits of the longest prefix of each family. */
const LONGEST = { ipv4: 32, ipv6: 64 };
/** Octets of a node: branches of 24 bits. */
const NODE_OCTETS = 6;
/** Bits before IPv4 in a tree of IPv6, and those before what is in use of IPv6 (2000::/3). */
const IPV4_DEPTH = 96;
const IPV6_DEPTH = 3;

/** Draws numbers from 0 to 1 by xorshift, the same in each run. */
export function drawing(seed = 1): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * Makes a database of cities with this many nodes, half of them IPv4. Each prefix is split between its halves by chance, so
 * that parts of it are dense and others sparse, as in the real ones, and small parts lie in one country. A quarter of what is not split
 * further has no place.
 */
export function cityDatabase(nodes: number): Buffer {
  const draw = drawing();
  const codes = REGIONS.flatMap(({ countries }) => countries.map(({ code }) => code));
  const records = Array.from({ length: PLACES }, (_, i) => {
    const [latitude, longitude] = [180 * draw() - 90, 360 * draw() - 180].map((each) =>
      Number(each.toFixed(4)),
    );
    const country = { iso_code: codes[Math.floor(i / COUNTRY_PLACES)] };
    return encode({ country, location: { latitude, longitude } });
  });
  const offsets = new Int32Array(PLACES);
  for (let i = 1; i < PLACES; i += 1) offsets[i] = offsets[i - 1]! + records[i - 1]!.length;
  const tree = Buffer.alloc(nodes * NODE_OCTETS);
  let made = 0;

  const leaf = (country: number) =>
    draw() < 0.25
      ? nodes
      : nodes + 16 + offsets[COUNTRY_PLACES * country + Math.floor(draw() * COUNTRY_PLACES)]!;
  const anyCountry = () => Math.floor((draw() * PLACES) / COUNTRY_PLACES);
  function node(zero: () => number, one: () => number): number {
    const number = made;
    made += 1;
    tree.writeUIntBE(zero(), number * NODE_OCTETS, 3);
    tree.writeUIntBE(one(), number * NODE_OCTETS + 3, 3);
    return number;
  }
  /** `country`: that of all places here; absent: it is not decided yet. */
  function split(budget: number, depth: number, longest: number, country?: number): number {
    const here = country ?? (budget < COUNTRY_NODES ? anyCountry() : undefined);
    if (budget < 1 || depth === longest || made >= nodes) return leaf(here ?? anyCountry());
    // Near the middle mostly; a part beyond what fits its bits goes to the other half.
    const share = (draw() + draw() + draw()) / 3;
    const room = 2 ** (longest - depth - 1) - 1;
    const left = Math.min(Math.floor((budget - 1) * share), room);
    const right = Math.min(budget - 1 - left, room);
    return node(
      () => split(left, depth + 1, longest, here),
      () => split(right, depth + 1, longest, here),
    );
  }
  const chain = (depth: number, bit: (at: number) => number, end: () => number, at = 0): number => {
    if (at === depth) return end();
    const next = () => chain(depth, bit, end, at + 1);
    return node(bit(at) === 0 ? next : () => nodes, bit(at) === 0 ? () => nodes : next);
  };
  const each = Math.floor((nodes - IPV4_DEPTH - IPV6_DEPTH) / 2);
  // ::/96 is on the left of the root, 2000::/3 on the right of the first two bits.
  node(
    () =>
      node(
        () =>
          node(
            () =>
              chain(
                IPV4_DEPTH - IPV6_DEPTH,
                () => 0,
                () => split(each, 0, LONGEST.ipv4),
              ),
            () => split(each, IPV6_DEPTH, LONGEST.ipv6),
          ),
        () => nodes,
      ),
    () => nodes,
  );
  return mmdbOf({
    // Where not all were made, the last ones are not reached.
    tree: [tree],
    nodes,
    records,
    type: 'Made-City',
    recordSize: 24,
    ipVersion: 6,
    buildEpochSeconds: 0,
  });
}
