import { leafWord, nodeWord, STRIDE_MAX, WORD_BITS } from './locate.ts';
import { LocatorError } from './locator-error.ts';
import type { PrefixTree } from './prefix-tree.ts';

/** Maximum number of words of a locator: 256 MiB. */
export const LOCATOR_WORDS_MAX = 1 << (WORD_BITS - 1);
/** Stride of a root, bits. */
const ROOT_STRIDE = 16;
/** Least number of different branches in a node, as a share of its words. A smaller one makes look-ups shorter and the tree larger. */
const FILL_MIN = 0.5;
const WORDS_FIRST = 1 << 18;

/** Words that grow. */
export interface Words {
  readonly size: number;
  /** Makes room for more words, and returns the first. Throws LocatorError. */
  add(count: number): number;
  set(at: number, word: number): void;
  /** Copies the words into shared memory of exactly their size. */
  freeze(): SharedArrayBuffer;
}

/** Creates words of which there are none. */
export function createWords(wordsMax = LOCATOR_WORDS_MAX): Words {
  let words = new Int32Array(WORDS_FIRST);
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(count) {
      const first = size;
      size += count;
      if (size > wordsMax) throw new LocatorError(`need more than ${wordsMax} words of memory`);
      if (size > words.length) {
        const more = new Int32Array(Math.max(size, Math.min(2 * words.length, wordsMax)));
        more.set(words);
        words = more;
      }
      return first;
    },
    set(at, word) {
      words[at] = word;
    },
    freeze() {
      const shared = new SharedArrayBuffer(size * Int32Array.BYTES_PER_ELEMENT);
      new Int32Array(shared).set(words.subarray(0, size));
      return shared;
    },
  };
}

/** How a stride is chosen: from `fillMin`, and for a root at least `root` bits; `max`: the longest. */
export interface StrideRule {
  readonly fillMin: number;
  readonly root: number;
  readonly max: number;
}

/** The rule of the locator; bench/locator.ts compares others. */
export const STRIDES: StrideRule = { fillMin: FILL_MIN, root: ROOT_STRIDE, max: STRIDE_MAX };

/**
 * Writes the tree below each of these branches in strides, and returns the word of each root. A stride is as long as the node is
 * filled well enough (Nilsson and Karlsson, IP-address lookup using LC-tries, 1999), so that dense parts of a tree take few steps
 * and sparse ones little memory. Throws LocatorError.
 */
export function writeStrides(
  tree: Pick<PrefixTree, 'zero' | 'one' | 'isShared'>,
  roots: readonly number[],
  words: Words,
  { fillMin, root: rootStride, max }: StrideRule = STRIDES,
): number[] {
  /** Nodes that several ways lead to, by node and place in a word of an address. */
  const written = new Map<number, number>();
  return roots.map((branch) => write(branch, 0, rootStride));

  function write(branch: number, phase: number, least: number): number {
    if (branch < 0) return leafWord(~branch, 0);
    const key = tree.isShared(branch) ? branch * 32 + phase : -1;
    const before = written.get(key);
    if (before !== undefined) return before;
    const stride = strideOf(branch, phase, least);
    const first = words.add(2 ** stride);
    const word = nodeWord(stride, first);
    fill(branch, stride, first, (phase + stride) & 31);
    if (key !== -1) written.set(key, word);
    return word;
  }

  function strideOf(node: number, phase: number, least: number): number {
    const longest = Math.min(max, 32 - phase);
    let stride = Math.min(least, longest);
    while (stride < longest && branchesAt(node, stride + 1) >= fillMin * 2 ** (stride + 1)) stride += 1;
    return stride;
  }

  /** Counts the branches at a depth below a branch, and the leaves above. */
  function branchesAt(branch: number, depth: number): number {
    if (branch < 0 || depth === 0) return 1;
    return branchesAt(tree.zero(branch), depth - 1) + branchesAt(tree.one(branch), depth - 1);
  }

  /** Fills the words of a branch, `left` bits before the end of the stride. */
  function fill(branch: number, left: number, at: number, phase: number): void {
    if (branch >= 0 && left > 0) {
      fill(tree.zero(branch), left - 1, at, phase);
      fill(tree.one(branch), left - 1, at + 2 ** (left - 1), phase);
      return;
    }
    const word = branch < 0 ? leafWord(~branch, left) : write(branch, phase, 1);
    for (let i = 0; i < 2 ** left; i += 1) words.set(at + i, word);
  }
}
