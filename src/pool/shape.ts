import { NameError, parseName } from '../dns/name.ts';

/** A fault of a value: the place in it, such as `endpoints[2].weight`, and the broken rule. */
export interface Flaw {
  /** Empty: the value as a whole. */
  readonly field: string;
  /** Completes a sentence that begins with the field. */
  readonly rule: string;
}

/** Checks a value of any origin. Returns its first fault, or undefined. Never throws. */
export type Shape = (value: unknown) => Flaw | undefined;

/** Levels of lists and objects in a part of a record that this version does not know. */
export const UNKNOWN_DEPTH_MAX = 16;
/** Members of a list, and of an object whose members have no names of their own. */
export const MEMBERS_MAX = 100_000;

const here = (rule: string): Flaw => ({ field: '', rule });
const TEXT = here('must be text');
const BOOLEAN = here('must be true or false');
const NUMBER = here('must be a number');
const OBJECT = here('must be an object');
const LIST = here('must be a list');
const MANY = here(`must not have more than ${MEMBERS_MAX} members`);
const DEEP = here(`must not be nested deeper than ${UNKNOWN_DEPTH_MAX} levels`);

/** Text. */
export const text: Shape = (value) => (typeof value === 'string' ? undefined : TEXT);

/** true or false. */
export const boolean: Shape = (value) => (typeof value === 'boolean' ? undefined : BOOLEAN);

/** A number from `min` to `max`. */
export function numberFrom(min: number, max: number): Shape {
  const range = here(`must be from ${min} to ${max}`);
  return (value) => {
    if (typeof value !== 'number') return NUMBER;
    // NaN is in no range.
    return value >= min && value <= max ? undefined : range;
  };
}

/** A whole number from `min` to `max`. */
export function wholeFrom(min: number, max: number): Shape {
  const inRange = numberFrom(min, max);
  const whole = here('must be a whole number');
  return (value) => inRange(value) ?? (Number.isInteger(value) ? undefined : whole);
}

/** One of these values. */
export function oneOf(values: readonly (string | boolean | number)[]): Shape {
  const known = new Set<unknown>(values);
  const rule = here(`must be one of ${values.join(', ')}`);
  return (value) => (known.has(value) ? undefined : rule);
}

/** What may be null as well. */
export function orNull(shape: Shape): Shape {
  return (value) => (value === null ? undefined : shape(value));
}

/** A list whose members are all alike. */
export function listOf(member: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return LIST;
    if (value.length > MEMBERS_MAX) return MANY;
    for (let at = 0; at < value.length; at += 1) {
      const flaw = member(value[at]);
      if (flaw !== undefined) return within(`[${at}]`, flaw);
    }
    return undefined;
  };
}

/** An object whose members are all alike, whatever they are called. */
export function recordOf(member: Shape): Shape {
  return (value) => {
    if (!isObject(value)) return OBJECT;
    let count = 0;
    for (const key in value) {
      if (++count > MEMBERS_MAX) return MANY;
      const flaw = member(value[key]);
      if (flaw !== undefined) return within(key, flaw);
    }
    return undefined;
  };
}

/**
 * An object with these members, and with those that may be absent. Further ones are let through, since a later version
 * may have written them, but not deeper than UNKNOWN_DEPTH_MAX: code that copies them would run out of stack.
 */
export function objectOf(
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
): Shape {
  const names = Object.keys(required);
  const shapes = Object.values(required);
  const others = Object.keys(optional);
  const otherShapes = Object.values(optional);
  const known = new Set([...names, ...others]);
  return (value) => {
    if (!isObject(value)) return OBJECT;
    for (let at = 0; at < names.length; at += 1) {
      const flaw = shapes[at]!(value[names[at]!]);
      if (flaw !== undefined) return within(names[at]!, flaw);
    }
    for (let at = 0; at < others.length; at += 1) {
      const found = value[others[at]!];
      const flaw = found === undefined ? undefined : otherShapes[at]!(found);
      if (flaw !== undefined) return within(others[at]!, flaw);
    }
    for (const key in value) {
      const flaw = known.has(key) ? undefined : shallow(value[key]);
      if (flaw !== undefined) return within(key, flaw);
    }
    return undefined;
  };
}

/** An object whose shape depends on its text under `tag`. */
export function taggedBy(tag: string, shapes: Readonly<Record<string, Shape>>): Shape {
  const isTag = oneOf(Object.keys(shapes));
  const known = new Map(Object.entries(shapes));
  return (value) => {
    if (!isObject(value)) return OBJECT;
    const flaw = isTag(value[tag]);
    return flaw === undefined ? known.get(value[tag] as string)!(value) : within(tag, flaw);
  };
}

/** Anything that JSON can say, in no more than UNKNOWN_DEPTH_MAX levels. */
export const shallow: Shape = (value) => depthFlaw(value, UNKNOWN_DEPTH_MAX);

function depthFlaw(value: unknown, levels: number): Flaw | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return DEEP;
  for (const member of Object.values(value)) {
    const flaw = depthFlaw(member, levels - 1);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function within(name: string, { field, rule }: Flaw): Flaw {
  const joint = field === '' || field.startsWith('[') ? '' : '.';
  return { field: `${name}${joint}${field}`, rule };
}

/** Text that is a domain name. */
export const domainName: Shape = (value) => {
  const flaw = text(value);
  if (flaw !== undefined) return flaw;
  try {
    parseName(value as string);
    return undefined;
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    return here(`must be a domain name, and ${error.message}`);
  }
};
