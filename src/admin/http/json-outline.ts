import { createPieces } from '../../pace/next-turn.ts';
import { apiError } from './errors.ts';
import { invalid } from './problem.ts';

/** Octets that are scanned or parsed in one turn of the event loop, in a few milliseconds. */
export const PIECE_OCTETS = 128 * 1_024;

/** Octets of a number or a text. */
export const VALUE_OCTETS_MAX = 1_024 * 1_024;

/** Escaped quotes of one text between two looks at the clock. */
const QUOTES_PIECE = 4_096;

/** Members of one object, of which no schema has as many. */
export const MEMBERS_MAX = 1_000;

/** How much there may be in a text of JSON. */
export interface JsonBounds {
  /** Objects and arrays inside one another. */
  readonly depthMax: number;
  /** Every number, text, object and so on counts one. */
  readonly valuesMax: number;
}

/** An object or array of more than PIECE_OCTETS: where it can be cut. Offsets in octets. */
export interface Outline {
  readonly isArray: boolean;
  /** Of its brackets; `end` is that of the closing one. */
  readonly start: number;
  readonly end: number;
  /** Of the commas between its members. */
  readonly cuts: readonly number[];
  /** Of its members those that have an outline themselves, by their start. */
  readonly large: ReadonlyMap<number, Outline>;
}

/** The result of outlineOf. */
export interface Outlined {
  /** Of the outermost object or array; absent where it is small, or there is none. */
  readonly outline: Outline | undefined;
  /** Where only white space follows. */
  readonly end: number;
  /** As JsonBounds count them, each member that is there twice included. */
  readonly values: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = { ARRAY: 0x5b, OBJECT: 0x7b } as const;
const CLOSE = { ARRAY: 0x5d, OBJECT: 0x7d } as const;

interface OpenContainer {
  readonly isArray: boolean;
  readonly start: number;
  readonly cuts: number[];
  readonly large: Map<number, Outline>;
}

/**
 * Scans the brackets and commas of a JSON text, in pieces, and refuses one that is nested too deeply or has too many values before
 * any of it is parsed. The parser finds other problems. Throws ApiError.
 */
export async function outlineOf(octets: Uint8Array, bounds: JsonBounds): Promise<Outlined> {
  const open: OpenContainer[] = [];
  const isLong = createPieces();
  let outermost: Outline | undefined;
  let values = 1;
  let last = 0;
  let end = 0;
  let turnAt = PIECE_OCTETS;
  for (let at = 0; at < octets.length; at += 1) {
    if (at >= turnAt) {
      turnAt = at + PIECE_OCTETS;
      const rest = isLong();
      if (rest) await rest;
    }
    const octet = octets[at]!;
    switch (octet) {
      case QUOTE:
        {
          const start = at;
          let found = endOfText(octets, start, start + 1);
          while (found < 0) {
            const rest = isLong();
            if (rest) await rest;
            found = endOfText(octets, start, -found);
          }
          at = found;
        }
        break;
      case COMMA:
        values += 1;
        open.at(-1)?.cuts.push(at);
        if (isCrowded(open.at(-1)))
          throw invalid([{ pointer: '', rule: `has an object of more than ${MEMBERS_MAX} members` }]);
        break;
      case OPEN.ARRAY:
      case OPEN.OBJECT:
        if (open.length === bounds.depthMax)
          throw invalid([{ pointer: '', rule: `is nested deeper than ${bounds.depthMax}` }]);
        open.push({ isArray: octet === OPEN.ARRAY, start: at, cuts: [], large: new Map() });
        values += 1;
        break;
      case CLOSE.ARRAY:
      case CLOSE.OBJECT: {
        const closed = open.pop();
        if (closed === undefined || closed.isArray !== (octet === CLOSE.ARRAY))
          throw apiError('badJson', { why: `a bracket at octet ${at} closes nothing` });
        // An empty one has no member, though it was counted.
        if (last === OPEN.ARRAY || last === OPEN.OBJECT) values -= 1;
        if (at - closed.start <= PIECE_OCTETS) break;
        const outline = { ...closed, end: at };
        if (open.length === 0) outermost ??= outline;
        else open.at(-1)!.large.set(closed.start, outline);
      }
    }
    if (octet <= 0x20) continue;
    // An object or array that was just opened may be empty.
    const isOpening = octet === OPEN.ARRAY || octet === OPEN.OBJECT;
    if (values > bounds.valuesMax && !isOpening)
      throw invalid([{ pointer: '', rule: `holds more than ${bounds.valuesMax} values` }]);
    last = octet;
    end = at + 1;
  }
  if (open.length > 0 && octets.length > PIECE_OCTETS)
    throw apiError('badJson', { why: 'it ends within an object or an array' });
  return { outline: outermost, end: Math.min(end, octets.length), values };
}

function isCrowded(container: OpenContainer | undefined): boolean {
  return container !== undefined && !container.isArray && container.cuts.length >= MEMBERS_MAX;
}

/**
 * Returns where the closing quote is of a text that begins at `start` and was scanned up to `from`, or the end of all where there is
 * none; after QUOTES_PIECE escaped quotes where to go on, negated. Throws ApiError for a text of more than VALUE_OCTETS_MAX.
 */
function endOfText(octets: Uint8Array, start: number, from: number): number {
  let at = from;
  for (let quotes = 0; quotes < QUOTES_PIECE; quotes += 1) {
    const quote = octets.indexOf(QUOTE, at);
    const end = quote === -1 ? octets.length : quote;
    if (end - start > VALUE_OCTETS_MAX + 1)
      throw apiError('badJson', { why: `a value of more than ${VALUE_OCTETS_MAX} octets` });
    if (quote === -1) return octets.length;
    let backslashes = 0;
    while (octets[quote - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    at = quote + 1;
  }
  return -at;
}
