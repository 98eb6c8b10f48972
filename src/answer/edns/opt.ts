import * as fromEdns from '../../dns/edns.ts';
import * as fromHeader from '../../dns/header.ts';
import * as fromType from '../../dns/type.ts';
import type { Exchange } from '../exchange.ts';
import * as fromExchange from '../exchange.ts';
import type { Message } from '../message.ts';
import type { Query } from '../query.ts';
import type { Cookies } from './cookie.ts';
import * as fromCookie from './cookie.ts';
import * as fromEdnsQuery from './edns-query.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { DO, EDNS_VERSION, OPT_OCTETS, Option } = fromEdns;
const { MESSAGE_OCTETS_MAX } = fromHeader;
const { Type } = fromType;
const { Transport } = fromExchange;
const { CLIENT_COOKIE_OCTETS, SERVER_COOKIE_OCTETS } = fromCookie;
const { bitOf, OPTION_HEAD_OCTETS, SUBNET_HEAD_OCTETS } = fromEdnsQuery;

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

/** What a padded answer's length is a multiple of (RFC 8467 §4.1). */
export const PADDED_BLOCK_OCTETS = 468;

/** The options that an answer may have. They are written in the order of their codes, but padding last, since it depends on all before it. */
const OPTIONS = [
  Option.NSID,
  Option.CLIENT_SUBNET,
  Option.COOKIE,
  Option.TCP_KEEPALIVE,
  Option.EDE,
  Option.PADDING,
] as const;
type AnswerOption = (typeof OPTIONS)[number];

const PADDING = bitOf(Option.PADDING);

const EXTENDED_ERROR_OCTETS = 2;
const KEEPALIVE_OCTETS = 2;
const COOKIE_OCTETS = CLIENT_COOKIE_OCTETS + SERVER_COOKIE_OCTETS;

/** What an OPT record says besides its options, and what goes into those. Filled again for every query. */
export interface OptContent {
  rcode: number;
  /** One of ExtendedError. */
  extendedError: number;
  nowSeconds: number;
}

/** The OPT records of one responder's answers. */
export interface OptWriter {
  /**
   * Octets that the OPT record of an answer to the query takes over a transport. An extended error and padding come on
   * top: the first with answers that have no records and so room for it, the second where there is room.
   */
  octets(transport: number): number;
  /** Writes the OPT record (RFC 6891 §6.1) at the message's end; nothing where the query had none. */
  write(exchange: Exchange, content: OptContent): void;
}

/** Writes OPT records of answers to `query` into `message`. */
export function createOptWriter(settings: OptSettings, query: Query, message: Message): OptWriter {
  const { nsid, cookies, udpOctetsMax } = settings;

  /** The bits of the options that are answered over each transport, where the query has them. */
  const answered = Object.values(Transport).map((transport) => {
    const options = OPTIONS.filter((option) => {
      if (option === Option.NSID) return nsid !== undefined;
      if (option === Option.COOKIE) return cookies !== undefined;
      // RFC 7828 §3.3.1, §3.3.2: only over TCP, and here only to who asked.
      if (option === Option.TCP_KEEPALIVE) return transport === Transport.TCP || transport === Transport.DOT;
      // RFC 7830 §4: only where the query had it too, and only where it is of use: under encryption.
      if (option === Option.PADDING) return transport === Transport.DOT || transport === Transport.DOH;
      return true;
    });
    return options.reduce((bits, option) => bits | bitOf(option), 0);
  });

  /** Octets of an option's data. Padding has as many as it needs behind `before` octets of the message. */
  function dataOctets(option: AnswerOption, before: number): number {
    switch (option) {
      case Option.NSID:
        return nsid!.length;
      case Option.CLIENT_SUBNET:
        return query.subnetOctets;
      case Option.COOKIE:
        return COOKIE_OCTETS;
      case Option.TCP_KEEPALIVE:
        return KEEPALIVE_OCTETS;
      case Option.EDE:
        return EXTENDED_ERROR_OCTETS;
      case Option.PADDING:
        return paddingOctets(before);
    }
  }

  /** Writes an option's data of `octets` octets at the message's end. */
  function writeData(option: AnswerOption, octets: number, exchange: Exchange, content: OptContent): void {
    const out = message.octets;
    const at = message.end;
    switch (option) {
      case Option.NSID:
        for (let i = 0; i < octets; i += 1) out[at + i] = nsid![i]!;
        break;
      case Option.CLIENT_SUBNET:
        // RFC 7871 §7.2.1: what was asked, with the scope that decided; 0: the answer does not depend on the client.
        // Resolvers would serve an answer with too short a scope to others.
        for (let i = 0; i < octets; i += 1) out[at + i] = exchange.query[query.subnetAt + i]!;
        out[at + SUBNET_HEAD_OCTETS - 1] = message.scopeBits;
        break;
      case Option.COOKIE:
        for (let i = 0; i < CLIENT_COOKIE_OCTETS; i += 1) out[at + i] = exchange.query[query.cookieAt + i]!;
        cookies!.write(exchange, query.cookieAt, at + CLIENT_COOKIE_OCTETS, content.nowSeconds);
        break;
      case Option.TCP_KEEPALIVE:
        writeUint16(out, at, settings.keepaliveUnits);
        break;
      case Option.EDE:
        writeUint16(out, at, content.extendedError);
        break;
      case Option.PADDING:
        out.fill(0, at, at + octets);
    }
    message.end = at + octets;
  }

  function writeOptions(options: number, exchange: Exchange, content: OptContent): void {
    for (let left = options & ~PADDING; left !== 0; left &= left - 1)
      writeOption(lowestOf(left), exchange, content);
    if ((options & PADDING) !== 0) writeOption(Option.PADDING, exchange, content);
  }

  function writeOption(option: AnswerOption, exchange: Exchange, content: OptContent): void {
    const octets = dataOctets(option, message.end - message.start + OPTION_HEAD_OCTETS);
    writeUint16(message.octets, message.end, option);
    writeUint16(message.octets, message.end + 2, octets);
    message.end += OPTION_HEAD_OCTETS;
    writeData(option, octets, exchange, content);
  }

  return {
    octets(transport) {
      if (!query.edns) return 0;
      let octets = OPT_OCTETS;
      for (let left = query.options & answered[transport]!; left !== 0; left &= left - 1)
        octets += OPTION_HEAD_OCTETS + dataOctets(lowestOf(left), MESSAGE_OCTETS_MAX);
      return octets;
    },
    write(exchange, content) {
      if (!query.edns) return;
      const { rcode, extendedError } = content;
      const { view, end: at } = message;
      // By words, of which the last begins in the one before it. There are 0 octets of options until some are written.
      view.setInt32(at, (Type.OPT << 8) | (udpOctetsMax >>> 8));
      view.setInt32(at + 4, ((udpOctetsMax & 0xff) << 24) | ((rcode >>> 4) << 16) | (EDNS_VERSION << 8));
      // RFC 6891 §6.1.4: unknown flags are not repeated; DO is (RFC 3225 §3).
      view.setInt32(at + 7, (query.ednsFlags & DO) << 24);
      message.end = at + OPT_OCTETS;
      message.arcount += 1;
      let options = query.options & answered[exchange.transport]!;
      if (extendedError !== ExtendedError.NONE) options |= bitOf(Option.EDE);
      if (options === 0) return;
      writeOptions(options, exchange, content);
      view.setUint16(at + 9, message.end - at - OPT_OCTETS);
    },
  };
}

/** The option of the lowest bit that is set; all bits are those of options that an answer may have. */
function lowestOf(bits: number): AnswerOption {
  return (31 - Math.clz32(bits & -bits)) as AnswerOption;
}

/** Returns the octets that fill a message up to a whole block. The largest messages have no room for a block. */
function paddingOctets(before: number): number {
  const missing = (PADDED_BLOCK_OCTETS - (before % PADDED_BLOCK_OCTETS)) % PADDED_BLOCK_OCTETS;
  return Math.min(missing, MESSAGE_OCTETS_MAX - before);
}

function writeUint16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8;
  octets[at + 1] = value & 0xff;
}
