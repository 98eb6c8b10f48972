import type { Token } from '../rdata/token.ts';

/** Characters of one entry of a zone file: enough for 65,535 octets of rdata, each written as `\DDD`. */
export const ENTRY_CHARACTERS_MAX = 512 * 1024;

/** A word of a zone file, and where it begins in the text. */
export type PlacedToken = Token & { readonly at: number };

/** A line of a zone file, or several that parentheses join (RFC 1035 §5.1). */
export interface Entry {
  /** Where it begins in the text. */
  readonly start: number;
  /** The line on which it begins, from 1. */
  readonly line: number;
  /** It begins with a blank, so its owner is the one before. */
  readonly isOwnerOmitted: boolean;
  /** None: the line is empty or has only a comment. */
  readonly tokens: readonly PlacedToken[];
  /** Comment at the end of its last line, without the semicolon and blanks around it. */
  readonly comment?: string;
  /** What is wrong with it, and where; it has no tokens then. */
  readonly problem?: { readonly at: number; readonly message: string };
}

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;

/**
 * Creates a function that returns the next entry of a text, and undefined at its end. Lines end in LF or CRLF. A broken line
 * becomes an entry with a problem, and reading goes on after it; after a parenthesis that nothing closes it ends.
 */
export function createEntryReader(text: string): () => Entry | undefined {
  let at = 0;
  let line = 1;
  return () => {
    if (at >= text.length) return undefined;
    const entry = readEntry(text, at, line);
    at = entry.end;
    line += entry.lines;
    return entry;
  };
}

/** The place of a character in a text, as `line:column`, both from 1. */
export function placeIn(text: string, { start, line }: Entry, at: number): string {
  let lineStart = start;
  let here = line;
  for (let next = text.indexOf('\n', start); next !== -1 && next < at; next = text.indexOf('\n', next + 1)) {
    lineStart = next + 1;
    here += 1;
  }
  return `${here}:${at - lineStart + 1}`;
}

/** An entry, the position after it, and the number of line ends in it. */
type ReadEntry = Entry & { readonly end: number; readonly lines: number };

function readEntry(text: string, start: number, line: number): ReadEntry {
  const first = text.charCodeAt(start);
  const isOwnerOmitted = first === SPACE || first === TAB;
  const tokens: PlacedToken[] = [];
  let comment: string | undefined;
  /** Number of open parentheses, and where the first of them is. */
  let open = 0;
  let openedAt = 0;
  let isGlued = false;
  let at = start;
  let lines = 0;
  const fail = (where: number, message: string): ReadEntry => {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline + 1;
    const problem = { at: where, message };
    return { start, line, isOwnerOmitted, tokens: [], problem, end, lines: lines + 1 };
  };
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE) {
      at += 1;
      lines += 1;
      if (open === 0) break;
      comment = undefined;
      isGlued = false;
    } else if (code === SPACE || code === TAB || code === RETURN) {
      at += 1;
      isGlued = false;
    } else if (code === SEMICOLON) {
      const newline = text.indexOf('\n', at);
      const end = newline === -1 ? text.length : newline;
      comment = trimmed(text, at + 1, end);
      at = end;
    } else if (code === OPEN) {
      if (open === 0) openedAt = at;
      open += 1;
      at += 1;
      isGlued = false;
    } else if (code === CLOSE) {
      if (open === 0) return fail(at, 'closes a parenthesis that is not open');
      open -= 1;
      at += 1;
      isGlued = false;
    } else {
      const limit = Math.min(text.length, start + ENTRY_CHARACTERS_MAX + 1);
      const end = code === QUOTE ? endOfQuoted(text, at, limit) : endOfWord(text, at, limit);
      if (end === undefined)
        return fail(at, code === QUOTE ? 'opens a quote that does not end on its line' : BROKEN_ESCAPE);
      const quoted = code === QUOTE;
      tokens.push({ raw: quoted ? text.slice(at + 1, end - 1) : text.slice(at, end), quoted, isGlued, at });
      at = end;
      isGlued = true;
    }
    if (at - start > ENTRY_CHARACTERS_MAX) {
      const message = `begins an entry of more than ${ENTRY_CHARACTERS_MAX} characters`;
      return { ...fail(start, message), ...(open > 0 && { end: text.length }) };
    }
  }
  if (open > 0) return { ...fail(openedAt, 'opens a parenthesis that is never closed'), end: text.length };
  return { start, line, isOwnerOmitted, tokens, ...(comment && { comment }), end: at, lines };
}

const BROKEN_ESCAPE = 'has a backslash at the end of its line';

/** The part of a text without spaces, tabs and returns around it. */
function trimmed(text: string, from: number, to: number): string {
  const isBlank = (at: number) => {
    const code = text.charCodeAt(at);
    return code === SPACE || code === TAB || code === RETURN;
  };
  let [start, end] = [from, to];
  while (start < end && isBlank(start)) start += 1;
  while (end > start && isBlank(end - 1)) end -= 1;
  return text.slice(start, end);
}

/** The position after the quote that ends a string, or `limit` where that comes first; undefined: its line ends before. */
function endOfQuoted(text: string, start: number, limit: number): number | undefined {
  for (let at = start + 1; at < limit; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 1;
    // An escape escapes no end of a line.
    if (text.charCodeAt(at) === NEWLINE) return undefined;
  }
  return limit < text.length ? limit : undefined;
}

/** The position after a word, or `limit` where that comes first; undefined: it ends in a backslash. */
function endOfWord(text: string, start: number, limit: number): number | undefined {
  for (let at = start; at < limit; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) {
      at += 1;
      const next = text.charCodeAt(at);
      if (at >= text.length || next === NEWLINE || next === RETURN) return undefined;
    } else if (
      code === SPACE ||
      code === TAB ||
      code === NEWLINE ||
      code === RETURN ||
      code === QUOTE ||
      code === SEMICOLON ||
      code === OPEN ||
      code === CLOSE
    )
      return at;
  }
  return limit;
}
