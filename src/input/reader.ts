import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';

/** The place of a value, and the list that collects its problems. */
export interface Place {
  readonly path: string;
  readonly problems: Problem[];
}

/** What a reader takes, for documentation. */
export type Shape =
  | { readonly kind: 'integer' | 'decimal'; readonly min: number; readonly max: number }
  | { readonly kind: 'flag' | 'text' }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'list'; readonly item: Shape; readonly min: number; readonly max: number }
  | { readonly kind: 'mapping'; readonly fields: Fields }
  | { readonly kind: 'entries'; readonly value: Shape; readonly max: number };

/** Converts a value to its meaning. Returns undefined, and reports a problem, when the value is wrong. */
export interface Reader<T> {
  (value: unknown, place: Place): T | undefined;
  /** Absent: a text. */
  readonly shape?: Shape;
}

/** Returns what a reader takes. */
export function shapeOf({ shape }: Reader<unknown>): Shape {
  return shape ?? { kind: 'text' };
}

/** Makes a reader that takes what another takes, and reads it in its own way. */
export function shapedAs<T>(other: Reader<unknown>, read: Reader<T>): Reader<T> {
  return shaped(shapeOf(other), read);
}

function shaped<T>(shape: Shape, read: Reader<T>): Reader<T> {
  return Object.assign((value: unknown, place: Place) => read(value, place), { shape });
}

/** An error of a text that breaks a rule. The message continues after the text itself: `is not an IP address`. */
export class TextError extends Error {
  override readonly name = 'TextError';
}

/** Characters of a wrong text that a problem shows. */
export const SHOWN_MAX = 80;

/** Reports a problem of the value at a place. */
export function report(place: Place, message: string): undefined {
  place.problems.push({ path: place.path, message });
}

/** Returns the place of a key in the mapping at a place; the path `''` is the whole document. */
export function keyIn(place: Place, key: string): Place {
  return { path: place.path === '' ? key : `${place.path}.${key}`, problems: place.problems };
}

/** Formats a text for a problem: quoted, escaped, cut at SHOWN_MAX. */
export function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}

/** Reads a whole number from min to max. */
export function integer(min: number, max: number): Reader<number> {
  return shaped({ kind: 'integer', min, max }, (value, place) => {
    if (typeof value !== 'number') return report(place, mustBe('a whole number', value));
    if (!Number.isInteger(value) || value < min || value > max)
      return report(place, `is ${value}; must be a whole number from ${min} to ${max}`);
    return value;
  });
}

/** Reads a number from min to max. */
export function decimal(min: number, max: number): Reader<number> {
  return shaped({ kind: 'decimal', min, max }, (value, place) => {
    if (typeof value !== 'number') return report(place, mustBe('a number', value));
    if (!(value >= min && value <= max))
      return report(place, `is ${value}; must be a number from ${min} to ${max}`);
    return value;
  });
}

/** Reads true or false. */
export const flag: Reader<boolean> = shaped({ kind: 'flag' }, (value, place) =>
  typeof value === 'boolean' ? value : report(place, mustBe('true or false', value)),
);

/** Reads a text that `parse` accepts. A TextError of `parse` is reported after the text. */
export function text<T>(parse: (text: string) => T): Reader<T> {
  return textShown(parse, (found) => `${shown(found)} `);
}

/** As `text`, for a secret, which a problem must not show. */
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

/** Reads any value as it is; its meaning depends on other keys, and is read after them. */
export const later: Reader<unknown> = (value) => value;

/** Reads one of a few words. */
export function oneOf<const W extends string>(words: readonly W[]): Reader<W> {
  const read = text((found) => {
    const word = words.find((each) => each === found);
    if (word === undefined) throw new TextError(`is not one of ${words.join(', ')}${nearest(found, words)}`);
    return word;
  });
  return shaped({ kind: 'word', words }, read);
}

/** Reads a list of min to max items; wrong items are reported and left out. */
export function list<T>(item: Reader<T>, min: number, max: number): Reader<T[]> {
  return shaped({ kind: 'list', item: shapeOf(item), min, max }, (value, place) => {
    if (!Array.isArray(value)) return report(place, mustBe('a list', value));
    if (value.length < min || value.length > max)
      return report(place, `has ${value.length} items; must have ${min} to ${max}`);
    return value.flatMap((each, index) => {
      const read = item(each, { path: `${place.path}[${index}]`, problems: place.problems });
      return read === undefined ? [] : [read];
    });
  });
}

/** A key of a mapping. `Given`: without problems it has a value, since it is required or has a default. */
export interface Field<T, Given extends boolean = boolean> {
  readonly read: Reader<T>;
  /** The default. */
  readonly fallback?: T;
  readonly required: boolean;
  readonly isGiven: Given;
}
/** The keys of a mapping. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** Makes a required key. */
export function required<T>(read: Reader<T>): Field<T, true> {
  return { read, required: true, isGiven: true };
}

/** Makes an optional key without a default. */
export function optional<T>(read: Reader<T>): Field<T, false>;
/** Makes an optional key with its default. */
export function optional<T>(read: Reader<T>, fallback: T): Field<T, true>;
/** Makes an optional key with its default, if any. */
export function optional<T>(read: Reader<T>, fallback?: T): Field<T> {
  const field = { read, required: false, isGiven: fallback !== undefined };
  return fallback === undefined ? field : { ...field, fallback };
}

/** Ties the type of a mapping to its fields. No object has it. */
declare const FIELDS: unique symbol;

/** The values of a mapping with these fields; undefined where a key is absent without a default, or is wrong. */
export type Mapping<F extends Fields> = {
  readonly [K in keyof F]: (F[K] extends Field<infer T> ? T : never) | undefined;
} & { readonly [FIELDS]: F };

/** What was read without problems: keys that are required or have a default are there, in mappings inside it as well. */
export type Sound<T> = T extends { readonly [FIELDS]: infer F }
  ? {
      readonly [K in keyof F]: F[K] extends Field<infer V, infer Given>
        ? Given extends true
          ? Sound<V>
          : Sound<V> | undefined
        : never;
    }
  : T;

/** Returns what was read, if no problem was reported for it. `problems` are those that its reader reported. */
export function sound<T>(read: T, problems: readonly Problem[]): Sound<T> | undefined {
  return problems.length === 0 ? (read as Sound<T>) : undefined;
}

/** Reads a mapping with these keys and no others. It reads every key, also when another is wrong. */
export function mapping<F extends Fields>(fields: F): Reader<Mapping<F>> {
  return shaped({ kind: 'mapping', fields }, (value, place) => {
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
  });
}

/** Reads a mapping of at most `max` keys that people choose. Wrong keys and values are reported and left out. */
export function entries<K, V>(key: Reader<K>, read: Reader<V>, max: number): Reader<[key: K, value: V][]> {
  return shaped({ kind: 'entries', value: shapeOf(read), max }, (value, place) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return report(place, mustBe('a mapping', value));
    const all = Object.entries(value);
    if (all.length > max) return report(place, `has ${all.length} keys; ${max} at most`);
    return all.flatMap(([name, each]) => {
      const at = keyIn(place, name);
      const [readKey, readValue] = [key(name, at), read(each, at)];
      return readKey === undefined || readValue === undefined ? [] : [[readKey, readValue]];
    });
  });
}

/** Makes an optional key with a mapping, whose default is an empty mapping. None of the mapping's keys may be required. */
export function section<F extends Fields>(fields: F): Field<Mapping<F>, true> {
  const read = mapping(fields);
  const empty = read({}, { path: '', problems: [] });
  return { read, required: false, isGiven: true, ...(empty && { fallback: empty }) };
}

function mustBe(wanted: string, found: unknown): string {
  if (found === null) return `is empty; leave the key out or give it ${wanted}`;
  if (Array.isArray(found)) return `must be ${wanted}, not a list`;
  if (typeof found === 'object') return `must be ${wanted}, not a mapping`;
  const hint = wanted === 'a string' ? '; put it in quotes' : '';
  return `must be ${wanted}, not ${typeof found === 'string' ? shown(found) : String(found)}${hint}`;
}
