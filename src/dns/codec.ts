import { Packet } from 'dns2';
import { ipv4Octets, ipv6Octets } from './address-octets.ts';
import { Option } from './edns.ts';
import { foldName, foldOctet, NameError, parseWrittenName, type WireName } from './name.ts';
import { areNamesShort } from './name-cost.ts';
import { Class, Type } from './type.ts';

/** Text that is not the rdata of its type. The message says what is wrong with it. */
export class RdataError extends Error {
  override readonly name = 'RdataError';
}

/** Octets that are not a DNS message. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

/** Octets of a character-string (RFC 1035 §3.3). */
export const CHARACTER_STRING_OCTETS_MAX = 255;
/** Octets of one record's rdata (RFC 1035 §3.2.1). */
export const RDATA_OCTETS_MAX = 0xffff;

/** The types encodeRdata knows, by mnemonic. */
export const STATIC_TYPES = {
  A: Type.A,
  AAAA: Type.AAAA,
  CAA: Type.CAA,
  CNAME: Type.CNAME,
  MX: Type.MX,
  NS: Type.NS,
  PTR: Type.PTR,
  SRV: Type.SRV,
  TXT: Type.TXT,
} as const;
/** Mnemonic of a type encodeRdata knows. */
export type StaticType = keyof typeof STATIC_TYPES;

/**
 * Encodes one record's rdata, uncompressed and without its length, from presentation form (RFC 1035 §5.1). Names are
 * full names and keep their case (RFC 1035 §2.3.3). A TXT value without a quote is one text in UTF-8, cut into
 * character-strings of 255 octets; one with quotes is as BIND reads it. Throws RdataError.
 */
export function encodeRdata(type: StaticType, text: string): Uint8Array {
  const rdata = encoders[type](text);
  if (rdata.length > RDATA_OCTETS_MAX)
    throw new RdataError(`has ${rdata.length} octets of rdata; ${RDATA_OCTETS_MAX} at most`);
  return rdata;
}

/**
 * The name a record of this type points to, from the same text encodeRdata takes, lower-cased: the target of NS, CNAME,
 * PTR, MX and SRV; undefined for the others. Throws RdataError.
 */
export function targetOf(type: StaticType, text: string): WireName | undefined {
  const at = NAMES_AT.get(STATIC_TYPES[type]);
  return at === undefined ? undefined : foldName(encodeRdata(type, text).subarray(at));
}

/** Types whose rdata is names from an octet on, and that octet. What stands before them has no case; RFC 3597 §4 names those from MB on. */
const NAMES_AT = new Map<number, number>([
  [Type.NS, 0],
  [Type.CNAME, 0],
  [Type.PTR, 0],
  [Type.MX, 2],
  [Type.SRV, 6],
  [7, 0], // MB
  [8, 0], // MG
  [9, 0], // MR
  [14, 0], // MINFO
  [17, 0], // RP (RFC 1183 §2.2)
  [18, 2], // AFSDB (RFC 1183 §1)
  [21, 2], // RT (RFC 1183 §3.3)
  [26, 2], // PX (RFC 2163 §4)
  [36, 2], // KX (RFC 2230 §3)
]);

/** A string that is equal for equal rdata of a type only: names in it are compared without case (RFC 4343 §3, RFC 3597 §6). */
export function rdataKey(type: number, rdata: Uint8Array): string {
  const at = NAMES_AT.get(type) ?? rdata.length;
  return Buffer.from(rdata.map((octet, i) => (i < at ? octet : foldOctet(octet)))).toString('latin1');
}

const MX_FIELDS = ['preference', 'exchange'];
const SRV_FIELDS = ['priority', 'weight', 'port', 'target'];

// Names never go through dns2: its encoder knows no escapes, drops empty labels, and measures text instead of octets.
const encoders: Record<StaticType, (text: string) => Uint8Array> = {
  // A node encodes hundreds of thousands of addresses when it starts, which dns2 is slow at.
  A: (text) => {
    const octets = ipv4Octets(text);
    if (octets === undefined) throw new RdataError('is not an IPv4 address');
    return octets;
  },
  AAAA: (text) => {
    const octets = ipv6Octets(text);
    if (octets === undefined) throw new RdataError('is not an IPv6 address');
    return octets;
  },
  NS: target,
  CNAME: target,
  PTR: target,
  MX: (text) => {
    const [preference, exchange] = fields(text, MX_FIELDS);
    return concatenate(uint16(preference!, 'preference'), target(exchange!));
  },
  SRV: (text) => {
    const [priority, weight, port, host] = fields(text, SRV_FIELDS);
    return concatenate(
      uint16(priority!, 'priority'),
      uint16(weight!, 'weight'),
      uint16(port!, 'port'),
      target(host!),
    );
  },
  // dns2 would write the length of a string over 255 octets modulo 256, and an empty list as no rdata at all.
  TXT: (text) => throughDns2(Type.TXT, { data: characterStrings(text) }),
  // dns2 takes the value as text and would send its octets over 127 as UTF-8.
  CAA: (text) => {
    const [flags, tag, value, ...rest] = tokens(text);
    if (value === undefined || rest.length > 0)
      throw new RdataError('must be `flags tag value`, the value in quotes where it has spaces');
    const flagsOctet = decimal(flags!.raw, 0xff);
    if (flags!.quoted || flagsOctet === undefined) throw new RdataError('has flags that are not 0 to 255');
    // RFC 8659 §4.1: letters and digits, at least one; the length is one octet.
    if (tag!.quoted || !/^[A-Za-z0-9]{1,255}$/.test(tag!.raw))
      throw new RdataError('has a tag that is not letters and digits');
    return concatenate([flagsOctet, tag!.raw.length], Buffer.from(tag!.raw), octetsOf(value.raw));
  },
};

/** Octets of a record before its rdata when the owner is the root: name, type, class, TTL, length. */
const FIXED_OCTETS = 11;

function throughDns2(type: number, data: { data: Buffer[] }): Uint8Array {
  // The declared shape of `data` is a string or strings; the encoder takes Buffers too, and only they carry any octet.
  const resource = new Packet.Resource({ name: '', type, class: Class.IN, ttl: 0, ...(data as object) });
  return Uint8Array.from(Packet.Resource.encode(resource, new Packet.Writer()).subarray(FIXED_OCTETS));
}

function target(text: string): Uint8Array {
  try {
    return parseWrittenName(text);
  } catch (error) {
    if (error instanceof NameError) throw new RdataError(`has "${text}" for a name, which ${error.message}`);
    throw error;
  }
}

/** The space-separated fields of the text, which must be as many as are named. */
function fields(text: string, names: readonly string[]): string[] {
  const found = tokens(text);
  if (found.length !== names.length || found.some((token) => token.quoted))
    throw new RdataError(`must be \`${names.join(' ')}\``);
  return found.map((token) => token.raw);
}

function uint16(text: string, field: string): Uint8Array {
  const value = decimal(text, 0xffff);
  if (value === undefined) throw new RdataError(`has a ${field} that is not 0 to 65535`);
  return Uint8Array.of(value >> 8, value & 0xff);
}

function decimal(text: string, max: number): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= max ? Number(text) : undefined;
}

/**
 * Reads the character-strings of a TXT. A value with a quote outside of escapes is read as BIND reads a zone file:
 * strings with and without quotes, with or without spaces between them; parentheses and comments are left out. A value
 * without a quote is one text, and keeps its spaces, semicolons and parentheses. Escapes are undone in both.
 */
function characterStrings(text: string): Buffer[] {
  if (text.replaceAll(ESCAPE, '').includes('"')) {
    const strings = tokens(text, true).map((token) => octetsOf(token.raw));
    if (strings.length === 0) throw new RdataError('has no character-string');
    for (const { length } of strings)
      if (length > CHARACTER_STRING_OCTETS_MAX)
        throw new RdataError(
          `has a character-string of ${length} octets; ${CHARACTER_STRING_OCTETS_MAX} at most`,
        );
    return strings;
  }
  const octets = octetsOf(text);
  const strings = [octets.subarray(0, CHARACTER_STRING_OCTETS_MAX)];
  for (let at = CHARACTER_STRING_OCTETS_MAX; at < octets.length; at += CHARACTER_STRING_OCTETS_MAX)
    strings.push(octets.subarray(at, at + CHARACTER_STRING_OCTETS_MAX));
  return strings;
}

/** A response as a client reads it. */
export interface Response {
  readonly rcode: number;
  /** The rdata of each record of the answer section in presentation form, as presentRdata() writes it. */
  readonly answers: readonly string[];
  /** Bits of the client subnet that the answer is for (SCOPE PREFIX-LENGTH, RFC 7871 §6); absent: the response has no such option. */
  readonly scopeBits?: number;
}

/** A record of a response. */
export interface ResponseRecord {
  /** In lower case, without the final dot and without escapes. */
  readonly owner: string;
  readonly type: number;
  readonly ttlSeconds: number;
  /** As presentRdata() writes it. */
  readonly rdata: string;
}

/** A response with what shows whether it answers the question. */
export interface FullResponse {
  readonly rcode: number;
  readonly isAuthoritative: boolean;
  /** The server offers recursion. */
  readonly isRecursive: boolean;
  /** The name in question, as owners are written; absent: the response repeats no question. */
  readonly name?: string;
  /** Of the answer section, in class IN. */
  readonly records: readonly ResponseRecord[];
  /** The types of the records of the authority section. */
  readonly authorityTypes: readonly number[];
}

/** Decodes a response with its records. Throws MessageError as decodeResponse(). */
export function decodeFullResponse(octets: Uint8Array): FullResponse {
  const { header, questions, answers, authorities } = parsePacket(octets);
  const name = questions[0]?.name.toLowerCase();
  return {
    rcode: header.rcode,
    isAuthoritative: header.aa === 1,
    isRecursive: header.ra === 1,
    ...(name === undefined ? {} : { name }),
    records: answers
      .filter((record) => record.class === Class.IN)
      .map((record) => ({
        owner: record.name.toLowerCase(),
        type: record.type,
        ttlSeconds: record.ttl,
        rdata: presentRdata(record),
      })),
    authorityTypes: authorities.map(({ type }) => type),
  };
}

/** Decodes a response. Throws MessageError when its header, its question or a record of its answer section is broken. */
export function decodeResponse(octets: Uint8Array): Response {
  const { header, answers, additionals } = parsePacket(octets);
  const options = additionals.find(({ type }) => type === Type.OPT)?.rdata ?? [];
  const subnet = options.find(isClientSubnet);
  return {
    rcode: header.rcode,
    answers: answers.map(presentRdata),
    ...(subnet && { scopeBits: subnet.scopePrefixLength }),
  };
}

type EdnsOption = NonNullable<Packet['additionals'][number]['rdata']>[number];

function isClientSubnet(option: EdnsOption): option is EdnsOption & { readonly scopePrefixLength: number } {
  return option.ednsCode === Option.CLIENT_SUBNET;
}

function parsePacket(octets: Uint8Array): Packet {
  if (!areNamesShort(octets)) throw new MessageError('has names that take too long to read');
  let packet: Packet;
  try {
    packet = Packet.parse(Buffer.from(octets));
  } catch (cause) {
    throw new MessageError('is no DNS message', { cause });
  }
  const broken = packet.errors.find(({ section }) => section === 'questions' || section === 'answers');
  if (broken !== undefined) throw new MessageError('has a broken record', { cause: broken });
  return packet;
}

/**
 * Rdata in presentation form, for looking at: names as they came, without their final dot and without escapes; the
 * character-strings of a TXT as one text without quotes, as they are meant; other types as in RFC 3597 §5.
 */
function presentRdata(record: Packet['answers'][number]): string {
  switch (record.type) {
    case Type.A:
    case Type.AAAA:
      return record.address!;
    case Type.NS:
      return record.ns!;
    case Type.CNAME:
    case Type.PTR:
      return record.domain!;
    case Type.MX:
      return `${record.priority} ${record.exchange}`;
    case Type.SRV:
      return `${record.priority} ${record.weight} ${record.port} ${record.target}`;
    case Type.TXT:
      return [record.data].flat().join('');
    case Type.CAA:
      return `${record.flags} ${record.tag} "${record.value}"`;
    case Type.SOA: {
      const { primary, admin, serial, refresh, retry, expiration, minimum } = record;
      return [primary, admin, serial, refresh, retry, expiration, minimum].join(' ');
    }
    default: {
      const octets = Buffer.isBuffer(record.data) ? record.data : Buffer.alloc(0);
      return `\\# ${octets.length} ${octets.toString('hex')}`;
    }
  }
}

interface Token {
  /** Escapes not yet undone; without the quotes. */
  readonly raw: string;
  readonly quoted: boolean;
}

/** A backslash and what it escapes, of three digits the first. */
const ESCAPE = /\\./gsu;

/**
 * Splits presentation form at spaces and at quotes (RFC 1035 §5.1). `isMasterFile`: parentheses and comments are left
 * out. Otherwise they are characters like others.
 */
function tokens(text: string, isMasterFile = false): Token[] {
  const found: Token[] = [];
  const next = isMasterFile ? MASTER_FILE_TOKEN : TOKEN;
  const trimmed = text.trimEnd();
  let depth = 0;
  next.lastIndex = 0;
  while (next.lastIndex < trimmed.length) {
    const match = next.exec(trimmed);
    if (match === null) throw new RdataError('has a broken quote or escape');
    const [, quoted, bare, parenthesis] = match;
    if (parenthesis !== undefined) depth += parenthesis === '(' ? 1 : -1;
    if (depth < 0) break;
    if (quoted !== undefined || bare !== undefined)
      found.push({ raw: quoted ?? bare!, quoted: quoted !== undefined });
  }
  if (depth !== 0) throw new RdataError('has a parenthesis without its other');
  return found;
}

/** A quoted string, or one without quotes. */
const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^\s"\\]|\\.)+))/sy;
/** The same, or a parenthesis or a comment. */
const MASTER_FILE_TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^\s"\\();]|\\.)+)|([()])|;[^\n]*)/sy;

/** Undoes `\.` and `\DDD`; what stands for itself is UTF-8. */
function octetsOf(raw: string): Buffer {
  const parts: Buffer[] = [];
  for (const [part, ddd, char] of raw.matchAll(/[^\\]+|\\(?:(\d{3})|(\D))|\\/gu)) {
    const octet = ddd === undefined ? undefined : Number(ddd);
    if (part === '\\' || (octet ?? 0) > 0xff) throw new RdataError('has a broken escape');
    parts.push(octet === undefined ? Buffer.from(char ?? part) : Buffer.of(octet));
  }
  return Buffer.concat(parts);
}

function concatenate(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
