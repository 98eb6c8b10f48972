import type { StreamEntry } from '../change.ts';

/** Text, or null where there is none; undefined: neither. */
export function textOrNull(answer: unknown): string | null | undefined {
  return typeof answer === 'string' || answer === null ? answer : undefined;
}

/** Texts; undefined: something else. */
export function texts(answer: unknown): string[] | undefined {
  return Array.isArray(answer) && answer.every((each) => typeof each === 'string') ? answer : undefined;
}

/** Texts, and nulls where there is none; undefined: something else. */
export function textsOrNulls(answer: unknown): (string | null)[] | undefined {
  const isSome = (each: unknown) => typeof each === 'string' || each === null;
  return Array.isArray(answer) && answer.every(isSome) ? answer : undefined;
}

/** One of these words; undefined: something else. */
export function oneOfWords<W extends string>(...words: readonly W[]): (answer: unknown) => W | undefined {
  return (answer) => words.find((word) => word === answer);
}

/** A whole number in decimal digits; undefined: something else. */
export function digits(answer: unknown): number | undefined {
  return typeof answer === 'string' && /^\d{1,15}$/.test(answer) ? Number(answer) : undefined;
}

/** Entries of one stream; undefined: something else. */
export function streamEntries(answer: unknown): StreamEntry[] | undefined {
  return Array.isArray(answer) && answer.every(isEntry) ? answer : undefined;
}

/** Entries of several streams, by their keys, as XREAD gives them; undefined: something else. */
export function streamsByKey(answer: unknown): Map<string, StreamEntry[]> | undefined {
  if (answer === null) return new Map();
  if (!Array.isArray(answer)) return undefined;
  const isStream = (each: unknown): each is [string, StreamEntry[]] =>
    Array.isArray(each) && typeof each[0] === 'string' && streamEntries(each[1]) !== undefined;
  return answer.every(isStream) ? new Map(answer) : undefined;
}

/** A cursor and a flat list of fields and values, as HSCAN gives them; undefined: something else. */
export function scanStep(answer: unknown): readonly [cursor: string, flat: readonly string[]] | undefined {
  if (!Array.isArray(answer) || typeof answer[0] !== 'string') return undefined;
  const flat = texts(answer[1]);
  return flat !== undefined && flat.length % 2 === 0 ? [answer[0], flat] : undefined;
}

function isEntry(each: unknown): each is StreamEntry {
  return Array.isArray(each) && typeof each[0] === 'string' && texts(each[1]) !== undefined;
}

/** A flat list as pairs. */
export function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.push([flat[at]!, flat[at + 1]!]);
  return pairs;
}
