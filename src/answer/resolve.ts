import { HEADER_OCTETS } from '../dns/header.ts';
import { foldOctet } from '../dns/name.ts';
import { Rcode } from '../dns/rcode.ts';
import { Type } from '../dns/type.ts';
import { NODE_WORDS, NodeField, NodeKind } from './layout.ts';
import { appendAnswer, type Message } from './message.ts';
import { parseName, type Query } from './query.ts';
import { findAnswer, findNode, findWildcard, type TableReader } from './reader.ts';

/** Aliases followed in one answer; a longer chain is left to the resolver. */
export const CNAME_CHAIN_MAX = 8;

/** Octets of a record before its rdata, its owner being a pointer. */
const RECORD_HEAD_OCTETS = 12;

/** Keep classes of answers apart that might have the same number otherwise. */
const NXDOMAIN_CLASS = 0x4e58;
const NODATA_CLASS = 0x4e44;

/**
 * Follows RFC 1034 §4.3.2 for the question and writes what it comes to; returns the rcode. `target` is a second query
 * to work with, for the names that aliases point to.
 */
export function resolve(message: Message, table: TableReader, query: Query, target: Query): number {
  let asked = query;
  let nameAt = HEADER_OCTETS;
  message.authoritative = true;
  for (let chain = 0; ; chain += 1) {
    let node = findNode(table, asked, 0);
    let exact = nameAt === HEADER_OCTETS;
    let skip = 0;
    // RFC 4035 §3.1.4.1: DS at an apex is for the zone above to answer, where that is ours too.
    if (query.type === Type.DS && node !== 0 && findAnswer(table, node, Type.SOA) !== 0) {
      let above = 0;
      for (skip = 1; above === 0 && skip <= asked.labels; skip += 1) above = findNode(table, asked, skip);
      if (above !== 0) {
        exact = false;
        node = above;
        if (table.words[node + NodeField.KIND] !== NodeKind.CUT)
          return nodata(message, table, node, asked, nameAt);
      }
    } else if (node === 0) {
      exact = false;
      while (node === 0 && skip < asked.labels) {
        skip += 1;
        node = findNode(table, asked, skip);
      }
      // Not below any of our zones: an answer only at the end of a chain of our own.
      if (node === 0) {
        message.authoritative = chain !== 0;
        return chain !== 0 ? Rcode.NOERROR : Rcode.REFUSED;
      }
      if (table.words[node + NodeField.KIND] !== NodeKind.CUT) {
        const encloser = node;
        node = findWildcard(table, asked, skip);
        if (node === 0) {
          appendSoa(message, table, encloser, asked, nameAt, NXDOMAIN_CLASS);
          return Rcode.NXDOMAIN;
        }
      }
    }
    const { words } = table;
    const kind = words[node + NodeField.KIND]!;
    message.answerClass = words[node + NodeField.HASH]!;
    // RFC 4035 §3.1.4.1: DS at a cut is the parent's to answer.
    if (kind === NodeKind.CUT && !(skip === 0 && query.type === Type.DS)) {
      // RFC 1035 §4.1.1: AA is about the first owner name in the answer section.
      message.authoritative = chain !== 0;
      const referral = node + words[node + NODE_WORDS + 1]!;
      appendAnswer(message, table, referral, nameAt, asked.nameOctets, exact, true);
      return Rcode.NOERROR;
    }
    let answer = kind === NodeKind.CUT ? 0 : findAnswer(table, node, query.type);
    // RFC 8482 §4.1: one RRset is enough for ANY.
    if (query.type === Type.ANY && kind !== NodeKind.CUT && words[node + NodeField.SETS] !== 0)
      answer = node + words[node + NODE_WORDS + 1]!;
    if (answer !== 0) {
      appendAnswer(message, table, answer, nameAt, asked.nameOctets, exact, false);
      return Rcode.NOERROR;
    }
    if (kind !== NodeKind.ALIAS) return nodata(message, table, node, asked, nameAt);
    if (chain === CNAME_CHAIN_MAX) return Rcode.NOERROR;
    const record = message.end;
    appendAnswer(
      message,
      table,
      node + words[node + NODE_WORDS + 1]!,
      nameAt,
      asked.nameOctets,
      exact,
      false,
    );
    if (message.truncated) return Rcode.NOERROR;
    // A pointer's 14 bits reach it: before it stand the question and CNAME_CHAIN_MAX records of a name at the most.
    nameAt = record + RECORD_HEAD_OCTETS - message.start;
    parseName(target, message.octets, record + RECORD_HEAD_OCTETS, message.end);
    // RFC 2181 §5: no record twice, so a chain that comes back ends there.
    if (isAnswered(message, query, target, chain)) return Rcode.NOERROR;
    asked = target;
  }
}

/**
 * Whether `target` is the question's name or the target of one of the first `chain` records, which are aliases: each has a
 * pointer for its owner and its target in full, and they follow the question one by one.
 */
function isAnswered(message: Message, query: Query, target: Query, chain: number): boolean {
  const { octets } = message;
  let at = message.start + HEADER_OCTETS;
  let nameOctets = query.nameOctets;
  let record = at + query.questionOctets;
  for (let left = chain; ; left -= 1) {
    if (nameOctets === target.nameOctets) {
      let i = 0;
      while (i < nameOctets && foldOctet(octets[at + i]!) === target.name[i]) i += 1;
      if (i === nameOctets) return true;
    }
    if (left === 0) return false;
    at = record + RECORD_HEAD_OCTETS;
    nameOctets = (octets[at - 2]! << 8) | octets[at - 1]!;
    record = at + nameOctets;
  }
}

/** The answer for a name that exists without the type asked for (RFC 2308 §2.2). */
function nodata(message: Message, table: TableReader, node: number, asked: Query, nameAt: number): number {
  appendSoa(message, table, node, asked, nameAt, NODATA_CLASS);
  return Rcode.NOERROR;
}

/** Appends the SOA of a node's zone (RFC 2308 §3). */
function appendSoa(
  message: Message,
  table: TableReader,
  node: number,
  asked: Query,
  nameAt: number,
  negativeClass: number,
): void {
  const zone = table.words[node + NodeField.ZONE]!;
  message.answerClass = (zone << 16) | negativeClass;
  appendAnswer(message, table, table.zones[zone]!, nameAt, asked.nameOctets, false, false);
}
