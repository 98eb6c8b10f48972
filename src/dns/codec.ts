import { Packet } from 'dns2';
import { ipv4Octets, ipv6Octets } from './address-octets.ts';
import { NameError, parseName, type WireName } from './name.ts';
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
 * full names and come out lower-cased. A TXT value that does not begin with a quote is one text, taken as it is in
 * UTF-8 and cut into character-strings of 255 octets. Throws RdataError.
 */
export function encodeRdata(type: StaticType, text: string): Uint8Array {
  const rdata = encoders[type](text);
  if (rdata.length > RDATA_OCTETS_MAX)
    throw new RdataError(`has ${rdata.length} octets of rdata; ${RDATA_OCTETS_MAX} at most`);
  return rdata;
}

/**
 * The name a record of this type points to, from the same text encodeRdata takes: the target of NS, CNAME, PTR, MX
 * and SRV; undefined for the others. Throws RdataError.
 */
export function targetOf(type: StaticType, text: string): WireName | undefined {
  switch (type) {
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return target(text);
    case 'MX':
      return target(fields(text, MX_FIELDS)[1]!);
    case 'SRV':
      return target(fields(text, SRV_FIELDS)[3]!);
    case 'A':
    case 'AAAA':
    case 'CAA':
    case 'TXT':
      return undefined;
  }
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

function target(text: string): WireName {
  try {
    return parseName(text);
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

function characterStrings(text: string): Buffer[] {
  if (text.startsWith('"')) {
    const strings = tokens(text).map((token) => octetsOf(token.raw));
    for (const { length } of strings)
      if (length > CHARACTER_STRING_OCTETS_MAX)
        throw new RdataError(
          `has a character-string of ${length} octets; ${CHARACTER_STRING_OCTETS_MAX} at most`,
        );
    return strings;
  }
  const octets = Buffer.from(text);
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
}

/** Decodes a response. Throws MessageError when its header, its question or a record of its answer section is broken. */
export function decodeResponse(octets: Uint8Array): Response {
  let packet: Packet;
  try {
    packet = Packet.parse(Buffer.from(octets));
  } catch (cause) {
    throw new MessageError('is no DNS message', { cause });
  }
  const broken = packet.errors.find(({ section }) => section === 'questions' || section === 'answers');
  if (broken !== undefined) throw new MessageError('has a broken record', { cause: broken });
  return { rcode: packet.header.rcode, answers: packet.answers.map(presentRdata) };
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

/** Splits presentation form at spaces outside quotes (RFC 1035 §5.1). */
function tokens(text: string): Token[] {
  const found: Token[] = [];
  const next = /\s*(?:"((?:[^"\\]|\\.)*)"(?=\s|$)|((?:[^\s"\\]|\\.)+)(?=\s|$))\s*/sy;
  while (next.lastIndex < text.trimEnd().length) {
    const match = next.exec(text);
    if (match === null) throw new RdataError('has a broken quote or escape');
    found.push({ raw: match[1] ?? match[2]!, quoted: match[1] !== undefined });
  }
  return found;
}

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
