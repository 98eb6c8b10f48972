import { CHARACTER_STRING_OCTETS_MAX, RdataError } from './rdata-error.ts';
import { quotedWord, type Token, tokenize } from './token.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Undoes the escapes `\.` and `\DDD` of a text (RFC 1035 §5.1); what stands for itself is UTF-8. Throws RdataError. */
export function unescaped(raw: string): Uint8Array {
  if (!raw.includes('\\')) return Buffer.from(raw);
  const parts: Buffer[] = [];
  for (const [part, ddd, char] of raw.matchAll(/[^\\]+|\\(?:(\d{3})|(\D))|\\/gu)) {
    const octet = ddd === undefined ? undefined : Number(ddd);
    if (part === '\\' || (octet ?? 0) > 0xff) throw new RdataError('has a broken escape');
    parts.push(octet === undefined ? Buffer.from(char ?? part) : Buffer.of(octet));
  }
  return Buffer.concat(parts);
}

/** Escapes octets for the inside of quotes: quotes and backslashes, and all octets that are not printable ASCII. */
export function escaped(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) {
    if (octet === QUOTE || octet === BACKSLASH) text += `\\${String.fromCharCode(octet)}`;
    else if (octet >= 0x20 && octet < 0x7f) text += String.fromCharCode(octet);
    else text += `\\${String(octet).padStart(3, '0')}`;
  }
  return text;
}

/** Formats octets as a quoted text. */
export function quoted(octets: Uint8Array): string {
  return `"${escaped(octets)}"`;
}

/** Encodes a character-string: a length octet and the octets of the text (RFC 1035 §3.3). Throws RdataError. */
export function characterString(octets: Uint8Array): Uint8Array {
  const { length } = octets;
  if (length > CHARACTER_STRING_OCTETS_MAX)
    throw new RdataError(
      `has a character-string of ${length} octets; ${CHARACTER_STRING_OCTETS_MAX} at most`,
    );
  const wire = new Uint8Array(1 + length);
  wire[0] = length;
  wire.set(octets, 1);
  return wire;
}

/** Cuts octets into pieces that each fit a character-string; one piece at least. */
export function* pieces(octets: Uint8Array): Generator<Uint8Array> {
  let at = 0;
  do {
    yield octets.subarray(at, at + CHARACTER_STRING_OCTETS_MAX);
    at += CHARACTER_STRING_OCTETS_MAX;
  } while (at < octets.length);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of octets for JSON: UTF-8 as it is. Octets that are no UTF-8, and a text that is in quotes itself, come in
 * quotes and with escapes, as jsonText() reads them.
 */
export function textForJson(octets: Uint8Array): string {
  let text: string;
  try {
    text = utf8.decode(octets);
  } catch {
    return quoted(octets);
  }
  return isInQuotes(text) ? quoted(octets) : text;
}

/** The word of a text of JSON: as it is, or in presentation form where it is in quotes. Throws RdataError. */
export function wordOfJson(text: string): Token {
  if (isInQuotes(text)) {
    const [first, second] = tokenize(text, { hasComments: false, isStrict: false });
    if (first !== undefined && second === undefined) return first;
  }
  return quotedWord(text.replaceAll(/["\\]/g, '\\$&'));
}

function isInQuotes(text: string): boolean {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"');
}
