import * as fromHeader from '../../dns/header.ts';
import * as fromRrset from '../../dns/rrset.ts';
import * as fromType from '../../dns/type.ts';
import type { Exchange } from '../exchange.ts';
import * as fromFind from '../find.ts';
import type { Message } from '../message.ts';
import * as fromMessage from '../message.ts';
import type { Query } from '../query.ts';
import * as fromQuery from '../query.ts';
import type { TableReader } from '../reader.ts';
import type { Lookup } from './addresses.ts';
import * as fromAddresses from './addresses.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { HEADER_OCTETS, MESSAGE_OCTETS_MAX } = fromHeader;
const { CNAME_CHAIN_MAX, TTL_SECONDS_MAX } = fromRrset;
const { Type } = fromType;
const { Finding, find } = fromFind;
const { appendAnswer, newMessage, RDATA_OCTETS_AT, RECORD_HEAD_OCTETS, setTtls, TTL_AT, writeInto } =
  fromMessage;
const { newQuery, parseName } = fromQuery;
const { appendFound } = fromAddresses;

/** Numbers of the parameters that hold addresses, and of the one that names others (RFC 9460 §14.3.2). */
const ServiceKey = { MANDATORY: 0, IPV4_HINT: 4, IPV6_HINT: 6 } as const;
/** Octets of a parameter before its value: its key and the octets of the value. Of a key in a list. */
const PARAMETER_HEAD_OCTETS = 4;
const KEY_OCTETS = 2;
/** Where the target is in rdata of HTTPS and SVCB. */
const TARGET_AT = 2;

/** What appendHinted() and appendFlattened() work with, made once for each responder. */
export interface Hints extends Lookup {
  /** The name whose addresses are wanted. */
  readonly host: Query;
  /** Records as the table has them, and behind them addresses that are looked up. */
  readonly raw: Message;
}

/** Room to work in, with what the responder has to look names up. */
export function newHints({ found, steering }: Lookup): Hints {
  const raw = newMessage(1);
  writeInto(raw, new Uint8Array(MESSAGE_OCTETS_MAX));
  return { found, steering, host: newQuery(), raw };
}

/**
 * Appends an answer of HTTPS or SVCB records, each hint without a value filled with the addresses that the target has now. A hint
 * without an address leaves the record, and its list of mandatory keys (RFC 9460 §8). The records last as long as these addresses do,
 * if not longer. TC where they do not fit.
 */
export function appendHinted(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  hints: Hints,
  answer: number,
): void {
  const { raw } = hints;
  const from = message.end;
  raw.end = HEADER_OCTETS;
  raw.nameAt = message.nameAt;
  raw.nameOctets = message.nameOctets;
  raw.isExact = message.isExact;
  raw.random = message.random;
  raw.scopeBits = message.scopeBits;
  raw.ancount = 0;
  appendAnswer(raw, table, answer, false);
  const end = raw.end;
  const records = raw.ancount;
  let ttlSeconds = raw.view.getInt32(HEADER_OCTETS + TTL_AT);
  for (let at = HEADER_OCTETS; at < end; ) {
    const next = at + RECORD_HEAD_OCTETS + raw.view.getUint16(at + RDATA_OCTETS_AT);
    const least = appendRecord(message, table, exchange, query, hints, at, next, end);
    if (least < 0) {
      message.end = from;
      message.truncated = true;
      return;
    }
    ttlSeconds = Math.min(ttlSeconds, least);
    at = next;
  }
  message.ancount += records;
  message.random = raw.random;
  setTtls(message, from, ttlSeconds);
}

/** Appends the raw record from `record` to `next`, its hints filled. `end`: where all raw records end. Returns the seconds that its addresses last at the least; -1: there was no room. */
function appendRecord(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  hints: Hints,
  record: number,
  next: number,
  end: number,
): number {
  const { raw } = hints;
  const { view } = raw;
  const start = message.end;
  let ttlSeconds = view.getInt32(record + TTL_AT);
  let parameter = record + RECORD_HEAD_OCTETS + TARGET_AT;
  while (view.getUint8(parameter) !== 0) parameter += 1 + view.getUint8(parameter);
  parameter += 1;
  if (!copyRaw(message, raw, record, parameter)) return -1;
  let mandatory = -1;
  while (parameter < next) {
    const key = view.getUint16(parameter);
    const behind = parameter + PARAMETER_HEAD_OCTETS + view.getUint16(parameter + KEY_OCTETS);
    const isHint = key === ServiceKey.IPV4_HINT || key === ServiceKey.IPV6_HINT;
    if (isHint && behind === parameter + PARAMETER_HEAD_OCTETS) {
      gather(
        message,
        table,
        exchange,
        query,
        hints,
        record,
        end,
        key === ServiceKey.IPV4_HINT ? Type.A : Type.AAAA,
      );
      if (raw.end > end) {
        ttlSeconds = Math.min(ttlSeconds, view.getInt32(end + TTL_AT));
        if (!appendHint(message, raw, key, end)) return -1;
      } else if (mandatory >= 0) mandatory = withoutMandatory(message, mandatory, key);
    } else {
      if (key === ServiceKey.MANDATORY) mandatory = message.end;
      if (!copyRaw(message, raw, parameter, behind)) return -1;
    }
    parameter = behind;
  }
  message.view.setUint16(start + RDATA_OCTETS_AT, message.end - start - RECORD_HEAD_OCTETS);
  return ttlSeconds;
}

/** Puts the addresses of a type that the target of a raw record has now behind the raw records, as records. Aliases are followed. */
function gather(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  hints: Hints,
  record: number,
  end: number,
  type: number,
): void {
  const { raw, host } = hints;
  const target = record + RECORD_HEAD_OCTETS + TARGET_AT;
  raw.end = end;
  raw.truncated = false;
  // RFC 9460 §2.5: the root stands for the owner.
  if (raw.view.getUint8(target) === 0)
    parseName(host, message.view, message.start + message.nameAt, message.end);
  else parseName(host, raw.view, target, end);
  const ttlSeconds = followAliases(table, hints, type);
  appendFound(raw, table, exchange, query, host, hints, type);
  shortenTtls(raw, end, ttlSeconds);
  message.scopeBits = Math.max(message.scopeBits, raw.scopeBits);
}

/**
 * Finds what the host has of a type, A or AAAA, at the end of its aliases, CNAME_CHAIN_MAX at the most. The raw message is written behind
 * its end, which stays. Returns the shortest TTL of these aliases.
 */
function followAliases(table: TableReader, hints: Hints, type: number): number {
  const { found, host } = hints;
  let ttlSeconds = TTL_SECONDS_MAX;
  for (let chain = 0; ; chain += 1) {
    find(found, table, host, type);
    if (found.state !== Finding.FOLLOW && found.state !== Finding.FLATTEN) return ttlSeconds;
    if (chain === CNAME_CHAIN_MAX) {
      found.state = Finding.NODATA;
      return ttlSeconds;
    }
    ttlSeconds = Math.min(ttlSeconds, takeTarget(table, hints));
  }
}

/** Makes the target of the alias that was found the host. Returns the alias's TTL. */
function takeTarget(table: TableReader, { raw, host, found }: Hints): number {
  const alias = raw.end;
  appendAnswer(raw, table, found.answer, false);
  parseName(host, raw.view, alias + RECORD_HEAD_OCTETS, raw.end);
  raw.end = alias;
  return raw.view.getInt32(alias + TTL_AT);
}

/** Shortens the TTL of the records from `from` on to that of what led to them. */
function shortenTtls(message: Message, from: number, ttlSeconds: number): void {
  if (message.end > from) setTtls(message, from, Math.min(ttlSeconds, message.view.getInt32(from + TTL_AT)));
}

/**
 * Appends the addresses of a type, A or AAAA, that the target of the alias which was found has now, as those of the name that is answered. Aliases
 * are followed. They last no longer than the aliases do. Returns true where there are any, even if they do not fit; else `found` says why not.
 */
export function appendFlattened(
  message: Message,
  table: TableReader,
  exchange: Exchange,
  query: Query,
  hints: Hints,
  type: number,
): boolean {
  const { raw, host } = hints;
  raw.end = HEADER_OCTETS;
  raw.nameAt = message.nameAt;
  raw.nameOctets = message.nameOctets;
  const ttlSeconds = takeTarget(table, hints);
  const least = Math.min(ttlSeconds, followAliases(table, hints, type));
  const { end: from, nameOctets } = message;
  message.isExact = false;
  // Pointers to the owner of these records, counted from its end, are to the name that is answered.
  message.nameOctets = host.nameOctets;
  appendFound(message, table, exchange, query, host, hints, type);
  message.nameOctets = nameOctets;
  shortenTtls(message, from, least);
  return message.end > from || message.truncated;
}

/** Appends a hint of the addresses in the raw records from `from` on. Returns false where there is no room. */
function appendHint(message: Message, raw: Message, key: number, from: number): boolean {
  const start = message.end;
  if (start + PARAMETER_HEAD_OCTETS > message.limit) return false;
  message.end = start + PARAMETER_HEAD_OCTETS;
  for (let at = from; at < raw.end; ) {
    const rdata = at + RECORD_HEAD_OCTETS;
    at = rdata + raw.view.getUint16(at + RDATA_OCTETS_AT);
    if (!copyRaw(message, raw, rdata, at)) return false;
  }
  message.view.setUint16(start, key);
  message.view.setUint16(start + KEY_OCTETS, message.end - start - PARAMETER_HEAD_OCTETS);
  return true;
}

/** Takes a key out of the list of mandatory ones that begins at `at`; returns where the list begins then, -1: it is not there any more. */
function withoutMandatory(message: Message, at: number, key: number): number {
  const { view } = message;
  const octets = view.getUint16(at + KEY_OCTETS);
  const last = at + PARAMETER_HEAD_OCTETS + octets;
  for (let each = at + PARAMETER_HEAD_OCTETS; each < last; each += KEY_OCTETS) {
    if (view.getUint16(each) !== key) continue;
    if (octets === KEY_OCTETS) {
      cut(message, at, PARAMETER_HEAD_OCTETS + KEY_OCTETS);
      return -1;
    }
    cut(message, each, KEY_OCTETS);
    view.setUint16(at + KEY_OCTETS, octets - KEY_OCTETS);
    return at;
  }
  return at;
}

/** Takes octets out of what was written last. */
function cut(message: Message, at: number, count: number): void {
  const { octets } = message;
  message.end -= count;
  for (let i = at; i < message.end; i += 1) octets[i] = octets[i + count]!;
}

/** Copies raw octets to the message's end. Returns false where there is no room. */
function copyRaw(message: Message, raw: Message, from: number, to: number): boolean {
  if (message.end + to - from > message.limit) return false;
  for (let at = from; at < to; at += 1, message.end += 1) message.octets[message.end] = raw.octets[at]!;
  return true;
}
