import { NOWHERE, type PrefixTree } from '../../src/place/prefix-tree.ts';

/** Bits that the index of the first ranges is made of. */
const INDEX_BITS = 16;
const BITS = { 4: 32, 16: 128 };

/** A list of ranges in the order of addresses, with an index: what the locator could be made of instead. */
export interface Ranges {
  readonly octets: number;
  /** Returns the value of an address of four words, of which IPv4 has the first. */
  find(first: number, second: number, third: number, fourth: number): number;
}

/** Makes the ranges below a branch. Neighbours of one value are one range. */
export function rangesOf(tree: PrefixTree, root: number, length: 4 | 16): Ranges {
  const starts: number[][] = Array.from({ length: length / 4 }, () => []);
  const values: number[] = [];
  const at = [0, 0, 0, 0];
  walk(root, 0);
  const count = values.length;
  const words = starts.map((each) => Uint32Array.from(each));
  const value = Int32Array.from(values);
  const [one, two = one!, three = one!, four = one!] = words;
  /** The last range that begins at or before each value of the first bits. */
  const index = new Int32Array(2 ** INDEX_BITS + 1);
  let last = 0;
  for (let bits = 0; bits < 2 ** INDEX_BITS; bits += 1) {
    while (last + 1 < count && isAtOrBefore(last + 1, bits)) last += 1;
    index[bits] = last;
  }
  index[2 ** INDEX_BITS] = count - 1;
  const octets = (words.length + 1) * 4 * count + index.byteLength;
  return { octets, find: length === 4 ? find4 : find16 };

  function walk(branch: number, depth: number): void {
    if (branch >= 0) {
      walk(tree.zero(branch), depth + 1);
      const word = depth >> 5;
      const bit = 2 ** (31 - (depth & 31));
      at[word]! += bit;
      walk(tree.one(branch), depth + 1);
      at[word]! -= bit;
      return;
    }
    if (depth > BITS[length]) throw new Error('a prefix is longer than an address');
    const place = branch === NOWHERE ? 0 : ~branch;
    if (values.at(-1) === place) return;
    for (const [i, each] of starts.entries()) each.push(at[i]!);
    values.push(place);
  }

  function isAtOrBefore(range: number, bits: number): boolean {
    const high = one![range]! >>> (32 - INDEX_BITS);
    const isFirst = one![range]! << INDEX_BITS === 0 && words.slice(1).every((word) => word[range] === 0);
    return high < bits || (high === bits && isFirst);
  }

  function find4(first: number): number {
    const address = first >>> 0;
    let low = index[address >>> (32 - INDEX_BITS)]!;
    let high = index[(address >>> (32 - INDEX_BITS)) + 1]!;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (one![middle]! <= address) low = middle;
      else high = middle - 1;
    }
    return value[low]!;
  }

  function find16(first: number, second: number, third: number, fourth: number): number {
    const [a, b, c, d] = [first >>> 0, second >>> 0, third >>> 0, fourth >>> 0];
    let low = index[a >>> (32 - INDEX_BITS)]!;
    let high = index[(a >>> (32 - INDEX_BITS)) + 1]!;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (isBefore(middle, a, b, c, d)) low = middle;
      else high = middle - 1;
    }
    return value[low]!;
  }

  function isBefore(range: number, a: number, b: number, c: number, d: number): boolean {
    if (one![range]! !== a) return one![range]! < a;
    if (two[range]! !== b) return two[range]! < b;
    if (three[range]! !== c) return three[range]! < c;
    return four[range]! <= d;
  }
}
