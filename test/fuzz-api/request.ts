import type { Operation, Parameter } from '../admin/openapi/described.ts';
import { oneOf, type Random } from '../fuzz/random.ts';
import { type Known, like, ODD_TEXT } from './values.ts';

/** A request as it is sent. */
export interface FuzzedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** Parts of a target that no encoding made. */
const RAW_PARTS = [
  '%',
  '%zz',
  '%ff',
  '%00',
  '%c0%ae',
  '..',
  '.',
  ';',
  'a%2fb',
  '[',
  'a'.repeat(300),
  '%F0%9F',
];
/** Header fields, and values that a client can send. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'if-match': ['*', '"1"', '"0-00"', '', 'W/"1"', '"', ',', `"${'9'.repeat(400)}"`, '\xff'],
  'if-none-match': ['*', '"1-0"', '', 'W/', ','],
  'content-type': [
    'text/plain',
    'application/json; charset=utf-16',
    '',
    'multipart/form-data',
    '/',
    'a/b;;=',
    '\xe9',
  ],
  'last-event-id': ['', '0', '0-0', '-', 'x'.repeat(500), '\xff'],
  accept: ['text/html', '*/*', ''],
  authorization: ['', 'Bearer', 'Bearer wrong', 'Basic bWU6bWU=', 'bearer \xff'],
  'x-auth-key': ['', 'wrong', '\xff'],
  'x-forwarded-for': ['::1', 'x', ''],
  'x-http-method-override': ['DELETE'],
  'content-encoding': ['gzip', 'x'],
  expect: ['100-continue'],
};
/** Bodies that are no JSON, or such that not every reader bears. */
const RAW_BODIES: readonly (string | Buffer)[] = [
  '',
  ' ',
  'null',
  '[]',
  '"x"',
  '7',
  '{',
  '{"a":1}}',
  '\ufeff{}',
  '{"a":1,"a":2}',
  '{"name":1e999,"port":-1e999}',
  '{"port":1234567890123456789012345678901234567890}',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  `${'['.repeat(100_000)}`,
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  `{"${'k'.repeat(100_000)}":1}`,
  `{"origins":[${'{},'.repeat(3_000)}{}]}`,
  JSON.stringify({ x: 'y'.repeat(1_100_000) }),
  Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  Buffer.from([0x00]),
];

/** Operations whose body is a zone file, which the document has no schema for. */
const ZONE_FILE_BODY = /\/dns_records\/import$/;
/** Lines of such a file. */
const ZONE_FILE_LINES = [
  'a 300 IN A 192.0.2.1',
  'b MX 10 mail.example.net.',
  'c TXT "one" "two" ; cf_tags=x:y',
  '@ 60 SOA ns hostmaster 1 2 3 4 5',
  '$TTL 60',
  '$ORIGIN kept.example.net.',
  '$ORIGIN example.org.',
  '$GENERATE 1-3 h$ A 192.0.2.$',
  '$GENERATE 1-99999999 h$ A 192.0.2.1',
  '$INCLUDE /etc/passwd',
  'd TYPE65280 \\# 2 abcd',
  'e (',
  ') "',
];

function zoneFileOf(random: Random, known: Known): Buffer {
  const anyLine = () => {
    const of =
      random(12) === 0 ? ODD_TEXT : random(12) === 0 ? known : ZONE_FILE_LINES.slice(0, 5 + random(9));
    return oneOf(random, of).toWellFormed();
  };
  return Buffer.from(Array.from({ length: 1 + random(4) }, anyLine).join(random(20) === 0 ? '\r' : '\n'));
}

/** A request to an operation, most of which it can understand. `ids` are of the objects that it is about, by their parameters. */
export function requestFor(
  random: Random,
  operation: Operation,
  at: {
    readonly method: string;
    readonly template: string;
    readonly ids: Readonly<Record<string, string | undefined>>;
  },
  known: Known,
  token: string,
): FuzzedRequest {
  const { parameters = [], requestBody } = operation;
  const path = at.template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    at.ids[name] !== undefined && random(3) > 0 ? at.ids[name] : pathPart(random, known),
  );
  const query = queryOf(
    random,
    parameters.filter((each) => each.in === 'query'),
    known,
  );
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  while (random(4) === 0) {
    const name = oneOf(random, Object.keys(FIELDS));
    headers[name] = oneOf(random, FIELDS[name]!);
  }
  const schema = requestBody && Object.values(requestBody.content)[0]?.schema;
  const method = random(25) === 0 ? oneOf(random, METHODS) : at.method.toUpperCase();
  if (ZONE_FILE_BODY.test(at.template)) headers['content-type'] ??= 'text/plain';
  const hasBody = schema !== undefined || random(15) === 0;
  const body = ZONE_FILE_BODY.test(at.template)
    ? zoneFileOf(random, known)
    : hasBody
      ? bodyOf(random, () => like(random, schema ?? {}, known))
      : undefined;
  return { method, target: `${path}${query}`, headers, body: method === 'HEAD' ? undefined : body };
}

function pathPart(random: Random, known: Known): string {
  if (random(12) === 0) return oneOf(random, RAW_PARTS);
  return encoded(random(12) === 0 ? oneOf(random, ODD_TEXT) : oneOf(random, known));
}

function queryOf(random: Random, parameters: readonly Parameter[], known: Known): string {
  const pairs: string[] = [];
  for (const { name, schema } of parameters)
    for (let left = random(3) === 0 ? 1 + (random(10) === 0 ? random(20) : 0) : 0; left > 0; left -= 1)
      pairs.push(`${encoded(name)}=${encoded(textOf(like(random, schema, known)))}`);
  if (random(15) === 0) pairs.push(`${encoded(oneOf(random, ODD_TEXT))}=${encoded(oneOf(random, ODD_TEXT))}`);
  if (random(25) === 0)
    pairs.push(oneOf(random, [...RAW_PARTS, '=', '&&', '__proto__=1', 'page[]=1', 'page[a]=1']));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Percent-encoded; halves of surrogate pairs, which cannot be, become U+FFFD. Short enough for a header. */
function encoded(text: string): string {
  return encodeURIComponent(text.slice(0, 400).toWellFormed());
}

function bodyOf(random: Random, value: () => unknown): Buffer {
  if (random(12) === 0) return Buffer.from(oneOf(random, RAW_BODIES));
  const text = JSON.stringify(value()) ?? '';
  if (random(30) === 0) return Buffer.from(text.slice(0, random(text.length + 1)));
  return Buffer.from(text);
}
