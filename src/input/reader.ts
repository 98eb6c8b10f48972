import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';

/** Where a value stands, and where problems with it go. */
export interface Place {
  readonly path: string;
  readonly problems: Problem[];
}

/** Turns what was found at a place into what it means. Undefined: it means nothing, and a problem was reported. */
export type Reader<T> = (value: unknown, place: Place) => T | undefined;

/** Text that breaks a rule; the message goes on after the text itself: `is not an IP address`. */
export class TextError extends Error {
  override readonly name = 'TextError';
}

/** Characters of a wrong text that a problem repeats. */
export const SHOWN_MAX = 80;

/** Reports a problem with the value at a place. */
export function report(place: Place, message: string): undefined {
  place.problems.push({ path: place.path, message });
}

/** The place of a key in the mapping at a place; `''` is the whole document. */
export function keyIn(place: Place, key: string): Place {
  return { path: place.path === '' ? key : `${place.path}.${key}`, problems: place.problems };
}

/** A text as problems show it: quoted, escaped, cut at SHOWN_MAX. */
export function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}

/** A whole number from min to max. */
export function integer(min: number, max: number): Reader<number> {
  return (value, place) => {
    if (typeof value !== 'number') return report(place, mustBe('a whole number', value));
    if (!Number.isInteger(value) || value < min || value > max)
      return report(place, `is ${value}; must be a whole number from ${min} to ${max}`);
    return value;
  };
}

/** true or false. */
export const flag: Reader<boolean> = (value, place) =>
  typeof value === 'boolean' ? value : report(place, mustBe('true or false', value));

/** A text that `parse` accepts; what `parse` throws, when it is a TextError, is reported after the text. */
export function text<T>(parse: (text: string) => T): Reader<T> {
  return textShown(parse, (found) => `${shown(found)} `);
}

/** As `text`, for what must not be repeated in a problem. */
export function secretText<T>(parse: (text: string) => T): Reader<T> {
  return textShown(parse, () => '');
}

function textShown<T>(parse: (text: string) => T, show: (text: string) => string): Reader<T> {
  return (value, place) => {
    if (typeof value !== 'string') return report(place, mustBe('a string', value));
    try {
      return parse(value);
    } catch (error) {
      if (error instanceof TextError) return report(place, `${show(value)}${error.message}`);
      throw error;
    }
  };
}

/** Any value as it is, to be read once what its meaning depends on is known. */
export const later: Reader<unknown> = (value) => value;

/** One of a few words. */
export function oneOf<const W extends string>(words: readonly W[]): Reader<W> {
  return text((found) => {
    const word = words.find((each) => each === found);
    if (word === undefined) throw new TextError(`is none of ${words.join(', ')}`);
    return word;
  });
}

/** A list of min to max items; items that mean nothing are left out. */
export function list<T>(item: Reader<T>, min: number, max: number): Reader<T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) return report(place, mustBe('a list', value));
    if (value.length < min || value.length > max)
      return report(place, `has ${value.length} items; must have ${min} to ${max}`);
    return value.flatMap((each, index) => {
      const read = item(each, { path: `${place.path}[${index}]`, problems: place.problems });
      return read === undefined ? [] : [read];
    });
  };
}

/** A key of a mapping. */
export interface Field<T> {
  readonly read: Reader<T>;
  /** What an absent key stands for; absent itself: undefined. */
  readonly fallback?: T;
  readonly required: boolean;
}

/** A key that must be there. */
export function required<T>(read: Reader<T>): Field<T> {
  return { read, required: true };
}

/** A key that may be absent, and what that stands for. */
export function optional<T>(read: Reader<T>, fallback?: T): Field<T> {
  return fallback === undefined ? { read, required: false } : { read, fallback, required: false };
}

/** What a mapping with these fields means: undefined where a key is absent without fallback or means nothing. */
export type Mapping<F> = { readonly [K in keyof F]: (F[K] extends Field<infer T> ? T : never) | undefined };

/** A mapping with these keys and no others. Every key is read whatever is wrong with the rest. */
export function mapping<F extends Record<string, Field<unknown>>>(fields: F): Reader<Mapping<F>> {
  return (value, place) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return report(place, mustBe('a mapping', value));
    for (const key of Object.keys(value))
      if (!Object.hasOwn(fields, key))
        report(keyIn(place, key), `is not a key here${nearest(key, Object.keys(fields))}`);
    const read = Object.entries(fields).map(([key, field]) => {
      const at = keyIn(place, key);
      if (Object.hasOwn(value, key)) return [key, field.read((value as Record<string, unknown>)[key], at)];
      return [key, field.required ? report(at, 'is missing') : field.fallback];
    });
    return Object.fromEntries(read) as Mapping<F>;
  };
}

/** A mapping that may be absent, which means the same as an empty one. None of its keys is required. */
export function section<F extends Record<string, Field<unknown>>>(fields: F): Field<Mapping<F>> {
  const read = mapping(fields);
  return optional(read, read({}, { path: '', problems: [] }));
}

function mustBe(wanted: string, found: unknown): string {
  if (found === null) return `is empty; leave the key out or give it ${wanted}`;
  if (Array.isArray(found)) return `must be ${wanted}, not a list`;
  if (typeof found === 'object') return `must be ${wanted}, not a mapping`;
  const hint = wanted === 'a string' ? '; put it in quotes' : '';
  return `must be ${wanted}, not ${typeof found === 'string' ? shown(found) : String(found)}${hint}`;
}
