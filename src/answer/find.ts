import * as fromType from '../dns/type.ts';
import * as fromLayout from './layout.ts';
import type { Query } from './query.ts';
import type { TableReader } from './reader.ts';
import * as fromReader from './reader.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { FLATTENED_CNAME, Type } = fromType;
const { answerOf, firstAnswer, NodeField, NodeKind } = fromLayout;
const { findNode, findPool, findWildcard } = fromReader;

/** What a table has for a name and a type. */
export const Finding = {
  /** Records. */
  HIT: 0,
  /** The name without that type, or an empty non-terminal (RFC 2308 §2.2). */
  NODATA: 1,
  /** No such name in the zone (RFC 2308 §2.1). */
  NXDOMAIN: 2,
  /** A zone cut: the name is at or below one, and another server answers for it. */
  REFERRAL: 3,
  /** An alias, whose target is asked for next. */
  FOLLOW: 4,
  /** Nothing: the name is below none of our zones. */
  REFUSED: 5,
  /** A name that exists, but whose answer is unknown. */
  UNREAD: 6,
  /** Addresses that a load balancer chooses for the client. */
  STEER: 7,
  /** A DNAME above the name, which stands for another one. */
  REWRITE: 8,
  /** An alias in whose place its target's addresses are answered. */
  FLATTEN: 9,
} as const;
export type Finding = (typeof Finding)[keyof typeof Finding];

/** What was found. One is made for each responder and filled again for every name, since a query must not allocate. */
export interface Found {
  state: Finding;
  /** The node at the name itself, at a zone cut or DNAME above it, or of the wildcard or pool that answers for it; NXDOMAIN: its closest encloser. */
  node: number;
  /** The node below which the pool answers (NodeKind.POOLS), whose zone and TTL are meant; 0: the node is not a pool's. */
  pools: number;
  /** The closest encloser (RFC 4592 §3.3.1), as labels that the name has before it; 0: the name is there itself, a pool's too. */
  skip: number;
  /** The word of the answer: HIT, REFERRAL and FOLLOW; REWRITE: of the DNAME; FLATTEN: of the alias. STEER: of the program. */
  answer: number;
}

/** A result to be filled. */
export function newFound(): Found {
  return { state: Finding.REFUSED, node: 0, pools: 0, skip: 0, answer: 0 };
}

/** Finds a name as RFC 1034 §4.3.2 says, but follows no alias. */
export function find(found: Found, table: TableReader, asked: Query, type: number): void {
  climb(found, table, asked, 0);
  conclude(found, table, asked, type);
}

/** Says what the table has, where the nearest node at or above the name is filled in (climb()). */
export function conclude(found: Found, table: TableReader, asked: Query, type: number): void {
  const { words } = table;
  found.pools = 0;
  found.answer = 0;
  if (found.node === 0) {
    found.state = Finding.REFUSED;
    return;
  }
  if (found.skip !== 0) {
    const kind = words[found.node + NodeField.KIND]!;
    if (kind === NodeKind.POOLS) {
      // A pool without records below it has no node at its name: nothing is below it, and no wildcard either.
      if (found.skip !== 1 || !takePool(found, table, asked, found.node)) {
        found.state = Finding.NXDOMAIN;
        return;
      }
    } else if (kind === NodeKind.DNAME) {
      takeDname(found, words);
      return;
    } else if (kind !== NodeKind.CUT) {
      const wildcard = findWildcard(table, asked, found.skip);
      if (wildcard === 0) {
        found.state = Finding.NXDOMAIN;
        return;
      }
      found.node = wildcard;
    }
  } else if (type === Type.DS && answerOf(words, found.node, Type.SOA) !== 0) {
    // RFC 4035 §3.1.4.1: DS at an apex is for the zone above to answer, where that is ours too. What that has is at the apex's node.
    const apex = found.node;
    found.answer = answerOf(words, apex, type);
    if (found.answer !== 0) {
      found.state = Finding.HIT;
      return;
    }
    climb(found, table, asked, 1);
    if (found.node === 0) {
      found.node = apex;
      found.skip = 0;
    } else if (words[found.node + NodeField.KIND] === NodeKind.DNAME) {
      takeDname(found, words);
      return;
    } else if (words[found.node + NodeField.KIND] !== NodeKind.CUT) {
      found.state = Finding.NODATA;
      return;
    }
  } else if (words[found.node + NodeField.KIND] === NodeKind.AT_POOL && isOfPool(words, found.node, type)) {
    takePool(found, table, asked, findNode(table, asked, 1));
  }
  const { node } = found;
  const kind = words[node + NodeField.KIND]!;
  if (kind === NodeKind.CUT) {
    // RFC 4035 §3.1.4.1: DS at a cut is the parent's to answer.
    if (found.skip === 0 && type === Type.DS) {
      found.answer = answerOf(words, node, type);
      found.state = found.answer === 0 ? Finding.NODATA : Finding.HIT;
      return;
    }
    found.state = Finding.REFERRAL;
    found.answer = firstAnswer(words, node);
    return;
  }
  if (kind === NodeKind.UNREAD) {
    found.state = Finding.UNREAD;
    return;
  }
  if (kind === NodeKind.FLATTENED && isFlattenedFor(words, node, type)) {
    found.state = Finding.FLATTEN;
    found.answer = answerOf(words, node, FLATTENED_CNAME);
    return;
  }
  // RFC 8482 §4.1: one RRset is enough for ANY.
  found.answer = type === Type.ANY ? firstAnswer(words, node) : answerOf(words, node, type);
  if (found.answer !== 0) found.state = Finding.HIT;
  else if (kind === NodeKind.ALIAS) {
    found.state = Finding.FOLLOW;
    found.answer = firstAnswer(words, node);
  } else {
    found.answer = programAt(words, node, type);
    found.state = found.answer === 0 ? Finding.NODATA : Finding.STEER;
  }
}

/** Fills in that the name stands for another one, by the DNAME of the node above it. */
function takeDname(found: Found, words: Int32Array): void {
  found.state = Finding.REWRITE;
  found.answer = answerOf(words, found.node, Type.DNAME);
}

/** Whether a pool answers for a type where there is one at a node's name: beside records, for addresses. */
function isOfPool(words: Int32Array, node: number, type: number): boolean {
  return type === Type.A || type === Type.AAAA || words[node + NodeField.SETS] === 0;
}

/** Whether a type is answered with the addresses of a flattened alias: ANY, too, where the node has nothing else (RFC 8482 §4.1). */
function isFlattenedFor(words: Int32Array, node: number, type: number): boolean {
  const isAlone = words[node + NodeField.SETS] === 1;
  return type === Type.A || type === Type.AAAA || (type === Type.ANY && isAlone);
}

/** Whether a load balancer answers at a node. */
function isSteered(words: Int32Array, node: number): boolean {
  const kind = words[node + NodeField.KIND]!;
  return (kind === NodeKind.DATA || kind === NodeKind.DNAME) && words[node + NodeField.PROGRAMS] !== 0;
}

/** The word of the program with which a load balancer answers for a type at a node; 0: none does. */
function programAt(words: Int32Array, node: number, type: number): number {
  if (!isSteered(words, node)) return 0;
  const programs = words[node + NodeField.PROGRAMS]!;
  if (type === Type.AAAA) return node + words[node + programs + 1]!;
  // RFC 8482 §4.1: ANY is answered with what most ask for.
  return type === Type.A || type === Type.ANY ? node + words[node + programs]! : 0;
}

/** Fills in the nearest node at or above the name without its first `least` labels; node 0: there is none. */
export function climb(found: Found, table: TableReader, asked: Query, least: number): void {
  found.node = 0;
  found.skip = 0;
  for (let skip = least; skip <= asked.labels; skip += 1) {
    const node = findNode(table, asked, skip);
    if (node === 0) continue;
    found.node = node;
    found.skip = skip;
    return;
  }
}

/** Fills in the pool of the name's first label, where there is one, below the name of pools; returns whether there is. */
function takePool(found: Found, table: TableReader, asked: Query, pools: number): boolean {
  const pool = findPool(table, asked);
  if (pool === 0) return false;
  found.node = pool;
  found.pools = pools;
  found.skip = 0;
  return true;
}
