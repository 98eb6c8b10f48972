import * as fromHeader from '../dns/header.ts';
import * as fromName from '../dns/name.ts';
import * as fromRcode from '../dns/rcode.ts';
import * as fromRrset from '../dns/rrset.ts';
import * as fromType from '../dns/type.ts';
import type { Exchange } from './exchange.ts';
import type { Found } from './find.ts';
import * as fromFind from './find.ts';
import * as fromLayout from './layout.ts';
import type { Message } from './message.ts';
import * as fromMessage from './message.ts';
import type { Query } from './query.ts';
import * as fromQuery from './query.ts';
import type { TableReader } from './reader.ts';
import * as fromClient from './steering/client.ts';
import * as fromSteeringLayout from './steering/layout.ts';
import type { Steering } from './steering/steer-query.ts';
import * as fromSteering from './steering/steer-query.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { HEADER_OCTETS } = fromHeader;
const { foldOctet } = fromName;
const { Rcode } = fromRcode;
const { CNAME_CHAIN_MAX } = fromRrset;
const { Finding, find, newFound } = fromFind;
const { AnswerField, NodeField, Selection, ZoneField, zoneWord } = fromLayout;
const { appendAnswer, appendAtMost, RECORD_HEAD_OCTETS, setTtls } = fromMessage;
const { NAME_END, newQuery, parseName } = fromQuery;
const { Type } = fromType;
const { Family } = fromSteeringLayout;
const { hashOf, learnClient } = fromClient;
const { newSteering, steerQuery } = fromSteering;

/** Keep classes of answers apart that might have the same number otherwise. */
const NXDOMAIN_CLASS = 0x4e58;
const NODATA_CLASS = 0x4e44;

/** What resolve() works with, made once for each responder. */
export interface Scratch {
  /** The name that an alias points to. */
  readonly target: Query;
  readonly found: Found;
  readonly steering: Steering;
}

/** Room to work in. */
export function newScratch(): Scratch {
  return { target: newQuery(), found: newFound(), steering: newSteering() };
}

/** Writes the answer to the question by RFC 1034 §4.3.2. Returns the rcode. */
export function resolve(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  scratch: Scratch,
): number {
  const { found, target } = scratch;
  let asked = query;
  message.nameAt = HEADER_OCTETS;
  message.authoritative = true;
  for (let chain = 0; ; chain += 1) {
    find(found, table, asked, query.type);
    message.nameOctets = asked.nameOctets;
    message.isExact = chain === 0 && found.skip === 0;
    switch (found.state) {
      case Finding.HIT:
        if (found.pools !== 0) appendPool(message, table, exchange, query, asked, scratch);
        else {
          message.answerClass = table.words[found.node + NodeField.HASH]!;
          appendAnswer(message, table, found.answer, false);
        }
        return Rcode.NOERROR;
      case Finding.STEER:
        appendSteered(message, table, exchange, query, asked, scratch);
        return Rcode.NOERROR;
      case Finding.NODATA:
        appendSoa(message, table, found.pools !== 0 ? found.pools : found.node, NODATA_CLASS);
        return Rcode.NOERROR;
      case Finding.NXDOMAIN:
        appendSoa(message, table, found.node, NXDOMAIN_CLASS);
        return Rcode.NXDOMAIN;
      case Finding.REFERRAL:
        message.answerClass = table.words[found.node + NodeField.HASH]!;
        // RFC 1035 §4.1.1: AA is about the first owner name in the answer section.
        message.authoritative = chain !== 0;
        appendAnswer(message, table, found.answer, true);
        return Rcode.NOERROR;
      case Finding.REFUSED:
        // At the end of a chain of our own that is no error.
        message.authoritative = chain !== 0;
        return chain !== 0 ? Rcode.NOERROR : Rcode.REFUSED;
      case Finding.UNREAD:
        return Rcode.SERVFAIL;
      case Finding.FOLLOW: {
        message.answerClass = table.words[found.node + NodeField.HASH]!;
        if (chain === CNAME_CHAIN_MAX) return Rcode.NOERROR;
        const record = message.end;
        appendAnswer(message, table, found.answer, false);
        if (message.truncated) return Rcode.NOERROR;
        // A pointer's 14 bits reach it: before it stand the question and CNAME_CHAIN_MAX records of a name at the most.
        message.nameAt = record + RECORD_HEAD_OCTETS - message.start;
        parseName(target, message.view, record + RECORD_HEAD_OCTETS, message.end);
        // RFC 2181 §5: no record twice, so a chain that comes back ends there.
        if (isAnswered(message, query, target, chain)) return Rcode.NOERROR;
        asked = target;
      }
    }
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
      const start = NAME_END - nameOctets;
      let i = 0;
      while (i < nameOctets && foldOctet(octets[at + i]!) === target.name[start + i]) i += 1;
      if (i === nameOctets) return true;
    }
    if (left === 0) return false;
    at = record + RECORD_HEAD_OCTETS;
    nameOctets = (octets[at - 2]! << 8) | octets[at - 1]!;
    record = at + nameOctets;
  }
}

/** Appends the answer of a pool, whose records last as long as those of pools do in the zone, if not shorter. */
function appendPool(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  asked: Query,
  { found, steering: { client } }: Scratch,
): void {
  const { words } = table;
  const from = message.end;
  // Of each name, in whatever zone, another class.
  message.answerClass = asked.hashes[0]!;
  if (words[found.answer + AnswerField.SELECTION] === Selection.HASH) {
    learnClient(client, exchange, query);
    message.clientHash = hashOf(client, true);
    message.scopeBits = client.scopeBits;
  }
  appendAnswer(message, table, found.answer, false);
  setTtls(
    message,
    from,
    Math.min(words[found.pools + NodeField.POOL_TTL]!, words[found.node + NodeField.POOL_TTL]!),
  );
}

/** Appends the addresses that a load balancer chooses for the client. */
function appendSteered(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  asked: Query,
  { found, steering }: Scratch,
): void {
  const family = query.type === Type.AAAA ? Family.IPV6 : Family.IPV4;
  steerQuery(steering, message, table, exchange, query, asked, found.answer, family);
  const isHashed =
    steering.answer !== 0 && table.words[steering.answer + AnswerField.SELECTION] === Selection.HASH;
  if (isHashed) message.clientHash = hashOf(steering.client, steering.hashesSubnet);
  message.scopeBits = steering.client.scopeBits;
  if (steering.answer === 0) {
    appendSoa(message, table, found.node, NODATA_CLASS);
    return;
  }
  const from = message.end;
  message.answerClass = table.words[found.node + NodeField.HASH]!;
  if (steering.addressesMax === 0) appendAnswer(message, table, steering.answer, false);
  else appendAtMost(message, table, steering.answer, steering.addressesMax);
  setTtls(message, from, steering.ttlSeconds);
}

/** Appends the SOA of a node's zone (RFC 2308 §3). */
function appendSoa(message: Message, table: TableReader, node: number, negativeClass: number): void {
  const zone = table.words[node + NodeField.ZONE]!;
  message.answerClass = (zone << 16) | negativeClass;
  // The SOA's owner is above the name, unless that is the apex; then its pointer is right anyway.
  message.isExact = false;
  appendAnswer(message, table, table.zones[zoneWord(zone, ZoneField.NEGATIVE)]!, false);
}
