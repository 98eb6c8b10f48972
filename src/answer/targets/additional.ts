import * as fromType from '../../dns/type.ts';
import type { Exchange } from '../exchange.ts';
import type { Found } from '../find.ts';
import * as fromFind from '../find.ts';
import * as fromLayout from '../layout.ts';
import type { Message } from '../message.ts';
import * as fromMessage from '../message.ts';
import type { Query } from '../query.ts';
import * as fromQuery from '../query.ts';
import type { TableReader } from '../reader.ts';
import type { Steering } from '../steering/steer-query.ts';
import type { Lookup } from './addresses.ts';
import * as fromAddresses from './addresses.ts';
import type { Hints } from './hints.ts';
import * as fromHints from './hints.ts';
import * as fromWrittenName from './written-name.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { Type } = fromType;
const { Finding, find } = fromFind;
const { AnswerField, Selection } = fromLayout;
const { appendAnswer, POINTER, RDATA_OCTETS_AT, RECORD_HEAD_OCTETS, TYPE_AT } = fromMessage;
const { newQuery, parseName } = fromQuery;
const { appendFound } = fromAddresses;
const { appendFlattened, appendHinted, newHints } = fromHints;
const { isNameAt, POINTED_OCTETS_MAX } = fromWrittenName;

/** Names that one answer has addresses for beside it, at the most: as many as a zone has name servers. */
export const TARGETS_MAX = 32;

/** What appendAdditional() works with, made once for each responder. */
export interface Targets extends Lookup {
  /** The name that is looked up. */
  readonly name: Query;
  /** Where the names are that were looked up, in octets from the message's start, and how many there are. */
  readonly places: Uint16Array;
  count: number;
  readonly hints: Hints;
}

/** Room to work in, with what the responder has to look names up. */
export function newTargets(found: Found, steering: Steering): Targets {
  const hints = newHints({ found, steering });
  return { found, steering, name: newQuery(), places: new Uint16Array(TARGETS_MAX), count: 0, hints };
}

/** Where the name is in the rdata of a type that an answer has addresses beside for (RFC 1035 §3.3.9 and §3.3.11, RFC 2782, RFC 9460 §4.1); -1: the type has none. */
function targetAt(type: number): number {
  if (type === Type.NS) return 0;
  if (type === Type.SRV) return 6;
  return type === Type.MX || type === Type.HTTPS || type === Type.SVCB ? 2 : -1;
}

/** Returns true for types whose answers appendWithTargets() appends. Of ANY nobody knows which type it finds. */
export function mayHaveTargets(type: number): boolean {
  return targetAt(type) >= 0 || type === Type.ANY;
}

/** Appends records of a type that may have targets, and what helps with them. */
export function appendWithTargets(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  targets: Targets,
  answer: number,
): void {
  const from = message.end;
  appendRecords(message, table, exchange, query, targets, answer);
  // RFC 8482 §4: an answer to ANY is small.
  if (query.type !== Type.ANY) appendAdditional(message, table, exchange, query, targets, from);
}

/** Appends an answer, its hints filled where it has some to fill. */
function appendRecords(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  { hints }: Targets,
  answer: number,
): void {
  const isHinted = table.words[answer + AnswerField.SELECTION] === Selection.HINTED;
  if (isHinted) appendHinted(message, table, exchange, query, hints, answer);
  else appendAnswer(message, table, answer, false);
}

/**
 * Appends what helps with the records from `from` on, which are a set of a type with targets, as far as it fits: the addresses of
 * the targets, and for an alias of SVCB or HTTPS the records that it leads to. All are what these names have now. Nothing of it is
 * needed, so TC stays as it is.
 */
function appendAdditional(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  targets: Targets,
  from: number,
): void {
  const { view, ancount, answerClass, truncated } = message;
  if (truncated) return;
  const owner = message.nameAt;
  targets.count = 0;
  message.isExact = false;
  // What is appended may have targets, too.
  for (let at = from; at < message.end && targets.count < TARGETS_MAX; ) {
    if (targetAt(view.getUint16(at + TYPE_AT)) >= 0)
      appendTarget(message, table, exchange, query, targets, at, owner);
    at += RECORD_HEAD_OCTETS + view.getUint16(at + RDATA_OCTETS_AT);
  }
  message.arcount += message.ancount - ancount;
  message.ancount = ancount;
  message.answerClass = answerClass;
  message.truncated = false;
}

/** Appends what helps with the record at `record`. `owner`: where the name of the answer is. */
function appendTarget(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  targets: Targets,
  record: number,
  owner: number,
): void {
  const { octets, view, start } = message;
  const type = view.getUint16(record + TYPE_AT);
  const rdata = record + RECORD_HEAD_OCTETS;
  const isService = type === Type.SVCB || type === Type.HTTPS;
  // RFC 9460 §2.4.1: the priority 0 is that of an alias.
  const isAlias = isService && view.getUint16(rdata) === 0;
  let at = rdata + targetAt(type) - start;
  if (octets[start + at] === 0) {
    // RFC 9460 §2.5: of a service it is the owner; of others, and of an alias, it says that there is none (RFC 7505 §3, RFC 2782).
    if (!isService || isAlias) return;
    at = view.getUint16(record) & ~POINTER;
  }
  if (at >= POINTED_OCTETS_MAX) return;
  const { name } = targets;
  // Rdata in the table is sound; of what is not, nothing is said.
  if (parseName(name, view, start + at, message.end) === 0 || isKnown(message, targets)) return;
  targets.places[targets.count] = at;
  targets.count += 1;
  message.nameAt = at;
  message.nameOctets = name.nameOctets;
  if (isAlias && !isNameAt(message, owner, name, name.nameOctets))
    appendService(message, table, exchange, query, targets, type);
  appendOf(message, table, exchange, query, targets, Type.A);
  appendOf(message, table, exchange, query, targets, Type.AAAA);
}

/** Whether the name was looked up before. */
function isKnown(message: Message, { name, places, count }: Targets): boolean {
  for (let i = 0; i < count; i += 1) if (isNameAt(message, places[i]!, name, name.nameOctets)) return true;
  return false;
}

/** Appends the records of a type, SVCB or HTTPS, that the name has. */
function appendService(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  targets: Targets,
  type: number,
): void {
  const { name, found } = targets;
  find(found, table, name, type);
  if (found.state === Finding.HIT) appendRecords(message, table, exchange, query, targets, found.answer);
}

/** Appends the addresses of the name, and notes how much of the client's subnet decided. */
function appendOf(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  targets: Targets,
  type: number,
): void {
  const { scopeBits } = message;
  const { found, name, hints } = targets;
  find(found, table, name, type);
  if (found.state === Finding.FLATTEN) appendFlattened(message, table, exchange, query, hints, type);
  else appendFound(message, table, exchange, query, name, targets, type);
  message.scopeBits = Math.max(scopeBits, message.scopeBits);
}
