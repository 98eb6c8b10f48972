import { DO, EDNS_VERSION, OPT_OCTETS, Option } from '../../dns/edns.ts';
import { MESSAGE_OCTETS_MAX } from '../../dns/header.ts';
import { Type } from '../../dns/type.ts';
import { type Exchange, Transport } from '../exchange.ts';
import type { Message } from '../message.ts';
import type { Query } from '../query.ts';
import { CLIENT_COOKIE_OCTETS, type Cookies, SERVER_COOKIE_OCTETS } from './cookie.ts';
import { OPTION_HEAD_OCTETS, SUBNET_HEAD_OCTETS } from './edns-query.ts';

/** Extended error codes (RFC 8914 §4). */
export const ExtendedError = { NONE: -1, NOT_READY: 14, NOT_AUTHORITATIVE: 20, NOT_SUPPORTED: 21 } as const;

/** What an OPT record of ours may say. */
export interface OptSettings {
  /** The NSID (RFC 5001), where there is one. */
  readonly nsid: Uint8Array | undefined;
  readonly cookies: Cookies | undefined;
  /** The most octets that UDP may bring. */
  readonly udpOctetsMax: number;
  /** How long an idle TCP connection may stay, in units of 100 ms (RFC 7828 §3.1). */
  readonly keepaliveUnits: number;
}

const EXTENDED_ERROR_OCTETS = 2;
const KEEPALIVE_OCTETS = 2;

/** What a padded answer's length is a multiple of (RFC 8467 §4.1). */
export const PADDED_BLOCK_OCTETS = 468;

/**
 * Octets that the OPT record of an answer to this query takes; an extended error comes on top, with answers that have no
 * records and so room for it.
 */
export function optOctets(settings: OptSettings, query: Query, transport: number): number {
  if (!query.edns) return 0;
  let octets = OPT_OCTETS;
  if (query.nsid && settings.nsid !== undefined) octets += OPTION_HEAD_OCTETS + settings.nsid.length;
  if (query.subnetOctets !== 0) octets += OPTION_HEAD_OCTETS + query.subnetOctets;
  if (query.cookieOctets !== 0 && settings.cookies !== undefined)
    octets += OPTION_HEAD_OCTETS + CLIENT_COOKIE_OCTETS + SERVER_COOKIE_OCTETS;
  if (saysKeepalive(query, transport)) octets += OPTION_HEAD_OCTETS + KEEPALIVE_OCTETS;
  if (isPadded(query, transport)) octets += OPTION_HEAD_OCTETS;
  return octets;
}

/** Writes the OPT record (RFC 6891 §6.1) at the message's end; nothing where the query had none. */
export function writeOpt(
  message: Message,
  settings: OptSettings,
  query: Query,
  exchange: Exchange,
  rcode: number,
  extendedError: number,
  nowSeconds: number,
): void {
  if (!query.edns) return;
  const out = message.octets;
  const at = message.end;
  out[at] = 0;
  out[at + 1] = 0;
  out[at + 2] = Type.OPT;
  out[at + 3] = settings.udpOctetsMax >>> 8;
  out[at + 4] = settings.udpOctetsMax & 0xff;
  out[at + 5] = rcode >>> 4;
  out[at + 6] = EDNS_VERSION;
  // RFC 6891 §6.1.4: unknown flags are not repeated; DO is (RFC 3225 §3).
  out[at + 7] = query.ednsFlags & DO;
  out[at + 8] = 0;
  message.end = at + OPT_OCTETS;
  if (query.nsid && settings.nsid !== undefined) {
    writeOptionHead(message, Option.NSID, settings.nsid.length);
    for (let i = 0; i < settings.nsid.length; i += 1) out[message.end + i] = settings.nsid[i]!;
    message.end += settings.nsid.length;
  }
  if (query.subnetOctets !== 0) writeSubnet(message, query, exchange);
  if (query.cookieOctets !== 0 && settings.cookies !== undefined) {
    writeOptionHead(message, Option.COOKIE, CLIENT_COOKIE_OCTETS + SERVER_COOKIE_OCTETS);
    for (let i = 0; i < CLIENT_COOKIE_OCTETS; i += 1)
      out[message.end + i] = exchange.query[query.cookieAt + i]!;
    settings.cookies.write(exchange, query.cookieAt, message.end + CLIENT_COOKIE_OCTETS, nowSeconds);
    message.end += CLIENT_COOKIE_OCTETS + SERVER_COOKIE_OCTETS;
  }
  if (saysKeepalive(query, exchange.transport)) {
    writeOptionHead(message, Option.TCP_KEEPALIVE, KEEPALIVE_OCTETS);
    writeUint16(message, settings.keepaliveUnits);
  }
  if (extendedError !== ExtendedError.NONE) {
    writeOptionHead(message, Option.EDE, EXTENDED_ERROR_OCTETS);
    writeUint16(message, extendedError);
  }
  // Last, since it depends on the length of all the rest.
  if (isPadded(query, exchange.transport)) writePadding(message);
  const dataOctets = message.end - at - OPT_OCTETS;
  out[at + 9] = dataOctets >>> 8;
  out[at + 10] = dataOctets & 0xff;
  message.arcount += 1;
}

/** RFC 7828 §3.3.1, §3.3.2: only over TCP, and here only to who asked. */
function saysKeepalive(query: Query, transport: number): boolean {
  return query.keepalive && (transport === Transport.TCP || transport === Transport.DOT);
}

/** RFC 7830 §4: only where the query had it too, and only where it is of use: under encryption. */
function isPadded(query: Query, transport: number): boolean {
  return query.padding && (transport === Transport.DOT || transport === Transport.DOH);
}

function writePadding(message: Message): void {
  const octets = message.end - message.start + OPTION_HEAD_OCTETS;
  const padded = octets + ((PADDED_BLOCK_OCTETS - (octets % PADDED_BLOCK_OCTETS)) % PADDED_BLOCK_OCTETS);
  // The largest messages have no room for a whole block.
  const padding = Math.min(padded, MESSAGE_OCTETS_MAX) - octets;
  writeOptionHead(message, Option.PADDING, padding);
  message.octets.fill(0, message.end, message.end + padding);
  message.end += padding;
}

/**
 * RFC 7871 §7.2.1: what was asked, with the scope that decided: 0, as no answer here depends on the client. Whoever
 * makes one depend on it must tell its scope here: resolvers would serve it to everybody. A test holds the two together.
 */
function writeSubnet(message: Message, query: Query, exchange: Exchange): void {
  const out = message.octets;
  writeOptionHead(message, Option.CLIENT_SUBNET, query.subnetOctets);
  for (let i = 0; i < query.subnetOctets; i += 1) out[message.end + i] = exchange.query[query.subnetAt + i]!;
  out[message.end + SUBNET_HEAD_OCTETS - 1] = 0;
  message.end += query.subnetOctets;
}

function writeOptionHead(message: Message, code: number, octets: number): void {
  writeUint16(message, code);
  writeUint16(message, octets);
}

function writeUint16(message: Message, value: number): void {
  message.octets[message.end] = value >>> 8;
  message.octets[message.end + 1] = value & 0xff;
  message.end += 2;
}
