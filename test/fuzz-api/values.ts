import type { Schema } from '../admin/openapi/described.ts';
import { oneOf, type Random } from '../fuzz/random.ts';

/** Identifiers and names of what is there, for requests to hit. */
export type Known = readonly string[];

const LONG = 5_000;
/** Levels of a value; what a schema has below them is left out. */
const DEPTH_MAX = 6;

/** Text that breaks what reads it carelessly. */
export const ODD_TEXT: readonly string[] = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\udfff\ud800',
  '\u202e\u200b',
  'é',
  'e\u0301',
  '🏳️‍🌈',
  'ﷺ'.repeat(50),
  '\r\nX-Injected: 1',
  '../../../../etc/passwd',
  '%00',
  '%2e%2e%2f',
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  '{{7*7}}',
  "' OR 1=1 --",
  '$ne',
  '*',
  '.',
  '-1',
  '0x10',
  '1e3',
  '00',
  'NaN',
  'true',
  'null',
  '[]',
  '127.0.0.1',
  '0.0.0.0',
  '::ffff:127.0.0.1',
  '2001:db8::/129',
  'f'.repeat(32),
  'F'.repeat(32),
  'a'.repeat(64),
  `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.`,
  'x'.repeat(LONG),
];

const ODD_NUMBERS = [
  0,
  -0,
  -1,
  1,
  0.1,
  1.5,
  1e-9,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  1e21,
  1e308,
  -1e308,
  5e-324,
];
const ODD_KEYS = [
  'constructor',
  'prototype',
  'toString',
  'length',
  '',
  '0',
  '-1',
  '\u0000',
  'a/b',
  '~',
  'x'.repeat(300),
];

/** Examples of texts that keep a format. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  'pool-name': ['web', 'WEB', 'a', '_x', 'x'.repeat(63)],
  text: ['', 'some text', 'line\nline'],
  label: ['a', 'ann', 'Ä'],
  'record-tag': ['x', 'team:web'],
  'endpoint-address': ['192.0.2.1', '2001:db8::1', 'a.example.org', '127.0.0.1'],
  'zone-name': ['made.example.net', 'example.org', 'example.com', 'com'],
  host: ['a.example.org', '[2001:db8::1]:80', '192.0.2.1:8080'],
  'field-value': ['x', 'a b'],
  'request-path': ['/', '/www.example.org/A', '/a?b=c'],
  'expected-codes': ['200', '2xx', '200,3xx', ''],
  mailboxes: ['', 'a@example.org, b@example.org'],
  'network-id': ['123e4567-e89b-42d3-a456-426614174000'],
  'token-name': ['ci', 'a.b-c_d'],
  'rfc3339-time': ['2026-01-01T00:00:00Z', '2099-12-31T23:59:59.123456789+14:00'],
  wait: ['0s', '1s'],
  'page-number': ['1', '2', '999999999'],
  offset: ['0', '1', '999999999'],
  'page-size': ['1', '5', '1000'],
};

/** A value of any kind, most of them where nobody wants them. */
export function odd(random: Random, depth = 0): unknown {
  switch (random(depth < DEPTH_MAX ? 9 : 6)) {
    case 0:
      return null;
    case 1:
      return random(2) === 0;
    case 2:
    case 3:
      return oneOf(random, ODD_NUMBERS);
    case 4:
    case 5:
      return oneOf(random, ODD_TEXT);
    case 6:
      return Array.from({ length: oneOf(random, [0, 1, 2, 40]) }, () => odd(random, depth + 3));
    case 7:
      return deep(random, oneOf(random, [1, 5, 17, 200]));
    default:
      return Object.fromEntries(
        Array.from({ length: random(4) }, () => [oneOf(random, ODD_KEYS), odd(random, depth + 1)]),
      );
  }
}

function deep(random: Random, levels: number): unknown {
  let value: unknown = 1;
  for (let left = levels; left > 0; left -= 1) value = random(2) === 0 ? [value] : { a: value };
  return value;
}

/** A value that mostly keeps its schema; every so often a part of it is any. `known` are texts that mean something. */
export function like(random: Random, schema: Schema, known: Known, depth = 0): unknown {
  if (random(30) === 0) return odd(random, depth);
  const {
    type,
    enum: values,
    anyOf,
    format,
  } = schema as {
    type?: string | string[];
    enum?: readonly unknown[];
    anyOf?: readonly Schema[];
    format?: string;
  };
  if (values) return oneOf(random, values);
  if (anyOf) return like(random, oneOf(random, anyOf), known, depth);
  switch (oneOf(random, [type ?? 'any'].flat())) {
    case 'string':
      if (format !== undefined && TEXTS[format]) return oneOf(random, TEXTS[format]);
      return oneOf(random, known);
    case 'integer':
    case 'number':
      return numberLike(random, schema);
    case 'boolean':
      return random(2) === 0;
    case 'null':
      return null;
    case 'array':
      return arrayLike(random, schema, known, depth);
    case 'object':
      return objectLike(random, schema, known, depth);
    default:
      return odd(random, depth);
  }
}

function numberLike(random: Random, { minimum = 0, maximum = 100, multipleOf }: Schema): number {
  const [low, high] = [Number(minimum), Number(maximum)];
  if (random(3) === 0) return oneOf(random, [low, high, low - 1, high + 1]);
  return multipleOf === undefined
    ? low + random(Math.max(1, Math.min(high - low, 1_000)))
    : random(101) / 100;
}

function arrayLike(
  random: Random,
  { items = {}, minItems = 0 }: Schema,
  known: Known,
  depth: number,
): unknown[] {
  const length = depth > DEPTH_MAX ? 0 : Number(minItems) + random(3);
  return Array.from({ length }, () => like(random, items as Schema, known, depth + 1));
}

function objectLike(random: Random, schema: Schema, known: Known, depth: number): Record<string, unknown> {
  const {
    properties = {},
    required = [],
    additionalProperties,
  } = schema as {
    properties?: Record<string, Schema>;
    required?: readonly string[];
    additionalProperties?: Schema | false;
  };
  const made: Record<string, unknown> = {};
  const set = (key: string, value: unknown) =>
    // Not an assignment: a key may be __proto__.
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
  for (const [key, inner] of Object.entries(properties))
    if (required.includes(key) ? random(30) > 0 : random(6) === 0)
      set(key, like(random, inner, known, depth + 1));
  if (additionalProperties) set('X-Odd', like(random, additionalProperties, known, depth + 1));
  if (random(20) === 0) set(oneOf(random, ODD_KEYS), odd(random, depth + 1));
  if (random(60) === 0) set('__proto__', { polluted: true });
  if (random(60) === 0) set('constructor', { prototype: { polluted: true } });
  return made;
}
