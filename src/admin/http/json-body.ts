import { parseDocument } from 'yaml';
import { createPieces } from '../../pace/next-turn.ts';
import { apiError } from './errors.ts';
import { type JsonBounds, type Outline, outlineOf, PIECE_OCTETS, VALUE_OCTETS_MAX } from './json-outline.ts';
import { invalid, memberPointer } from './problem.ts';

/** Objects and arrays inside one another in a body. */
export const DEPTH_MAX = 16;
/** Values in a body: every number, string, object and so on counts one. */
export const VALUES_MAX = 50_000;
/** Octets of a text in which the place of a member that is there twice is looked for. */
const TWICE_OCTETS_MAX = 8 * 1_024;
/** Values between two looks at the clock. */
const VALUES_PIECE = 1_000;

/**
 * Parses a request body: JSON in UTF-8, whatever the content type; undefined when the body is empty. Its depth and number of values
 * are checked before, and a large one is parsed in pieces, so that it delays nothing else. Throws ApiError for anything else, for
 * members named `__proto__`, which are unsafe in an object, and for a member that is there twice.
 */
export async function parseJsonBody(
  octets: Uint8Array,
  valuesMax: number = VALUES_MAX,
  depthMax: number = DEPTH_MAX,
): Promise<unknown> {
  if (octets.length === 0) return undefined;
  const { outline, end, values } = await outlineOf(octets, { depthMax, valuesMax });
  const value = outline === undefined ? parsed(octets, 0, end) : await joined(octets, outline, end);
  const kept = await refuseExcess(value, { depthMax, valuesMax });
  // RFC 8259 §4: names should be unique. Of equal ones the last would count, without a word.
  if (kept !== values)
    throw apiError('badJson', { why: `an object has a member twice${placeOfTwice(octets)}` });
  return value;
}

/** Where the first member is that an object has twice, for a message; empty for a text too long to look through at once. */
function placeOfTwice(octets: Uint8Array): string {
  if (octets.length > TWICE_OCTETS_MAX) return '';
  const { errors } = parseDocument(new TextDecoder().decode(octets), { schema: 'json' });
  const [place] = errors.find(({ code }) => code === 'DUPLICATE_KEY')?.linePos ?? [];
  return place === undefined ? '' : `, at line ${place.line}, column ${place.col}`;
}

/** A text that is parsed at once. */
function parsed(octets: Uint8Array, from: number, to: number, around = ['', '']): unknown {
  if (to - from > VALUE_OCTETS_MAX)
    throw apiError('badJson', { why: `a value of more than ${VALUE_OCTETS_MAX} octets` });
  try {
    // A mark of the order of octets (U+FEFF) is one at the very beginning alone.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: from > 0 });
    return JSON.parse(`${around[0]}${decoder.decode(octets.subarray(from, to))}${around[1]}`);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    const where = from === 0 ? '' : `, in what begins at octet ${from}`;
    throw apiError('badJson', { why: `${error.message}${where}` });
  }
}

/** The whole of a text that has this outline. */
async function joined(octets: Uint8Array, outline: Outline, end: number): Promise<unknown> {
  const before = parsed(octets, 0, outline.start, ['', '0']);
  const after = parsed(octets, outline.end + 1, end, ['0', '']);
  if (before !== 0 || after !== 0) throw apiError('badJson', { why: 'there is more than one value' });
  return container(octets, outline);
}

/** An object or array from its members, as many at once as PIECE_OCTETS hold. */
async function container(octets: Uint8Array, outline: Outline): Promise<unknown> {
  const { isArray, start, end, cuts, large } = outline;
  const list: unknown[] = [];
  const isLong = createPieces();
  const members: Record<string, unknown> = {};
  const startOf = (at: number) => (at === 0 ? start : cuts[at - 1]!) + 1;
  const inner = [...large.values()];

  function take(from: number, to: number): void {
    const part = parsed(octets, from, to, isArray ? ['[', ']'] : ['{', '}']) as unknown[] | object;
    if (cuts.length > 0 && Object.keys(part).length === 0)
      throw apiError('badJson', { why: `a member is missing at octet ${from}` });
    if (Array.isArray(part)) for (const each of part) list.push(each);
    else for (const [key, value] of Object.entries(part)) put(key, value);
  }
  function put(key: string, value: unknown): void {
    if (key === '__proto__') throw invalid([{ pointer: '/__proto__', rule: 'is not a known field' }]);
    members[key] = value;
  }
  /** A member that is itself parsed in pieces. */
  async function takeLarge(from: number, to: number, value: Outline): Promise<void> {
    const head = parsed(octets, from, value.start, isArray ? ['[', '0]'] : ['{', '0}']) as object;
    const tail = parsed(octets, value.end + 1, to, ['[0', ']']) as unknown[];
    const [key, another] = Object.keys(head);
    if (key === undefined || another !== undefined || tail.length !== 1)
      throw apiError('badJson', { why: `a comma is missing before octet ${value.start}` });
    const made = await container(octets, value);
    if (isArray) list.push(made);
    else put(key, made);
  }

  let first = 0;
  for (let at = 0; at <= cuts.length; at += 1) {
    const to = cuts[at] ?? end;
    const isLarge = inner[0] !== undefined && inner[0].start < to;
    const isFull = to - startOf(first) > PIECE_OCTETS;
    if ((isLarge || isFull) && first < at) {
      take(startOf(first), cuts[at - 1]!);
      first = at;
      const rest = isLong();
      if (rest) await rest;
    }
    if (!isLarge) continue;
    await takeLarge(startOf(at), to, inner.shift()!);
    first = at + 1;
  }
  if (first <= cuts.length) take(startOf(first), end);
  return isArray ? list : members;
}

/** An object or array, its place, and how far it was looked at. */
interface Place {
  readonly value: object;
  /** Absent: it is an array. */
  readonly keys: readonly string[] | undefined;
  readonly key: string | number;
  readonly within: Place | undefined;
  next: number;
}

/** Counts the values of a body, in pieces. Throws ApiError for one over the bounds, and for members named `__proto__`. */
async function refuseExcess(body: unknown, { depthMax, valuesMax }: JsonBounds): Promise<number> {
  let values = 1;
  const isLong = createPieces();
  let place = placeOf(body, '', undefined);
  for (let depth = 1; place !== undefined; ) {
    if (depth > depthMax)
      throw invalid([{ pointer: pointerTo(place), rule: `is nested deeper than ${depthMax}` }]);
    const { value, keys, next } = place;
    const count = keys === undefined ? (value as unknown[]).length : keys.length;
    if (next === count) {
      place = place.within;
      depth -= 1;
      continue;
    }
    place.next += 1;
    values += 1;
    if (values > valuesMax) throw invalid([{ pointer: '', rule: `holds more than ${valuesMax} values` }]);
    const rest = values % VALUES_PIECE === 0 ? isLong() : undefined;
    if (rest) await rest;
    const key: string | number = keys === undefined ? next : keys[next]!;
    const inner: Place | undefined = placeOf((value as Record<string, unknown>)[key], key, place);
    if (key === '__proto__')
      throw invalid([{ pointer: memberPointer(pointerTo(place), key), rule: 'is not a known field' }]);
    if (inner === undefined) continue;
    place = inner;
    depth += 1;
  }
  return values;
}

function placeOf(value: unknown, key: string | number, within: Place | undefined): Place | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const keys = Array.isArray(value) ? undefined : Object.keys(value);
  return { value, keys, key, within, next: 0 };
}

function pointerTo({ key, within }: Place): string {
  return within === undefined ? '' : memberPointer(pointerTo(within), key);
}
