import { RdataError } from './rdata-error.ts';

/** A word of a record in presentation form (RFC 1035 §5.1). */
export interface Token {
  /** Escapes not yet undone; without the quotes. */
  readonly raw: string;
  readonly quoted: boolean;
  /** No space separates it from the token before it: the quoted one in `alpn="h2"`. */
  readonly isGlued: boolean;
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;

/** Which characters a text gives a meaning of their own. */
export interface Grammar {
  /** Parentheses group words and a semicolon starts a comment, as in zone files; otherwise they are characters like others. */
  readonly hasComments: boolean;
  /** Refuses a semicolon right after a word without quotes: in a single value it is nearly always meant. */
  readonly isStrict: boolean;
}

const ZONE_FILE: Grammar = { hasComments: true, isStrict: false };

/**
 * Splits presentation form into words at spaces and quotes. By default as zone files are read: parentheses and comments are
 * left out. Throws RdataError.
 */
export function tokenize(text: string, { hasComments, isStrict }: Grammar = ZONE_FILE): Token[] {
  const found: Token[] = [];
  let depth = 0;
  let isGlued = false;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) {
      isGlued = false;
      at += 1;
    } else if (code === QUOTE) {
      const end = closingQuote(text, at + 1);
      found.push({ raw: text.slice(at + 1, end), quoted: true, isGlued });
      isGlued = true;
      at = end + 1;
    } else if (hasComments && code === SEMICOLON) {
      if (isStrict && isGlued && !found.at(-1)!.quoted)
        throw new RdataError(
          'has a ";" outside of quotes, where a comment would start; put the text in quotes',
        );
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end;
    } else if (hasComments && (code === OPEN || code === CLOSE)) {
      depth += code === OPEN ? 1 : -1;
      if (depth < 0) break;
      isGlued = false;
      at += 1;
    } else {
      const end = wordEnd(text, at, hasComments);
      found.push({ raw: text.slice(at, end), quoted: false, isGlued });
      isGlued = true;
      at = end;
    }
  }
  if (depth !== 0) throw new RdataError('has a parenthesis without its other');
  return found;
}

/** Makes a token of its own from a text without quotes. */
export const word = (raw: string): Token => ({ raw, quoted: false, isGlued: false });

/** Makes a token of its own from the inside of quotes. */
export const quotedWord = (raw: string): Token => ({ raw, quoted: true, isGlued: false });

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
    else if (code === NEWLINE) break;
  }
  throw new RdataError('has a quote without its other on the line');
}

function wordEnd(text: string, from: number, hasComments: boolean): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isSpace(code) || code === QUOTE) return at;
    if (hasComments && (code === SEMICOLON || code === OPEN || code === CLOSE)) return at;
    if (code !== BACKSLASH) continue;
    at += 1;
    if (at === text.length) throw new RdataError('has a broken escape');
  }
  return at;
}
