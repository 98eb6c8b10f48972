import { LocatorError } from './locator-error.ts';

/** Maximum number of nodes of the trees from which a locator is made: databases of cities have about 6 million. */
export const TREE_NODES_MAX = 32_000_000;
/** Nodes for which there is room at first. */
const ROOM_FIRST = 1 << 16;

/**
 * A binary tree of prefixes, by the bits of an address from the first on. A *branch* is a number: at least 0, a node, whose two
 * branches go on with a bit of 0 and of 1; below 0, a leaf with the value `~branch`. Two leaves of one value are one leaf, so
 * the depth of a leaf is the number of bits that decide. A node comes after those below it. A node may be reached by
 * several ways.
 */
export interface PrefixTree {
  readonly size: number;
  /** Returns the branch with these two below it. Throws LocatorError. */
  join(zero: number, one: number): number;
  zero(node: number): number;
  one(node: number): number;
  /** Notes that several ways lead to a node. */
  share(node: number): void;
  isShared(node: number): boolean;
}

/** A leaf whose value is that of no place. */
export const NOWHERE = ~0;

/** Creates a tree without nodes. */
export function createPrefixTree(nodesMax = TREE_NODES_MAX): PrefixTree {
  let branches = new Int32Array(2 * Math.min(ROOM_FIRST, nodesMax));
  let size = 0;
  const shared = new Set<number>();
  return {
    get size() {
      return size;
    },
    join(zero, one) {
      if (zero === one && zero < 0) return zero;
      if (size === nodesMax) throw new LocatorError(`has more than ${nodesMax} nodes`);
      if (2 * size === branches.length) {
        const more = new Int32Array(2 * Math.min(2 * size, nodesMax));
        more.set(branches);
        branches = more;
      }
      branches[2 * size] = zero;
      branches[2 * size + 1] = one;
      size += 1;
      return size - 1;
    },
    zero: (node) => branches[2 * node]!,
    one: (node) => branches[2 * node + 1]!,
    share: (node) => void shared.add(node),
    isShared: (node) => shared.has(node),
  };
}

/** A prefix with its value. */
export interface ValuedPrefix {
  readonly octets: Uint8Array;
  readonly bits: number;
  readonly value: number;
}

/** Returns the branch of these prefixes of one family, which all differ: a longer one counts before a shorter one. */
export function branchOf(tree: PrefixTree, prefixes: readonly ValuedPrefix[]): number {
  return below(prefixes, 0, NOWHERE);

  function below(within: readonly ValuedPrefix[], depth: number, outer: number): number {
    const here = within.find(({ bits }) => bits === depth);
    const leaf = here === undefined ? outer : ~here.value;
    const longer = here === undefined ? within : within.filter((each) => each !== here);
    if (longer.length === 0) return leaf;
    const [zero = [], one = []] = [0, 1].map((bit) =>
      longer.filter(({ octets }) => ((octets[depth >> 3]! >> (7 - (depth & 7))) & 1) === bit),
    );
    return tree.join(below(zero, depth + 1, leaf), below(one, depth + 1, leaf));
  }
}

/** Lays one branch over another: where the upper one leads to no place, the lower one counts. */
export function overlay(tree: PrefixTree, upper: number, lower: number): number {
  // A node that several ways lead to, as IPv4 in a tree of IPv6, is laid over the same one once.
  const done = new Map<string, number>();
  return lay(upper, lower);

  function lay(over: number, under: number): number {
    if (over === NOWHERE || over === under) return under;
    if (over < 0) return over;
    if (under === NOWHERE) return over;
    const key = tree.isShared(over) ? `${over}/${under}` : '';
    const before = key === '' ? undefined : done.get(key);
    if (before !== undefined) return before;
    const isNode = under >= 0;
    const made = tree.join(
      lay(tree.zero(over), isNode ? tree.zero(under) : under),
      lay(tree.one(over), isNode ? tree.one(under) : under),
    );
    if (key !== '') {
      done.set(key, made);
      if (made >= 0) tree.share(made);
    }
    return made;
  }
}

/** A tree with other values in its leaves, in which other leaves may be one. */
export interface Relabelled extends Pick<PrefixTree, 'zero' | 'one' | 'isShared'> {
  /** Returns what a branch of the first tree is here. */
  branch(of: number): number;
}

/** Gives every leaf of a tree the value that `newValue` returns for its own. */
export function relabelled(tree: PrefixTree, newValue: (value: number) => number): Relabelled {
  const branches = new Int32Array(tree.size);
  const branch = (of: number) => (of < 0 ? ~newValue(~of) : branches[of]!);
  for (let node = 0; node < tree.size; node += 1) {
    const zero = branch(tree.zero(node));
    branches[node] = zero < 0 && zero === branch(tree.one(node)) ? zero : node;
  }
  return {
    branch,
    zero: (node) => branch(tree.zero(node)),
    one: (node) => branch(tree.one(node)),
    isShared: tree.isShared,
  };
}
