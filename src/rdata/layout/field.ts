import { ipv4Octets, ipv6Octets } from '../../dns/address-octets.ts';
import { formatName, NameError, parseWrittenName, type WireName } from '../../dns/name.ts';
import { characterString, quoted, textForJson, unescaped, wordOfJson } from '../character-string.ts';
import { toPunycode } from '../punycode.ts';
import { RdataError } from '../rdata-error.ts';
import type { RdataReader } from '../rdata-reader.ts';
import { parseRelativeName } from '../relative-name.ts';
import { type Token, word } from '../token.ts';

/** What a field of rdata is: how it is read from words and octets, and written as words, octets and JSON. */
export interface FieldKind {
  /** Takes all words that are left, so many at least; absent: takes one word. */
  readonly rest?: { readonly wordsMin: 0 | 1 };
  /** Octets of the field from its words. `label` names it in errors. Throws RdataError. */
  readonly encode: (words: readonly Token[], label: string, origin: WireName | undefined) => Uint8Array;
  /** Reads the field, and formats it in presentation form. Throws RdataError. */
  readonly print: (rdata: RdataReader) => string;
  /** Reads the field, and returns its value in JSON. Throws RdataError. */
  readonly toJson: (rdata: RdataReader) => unknown;
  /** Words that mean the value in JSON. Throws RdataError. */
  readonly toWords: (value: unknown, label: string) => readonly Token[];
  /** The field is a name, which is compared without case (RFC 4343 §3). */
  readonly isName?: true;
  /** Octets of the field, where each has as many. */
  readonly octets?: number;
}

/** Reads a whole number from 0 to a maximum; undefined for any other text. */
export function wholeNumber(text: string, max: number): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= max ? Number(text) : undefined;
}

/** Writes an unsigned number in so many octets. */
export function numberOctets(value: number, octets: number): Uint8Array {
  const wire = new Uint8Array(octets);
  for (let at = octets - 1, left = value; at >= 0; at -= 1, left = Math.floor(left / 0x100))
    wire[at] = left & 0xff;
  return wire;
}

/** A label with its article, which flags have none of. */
export function named(label: string): string {
  if (label.endsWith('s')) return label;
  return `${/^[aeio]/.test(label) ? 'an' : 'a'} ${label}`;
}
const areNot = (label: string) => (label.endsWith('s') ? 'are not' : 'is not');

/** An unsigned number of 1, 2 or 4 octets; some numbers may have names (in upper case) in presentation form. */
export function unsigned(octets: 1 | 2 | 4, names: Readonly<Record<string, number>> = {}): FieldKind {
  const max = 0x100 ** octets - 1;
  return {
    octets,
    encode: ([token], label) => {
      const { raw, quoted } = token!;
      const name = raw.toUpperCase();
      const value = Object.hasOwn(names, name) ? names[name] : wholeNumber(raw, max);
      if (quoted || value === undefined) {
        const known =
          Object.keys(names).length === 0 ? '' : ` and not one of ${Object.keys(names).join(', ')}`;
        throw new RdataError(`has ${named(label)} that ${areNot(label)} 0 to ${max}${known}`);
      }
      return numberOctets(value, octets);
    },
    print: (rdata) => String(rdata.number(octets)),
    toJson: (rdata) => rdata.number(octets),
    toWords: (value, label) => [word(scalar(value, label))],
  };
}

const SECONDS_OF: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 };

/** A length of time in seconds, of 4 octets; `1h30m` in presentation form is as BIND reads it. */
export const seconds: FieldKind = {
  ...unsigned(4),
  encode: ([token], label) => {
    const { raw, quoted } = token!;
    const parts = [...raw.toLowerCase().matchAll(/(\d{1,10})([wdhms])/g)];
    const isSum = parts.length > 0 && parts.map(([part]) => part).join('') === raw.toLowerCase();
    const value = isSum
      ? parts.reduce((sum, [, count, unit]) => sum + Number(count) * SECONDS_OF[unit!]!, 0)
      : wholeNumber(raw, 0xffff_ffff);
    if (quoted || value === undefined || value > 0xffff_ffff)
      throw new RdataError(`has ${named(label)} that is not 0 to ${0xffff_ffff} seconds`);
    return numberOctets(value, 4);
  },
};

/** An IPv4 address (RFC 1035 §3.4.1). */
export const ipv4: FieldKind = {
  encode: ([token]) => addressOctets(token!, ipv4Octets, 'IPv4'),
  print: (rdata) => formatIpv4(rdata.take(4)),
  toJson: (rdata) => formatIpv4(rdata.take(4)),
  toWords: (value, label) => [word(text(value, label))],
};

/** An IPv6 address (RFC 3596 §2.2). */
export const ipv6: FieldKind = {
  encode: ([token]) => addressOctets(token!, ipv6Octets, 'IPv6'),
  print: (rdata) => formatIpv6(rdata.take(16)),
  toJson: (rdata) => formatIpv6(rdata.take(16)),
  toWords: (value, label) => [word(text(value, label))],
};

function addressOctets(
  { raw, quoted }: Token,
  read: (text: string) => Uint8Array | undefined,
  family: string,
): Uint8Array {
  const octets = quoted ? undefined : read(raw);
  if (octets === undefined) throw new RdataError(`is not an ${family} address`);
  return octets;
}

/** Formats the 4 octets of an IPv4 address. */
export function formatIpv4(octets: Uint8Array): string {
  return octets.join('.');
}

/** Formats the 16 octets of an IPv6 address (RFC 5952 §4): the longest run of zeros as `::`, the first of equal ones. */
export function formatIpv6(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((octets[2 * i]! << 8) | octets[2 * i + 1]!).toString(16),
  );
  if (/^0,0,0,0,0,ffff,/.test(groups.join())) return `::ffff:${formatIpv4(octets.subarray(12))}`;
  let [from, count] = [0, 1];
  for (let at = 0; at < 8; at += 1) {
    let end = at;
    while (groups[end] === '0') end += 1;
    if (end - at > count) [from, count] = [at, end - at];
  }
  if (count === 1) return groups.join(':');
  return `${groups.slice(0, from).join(':')}::${groups.slice(from + count).join(':')}`;
}

/** A name. It keeps its case (RFC 1035 §2.3.3); what is not ASCII is converted to Punycode. */
export const anyName: FieldKind = {
  isName: true,
  encode: ([token], label, origin) => nameOctets(token!, label, origin),
  print: (rdata) => formatName(rdata.name()),
  toJson: (rdata) => formatName(rdata.name()).replace(/(?<=.)\.$/, ''),
  toWords: (value, label) => [word(text(value, label))],
};

/** The name of a host or of another name, where people may write an address by mistake. */
export const target: FieldKind = {
  ...anyName,
  encode: ([token], label, origin) => {
    const address = token!.raw.replace(/\.$/, '');
    if (ipv4Octets(address) !== undefined || ipv6Octets(address) !== undefined)
      throw new RdataError(`has the IP address ${address} for its ${label}, which must be a name`);
    return nameOctets(token!, label, origin);
  },
};

function nameOctets({ raw, quoted }: Token, label: string, origin: WireName | undefined): Uint8Array {
  if (quoted) throw new RdataError(`has ${named(label)} in quotes; names have none`);
  if (raw === '@' && origin === undefined)
    throw new RdataError(`has "@" for its ${label}, which only zone files know; write the full name`);
  try {
    return origin === undefined ? parseWrittenName(toPunycode(raw)) : parseRelativeName(raw, origin);
  } catch (error) {
    if (error instanceof NameError) throw new RdataError(`has "${raw}" for a name, which ${error.message}`);
    throw error;
  }
}

/** One character-string (RFC 1035 §3.3) that matches a pattern, if there is one. */
export function shortText(allowed?: { readonly pattern: RegExp; readonly rule: string }): FieldKind {
  const checked = (octets: Uint8Array, label: string) => {
    if (allowed !== undefined && !allowed.pattern.test(Buffer.from(octets).toString('latin1')))
      throw new RdataError(`has ${named(label)} that ${areNot(label)} ${allowed.rule}`);
    return octets;
  };
  return {
    encode: ([token], label) => characterString(checked(unescaped(token!.raw), label)),
    print: (rdata) => quoted(checked(rdata.characterString(), 'text')),
    toJson: (rdata) => textForJson(rdata.characterString()),
    toWords: (value, label) => [wordOfJson(text(value, label))],
  };
}

/** A text to the end of the rdata, without a length. */
export function longText(octetsMin: 0 | 1): FieldKind {
  const checked = (octets: Uint8Array, label: string) => {
    if (octets.length < octetsMin) throw new RdataError(`has an empty ${label}`);
    return octets;
  };
  return {
    encode: ([token], label) => checked(unescaped(token!.raw), label),
    print: (rdata) => quoted(checked(rdata.rest(), 'text')),
    toJson: (rdata) => textForJson(rdata.rest()),
    toWords: (value, label) => [wordOfJson(text(value, label))],
  };
}

/** Character-strings to the end of the rdata, one at least (RFC 1035 §3.3.14). */
export const texts: FieldKind = {
  rest: { wordsMin: 1 },
  encode: (words) => Buffer.concat(words.map(({ raw }) => characterString(unescaped(raw)))),
  print: (rdata) => strings(rdata).map(quoted).join(' '),
  toJson: (rdata) => strings(rdata).map(textForJson),
  toWords: (value, label) => {
    if (!Array.isArray(value) || value.length === 0)
      throw new RdataError(`needs a list of texts as \`${label}\``);
    return value.map((each) => wordOfJson(text(each, label)));
  },
};

function strings(rdata: RdataReader): Uint8Array[] {
  const found = [rdata.characterString()];
  while (rdata.left > 0) found.push(rdata.characterString());
  return found;
}

/** A value of JSON that must be a text. Throws RdataError. */
export function text(value: unknown, label: string): string {
  if (typeof value !== 'string') throw new RdataError(`needs a text as \`${label}\``);
  return value;
}

/** A value of JSON that must be a number, or a text that may name one. Throws RdataError. */
export function scalar(value: unknown, label: string): string {
  if (typeof value !== 'number' && typeof value !== 'string')
    throw new RdataError(`needs a number as \`${label}\``);
  return String(value).trim();
}
