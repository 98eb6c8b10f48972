import { ipv4Octets, ipv6Octets } from '../dns/address-octets.ts';
import { foldName, type WireName } from '../dns/name.ts';
import { Type } from '../dns/type.ts';
import { nearest } from '../input/nearest.ts';
import { autoHints, withHints } from './address-hints.ts';
import { characterString, pieces, unescaped } from './character-string.ts';
import { concatenated } from './concatenate.ts';
import type { Layout } from './layout/layout.ts';
import { layoutOf } from './layout/record-types.ts';
import { RDATA_OCTETS_MAX, RdataError } from './rdata-error.ts';
import { type Grammar, type Token, tokenize } from './token.ts';

const GENERIC = 'must be `\\# length hexadecimal-octets` (RFC 3597 §5)';
/** A backslash and the character that it escapes; of three digits, the first. */
const ESCAPE = /\\./gsu;

const VALUE: Grammar = { hasComments: true, isStrict: true };
/** The value of a CAA may end in a semicolon, which forbids all authorities (RFC 8659 §4.2). */
const CAA_VALUE: Grammar = { hasComments: false, isStrict: false };

/**
 * Encodes one record's rdata, uncompressed and without its length, from presentation form (RFC 1035 §5.1). The text is a single
 * value: parentheses group its words and comments are left out. A TXT or SPF without a quote is one text in UTF-8, cut into
 * character-strings of 255 octets; one with quotes is as BIND reads it. `\# 3 abcdef` is read for every type (RFC 3597 §5).
 * Relative names end in the origin; without one all names are full. Names keep their case. Throws RdataError.
 */
export function parseRdata(type: number, text: string, origin?: WireName): Uint8Array {
  // A node encodes hundreds of thousands of addresses when it starts.
  const address = type === Type.A ? ipv4Octets(text) : type === Type.AAAA ? ipv6Octets(text) : undefined;
  if (address !== undefined) return address;
  if (isText(type) && !hasQuote(text) && !/^\s*\\#\s/.test(text)) return wholeText(text);
  return parseRdataTokens(type, tokenize(text, type === Type.CAA ? CAA_VALUE : VALUE), origin);
}

/** Encodes one record's rdata from the words of a zone file. Throws RdataError. */
export function parseRdataTokens(type: number, tokens: readonly Token[], origin?: WireName): Uint8Array {
  const layout = layoutOf(type);
  if (tokens[0]?.raw === '\\#' && !tokens[0].quoted) {
    const rdata = genericOctets(tokens);
    if (layout !== undefined) checkOctets(type, layout, rdata);
    return rdata;
  }
  if (layout === undefined) throw new RdataError(GENERIC);
  return bounded(layout.encode(tokens, origin));
}

/**
 * Formats rdata in presentation form, which parseRdata() reads as the same octets; names have their final dot. What is not rdata
 * of its type is formatted as in RFC 3597 §5. Accepts any octets.
 */
export function printRdata(type: number, rdata: Uint8Array): string {
  const generic = () =>
    `\\# ${rdata.length}${rdata.length === 0 ? '' : ` ${Buffer.from(rdata).toString('hex')}`}`;
  try {
    return layoutOf(type)?.print(rdata) ?? generic();
  } catch (error) {
    if (error instanceof RdataError) return generic();
    throw error;
  }
}

/** Returns rdata as the API's `data`; that of a type without a layout is `rdata`, in hexadecimal. Throws RdataError for rdata of another type. */
export function rdataToJson(type: number, rdata: Uint8Array): Record<string, unknown> {
  return layoutOf(type)?.toJson(rdata) ?? { rdata: Buffer.from(rdata).toString('hex') };
}

/** Encodes rdata from the API's `data`. All names are full. Throws RdataError, which names the member. */
export function rdataFromJson(type: number, data: unknown): Uint8Array {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new RdataError('needs an object as `data`');
  const members = new Map(Object.entries(data));
  const layout = layoutOf(type);
  const known = layout?.members ?? ['rdata'];
  for (const member of members.keys())
    if (!known.includes(member))
      throw new RdataError(
        `has \`${member}\`, which is not one of ${known.join(', ')}${nearest(member, known)}`,
      );
  if (layout !== undefined)
    return bounded(layout.encode(layout.toWords(Object.fromEntries(members)), undefined));
  const hex = members.get('rdata');
  if (typeof hex !== 'string' || !/^([0-9a-f]{2})*$/i.test(hex))
    throw new RdataError('needs hexadecimal octets as `rdata`');
  return bounded(Uint8Array.from(Buffer.from(hex, 'hex')));
}

/** The names that rdata holds, in their order and in lower case; none where it is not rdata of its type. */
export function namesIn(type: number, rdata: Uint8Array): WireName[] {
  return writtenNames(type, rdata).map(foldName);
}

/**
 * A string that is equal for equal rdata of a type only: names in it are compared without case (RFC 4343 §3, RFC 3597 §6), and hints that are
 * `auto` do not count, since an answer may have to leave them out.
 */
export function rdataKey(type: number, written: Uint8Array): string {
  const { ipv4, ipv6 } = autoHints(type, written);
  const rdata = ipv4 || ipv6 ? withHints(written, [], []) : written;
  const names = writtenNames(type, rdata);
  if (names.length === 0) return Buffer.from(rdata.buffer, rdata.byteOffset, rdata.length).toString('latin1');
  const folded = Buffer.from(rdata);
  for (const name of names) folded.set(foldName(name), name.byteOffset - rdata.byteOffset);
  return folded.toString('latin1');
}

function writtenNames(type: number, rdata: Uint8Array): Uint8Array[] {
  try {
    return layoutOf(type)?.names(rdata) ?? [];
  } catch (error) {
    if (error instanceof RdataError) return [];
    throw error;
  }
}

/** Returns true for a type that is texts, TXT and SPF. */
export const isText = (type: number) => type === Type.TXT || type === Type.SPF;

/** Returns true for a value with a quote outside of escapes, which is read as in a zone file. */
export function hasQuote(text: string): boolean {
  return text.includes('"') && text.replaceAll(ESCAPE, '').includes('"');
}

/** A text in as many character-strings as it needs. */
function wholeText(text: string): Uint8Array {
  return bounded(concatenated([...pieces(unescaped(text))].map(characterString)));
}

function bounded(rdata: Uint8Array): Uint8Array {
  if (rdata.length > RDATA_OCTETS_MAX)
    throw new RdataError(`has ${rdata.length} octets of rdata; ${RDATA_OCTETS_MAX} at most`);
  return rdata;
}

function genericOctets([, length, ...words]: readonly Token[]): Uint8Array {
  const hex = words.map(({ raw }) => raw).join('');
  if (!/^\d{1,5}$/.test(length?.raw ?? '') || !/^([0-9a-f]{2})*$/i.test(hex)) throw new RdataError(GENERIC);
  const octets = Uint8Array.from(Buffer.from(hex, 'hex'));
  if (octets.length !== Number(length!.raw))
    throw new RdataError(`has ${octets.length} octets, and says ${length!.raw}`);
  return bounded(octets);
}

/** Throws RdataError unless octets are rdata that could be written in the presentation form of their type. */
function checkOctets(type: number, layout: Layout, rdata: Uint8Array): void {
  layout.encode(tokenize(layout.print(rdata)), undefined);
  const { ipv4, ipv6 } = autoHints(type, rdata);
  if (ipv4 || ipv6) throw new RdataError('has a hint without an address (RFC 9460 §7.3)');
}
