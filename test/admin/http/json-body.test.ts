import { expect, test } from 'vitest';
import { ApiError } from '../../../src/admin/http/errors.ts';
import { DEPTH_MAX, parseJsonBody } from '../../../src/admin/http/json-body.ts';
import { outlineOf, PIECE_OCTETS, VALUE_OCTETS_MAX } from '../../../src/admin/http/json-outline.ts';
import fc, { draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';

const VALUES = 1_000_000;
const read = (text: string) => parseJsonBody(Buffer.from(text), VALUES);
/** What JSON.parse makes of it, and what we do; an error as its kind. */
async function both(text: string): Promise<[unknown, unknown]> {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    whole = ApiError;
  }
  const ours = await read(text).catch((error: Error) => error.constructor);
  return [ours, whole];
}

const filler = 'x'.repeat(PIECE_OCTETS / 2);
/** Something of which five make more than two pieces. */
const large = fc.constantFrom([filler], { filler }, filler, [[filler, 1], [filler]], {
  a: { b: [filler, filler] },
});
const member = fc.oneof(
  // A key `__proto__` is refused wherever it is, which JSON.parse takes.
  {
    weight: 2,
    arbitrary: fc.jsonValue({ maxDepth: 3 }).filter((each) => !JSON.stringify(each).includes('"__proto__"')),
  },
  { weight: 1, arbitrary: large },
);
const document = fc.oneof(
  fc.array(member, { maxLength: 12 }),
  fc.dictionary(
    fc.string().filter((key) => key !== '__proto__'),
    member,
    { maxKeys: 12 },
  ),
);

test(`a body parsed in pieces gives the same as the whole (seed ${seed})`, () =>
  fc.assert(
    fc.asyncProperty(document, fc.constantFrom(0, 1), async (value, indent) => {
      const [ours, whole] = await both(JSON.stringify(value, null, indent));
      expect(ours).toEqual(whole);
    }),
    { numRuns: draws(30) },
  ));

test(`an invalid body parsed in pieces fails like the whole (seed ${seed})`, () =>
  fc.assert(
    fc.asyncProperty(
      document,
      fc.nat(),
      fc.constantFrom('', ',', '[', '}', '"', ':', ' ', '1', '\\'),
      async (value, at, put) => {
        const text = JSON.stringify([value, filler, filler, filler, value]);
        // Near an end or a seam, where the cuts are: text in the middle of a filler is like any other.
        const places = [...text.matchAll(/[[\]{},:"]/g)].map(({ index }) => index);
        const place = places[at % places.length]!;
        const [ours, whole] = await both(text.slice(0, place) + put + text.slice(place + (at % 2)));
        expect(ours).toEqual(whole);
      },
    ),
    { numRuns: draws(20) },
  ));

test.each([
  ['nothing between commas beside what is large', `[[${'"",'.repeat(99_999)}1],,1]`],
  ['nothing after the last comma', `[[${'"",'.repeat(99_999)}1],]`],
  ['nothing before the first comma', `{,"a":[${'"",'.repeat(99_999)}1]}`],
  ['no comma', `[1 [${'"",'.repeat(99_999)}1]]`],
  ['no key', `{[${'"",'.repeat(99_999)}1]}`],
  ['no colon', `{"a" [${'"",'.repeat(99_999)}1]}`],
  ['two keys', `{"a":"b":[${'"",'.repeat(99_999)}1]}`],
  ['something after it', `[${'"",'.repeat(99_999)}1] x`],
  ['another after it', `[${'"",'.repeat(99_999)}1] [1]`],
  ['an end too early', `[${'"",'.repeat(99_999)}1`],
  ['a bracket of the other kind', `[${'"",'.repeat(99_999)}1}`],
  ['a mark of the order of octets in the middle', `[[${'"",'.repeat(99_999)}1],\ufeff1]`],
])('%s is refused in a large body, as in a small one', async (_, text) => {
  await expect(read(text)).rejects.toThrow(/^Malformed JSON in request body: /);
});

test('depth and number of values are limited before anything is parsed', async () => {
  const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  await expect(read(deep(DEPTH_MAX))).resolves.toBeDefined();
  await expect(read(deep(DEPTH_MAX + 1))).rejects.toThrow(/is nested deeper than 16/);
  // Not even JSON: its depth is refused first.
  await expect(read('['.repeat(16_700_000))).rejects.toThrow(/is nested deeper than 16/);
  const many = (values: number) => parseJsonBody(Buffer.from(`[${'[],'.repeat(values - 2)}{}]`), 1_000);
  await expect(many(1_000)).resolves.toHaveLength(999);
  await expect(many(1_001)).rejects.toThrow(/holds more than 1000 values/);
});

test('the size of one value is limited, too', async () => {
  const text = (octets: number) => JSON.stringify(['x'.repeat(octets - 4)]);
  await expect(read(text(VALUE_OCTETS_MAX))).resolves.toHaveLength(1);
  await expect(read(JSON.stringify('x'.repeat(VALUE_OCTETS_MAX)))).rejects.toThrow(/a value of more than/);
});

test.each([
  ['two values', '{"name":"a","name":"b"}', ', at line 1, column 13'],
  ['an escaped name', '{"name":"a",\n "n\\u0061me":"a"}', ', at line 2, column 2'],
  ['deep inside', '{"rules":[{"a":1},{"b":{"c":[],"d":{},"c":null}}]}', ', at line 1, column 39'],
  ['a longer text', `{"a":1,"b":"${'x'.repeat(9_000)}","a":1}`, ''],
  ['a text parsed in pieces', `{"a":1,"b":"${filler}","c":"${filler}","d":"${filler}","a":1}`, ''],
])('the last of two members of one name counted without a word (RFC 8259 §4): %s', async (_, text, place) => {
  await expect(read(text)).rejects.toThrow(`an object has a member twice${place}`);
});

test('equal members of several objects, and empty objects and lists, are none that is there twice', async () => {
  const text = '[ {"a":{},"b":[ ]},{"a":[[],{}, null]} , {"":""}, [] ]';
  expect(await read(text)).toEqual(JSON.parse(text));
});

test('a member named __proto__ is refused in any spelling and at any place', async () => {
  for (const name of ['__proto__', '\\u005f_proto__'])
    for (const text of [
      `{"${name}":1}`,
      `{"a":[${'"",'.repeat(99_999)}{"${name}":{}}]}`,
      `{"${name}":[${'"",'.repeat(99_999)}1]}`,
    ])
      await expect(read(text)).rejects.toThrow(/__proto__ is not a known field/);
});

test('a text of escaped quotes was scanned in one piece, 0.4 s for 16 MiB', async () => {
  const bounds = { depthMax: DEPTH_MAX, valuesMax: 1_000 };
  const quotes = `"${'\\"'.repeat(VALUE_OCTETS_MAX / 2)}"`;
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const octets = Buffer.from(`[${Array.from({ length: 8 }, () => quotes).join()}]`);
  await expect(outlineOf(octets, bounds)).resolves.toMatchObject({ end: octets.length });
  isOver = true;
  expect(turns).toBeGreaterThan(2);
  for (const part of ['\\"', '\\\\', 'xx']) {
    const longer = Buffer.from(`["${part.repeat(VALUE_OCTETS_MAX / 2 + 1)}"]`);
    await expect(outlineOf(longer, bounds)).rejects.toThrow('a value of more than 1048576 octets');
  }
});
