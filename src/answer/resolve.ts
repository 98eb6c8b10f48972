import * as fromHeader from '../dns/header.ts';
import * as fromRcode from '../dns/rcode.ts';
import * as fromRrset from '../dns/rrset.ts';
import * as fromType from '../dns/type.ts';
import * as fromCounters from './counters.ts';
import type { Exchange } from './exchange.ts';
import type { Found } from './find.ts';
import * as fromFind from './find.ts';
import * as fromLayout from './layout.ts';
import type { Message } from './message.ts';
import * as fromMessage from './message.ts';
import type { Query } from './query.ts';
import * as fromQuery from './query.ts';
import type { TableReader } from './reader.ts';
import type { Steering } from './steering/steer-query.ts';
import * as fromSteering from './steering/steer-query.ts';
import type { Targets } from './targets/additional.ts';
import * as fromAdditional from './targets/additional.ts';
import * as fromAddresses from './targets/addresses.ts';
import * as fromAliases from './targets/aliases.ts';
import * as fromHints from './targets/hints.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { HEADER_OCTETS } = fromHeader;
const { Rcode } = fromRcode;
const { CNAME_CHAIN_MAX } = fromRrset;
const { Type } = fromType;
const { Counter } = fromCounters;
const { climb, conclude, Finding, newFound } = fromFind;
const { NodeField, ZoneField, zoneWord } = fromLayout;
const { appendAnswer } = fromMessage;
const { newQuery, parseName } = fromQuery;
const { newSteering } = fromSteering;
const { appendWithTargets, mayHaveTargets, newTargets } = fromAdditional;
const { appendPool, appendSteered } = fromAddresses;
const { appendAlias, appendRewritten, isAnswered, isInChain } = fromAliases;
const { appendFlattened } = fromHints;

/** Keep classes of answers apart that might have the same number otherwise. */
const NXDOMAIN_CLASS = 0x4e58;
const NODATA_CLASS = 0x4e44;

/** What resolve() works with, made once for each responder. */
export interface Scratch {
  /** The name that an alias points to. */
  readonly target: Query;
  readonly found: Found;
  readonly steering: Steering;
  readonly targets: Targets;
  /** Counted into (counters.ts). */
  readonly counters: Float64Array;
}

/** Room to work in. */
export function newScratch(counters: Float64Array): Scratch {
  const [found, steering] = [newFound(), newSteering()];
  return { target: newQuery(), found, steering, targets: newTargets(found, steering), counters };
}

/** Writes the answer to the question by RFC 1034 §4.3.2. `isBegun`: `scratch.found` has what answerDirectly() looked up. Returns the rcode. */
export function resolve(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  scratch: Scratch,
  isBegun: boolean,
): number {
  const { found, target } = scratch;
  let asked = query;
  message.nameAt = HEADER_OCTETS;
  message.authoritative = true;
  for (let chain = 0; ; chain += 1) {
    if (chain !== 0 || !isBegun) climb(found, table, asked, 0);
    else if (found.node === 0) climb(found, table, asked, found.skip);
    conclude(found, table, asked, query.type);
    countQuery(scratch, table, chain);
    message.nameOctets = asked.nameOctets;
    message.isExact = chain === 0 && found.skip === 0;
    switch (found.state) {
      case Finding.HIT:
        if (found.pools !== 0) appendPool(message, table, exchange, query, asked, scratch);
        else {
          message.answerClass = table.words[found.node + NodeField.HASH]!;
          if (chain !== 0 && isInChain(message, table, query, asked, found.answer)) return Rcode.NOERROR;
          if (mayHaveTargets(query.type))
            appendWithTargets(message, table, exchange, query, scratch.targets, found.answer);
          else appendAnswer(message, table, found.answer, false);
        }
        return Rcode.NOERROR;
      case Finding.STEER:
        if (!appendSteered(message, table, exchange, query, asked, scratch, query.type))
          appendSoa(message, table, found.node, NODATA_CLASS);
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
      case Finding.FLATTEN: {
        const { node } = found;
        message.answerClass = table.words[node + NodeField.HASH]!;
        const type = query.type === Type.AAAA ? Type.AAAA : Type.A;
        if (appendFlattened(message, table, exchange, query, scratch.targets.hints, type))
          return Rcode.NOERROR;
        // Found at the end of the aliases: a pool that cannot be read.
        if (scratch.found.state === Finding.UNREAD) return Rcode.SERVFAIL;
        appendSoa(message, table, node, NODATA_CLASS);
        return Rcode.NOERROR;
      }
      case Finding.FOLLOW:
      case Finding.REWRITE: {
        message.answerClass = table.words[found.node + NodeField.HASH]!;
        if (chain === CNAME_CHAIN_MAX) return Rcode.NOERROR;
        if (found.state === Finding.FOLLOW) appendAlias(message, table, found.answer);
        else if (!appendRewritten(message, table, query, asked, found)) return Rcode.YXDOMAIN;
        // A query for CNAME gets the CNAME that a DNAME makes, as one gets a CNAME of the zone (RFC 1034 §4.3.2).
        if (message.truncated || query.type === Type.CNAME) return Rcode.NOERROR;
        // A pointer's 14 bits reach it: before it are the question, CNAME_CHAIN_MAX aliases and as many DNAMEs at the most.
        parseName(target, message.view, message.start + message.nameAt, message.end);
        // RFC 2181 §5: no record twice, so a chain that comes back ends there.
        if (isAnswered(message, query, target)) return Rcode.NOERROR;
        asked = target;
      }
    }
  }
}

/** Counts a query for the zone of its name, and for the pool or load balancer that answers, which an alias may lead to. */
function countQuery({ found, counters }: Scratch, { words }: TableReader, chain: number): void {
  const { node, pools } = found;
  if (node === 0) return;
  if (chain === 0) {
    const zone = words[(pools === 0 ? node : pools) + NodeField.ZONE]!;
    counters[Counter.ZONES + zone]! += 1;
  }
  // Of a name that does not exist it is the name above.
  if (found.state !== Finding.NXDOMAIN) counters[Counter.NAMES + words[node + NodeField.COUNTED]!]! += 1;
}

/** Appends the SOA of a node's zone (RFC 2308 §3). */
function appendSoa(message: Message, table: TableReader, node: number, negativeClass: number): void {
  const zone = table.words[node + NodeField.ZONE]!;
  message.answerClass = (zone << 16) | negativeClass;
  // The SOA's owner is above the name, unless that is the apex; then its pointer is right anyway.
  message.isExact = false;
  appendAnswer(message, table, table.zones[zoneWord(zone, ZoneField.NEGATIVE)]!, false);
}
