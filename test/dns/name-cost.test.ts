import { expect, test } from 'vitest';
import { decodeFullResponse, decodeResponse, MessageError } from '../../src/dns/codec.ts';
import { areNamesShort, NAME_OCTETS_READ_MAX } from '../../src/dns/name-cost.ts';
import { Type } from '../../src/dns/type.ts';

const pair = (value: number) => [value >> 8, value & 0xff];
const pointer = (at: number) => pair(0xc000 | at);
const record = (owner: readonly number[], type: number, rdata: readonly number[] = []) => [
  ...owner,
  ...pair(type),
  0,
  1,
  0,
  0,
  0,
  60,
  ...pair(rdata.length),
  ...rdata,
];
const message = (question: readonly number[], records: readonly (readonly number[])[]) =>
  Uint8Array.from(
    [0, 1, 0x81, 0x80, 0, 1, ...pair(records.length), 0, 0, 0, 0, ...question, 0, 1, 0, 1, ...records].flat(),
  );
const QUESTION_AT = 12;
const label = (octets: number) => [octets, ...Array<number>(octets).fill(0x61)];
/** A name of 255 octets, the most there are (RFC 1035 §2.3.4). */
const LONGEST = [...label(63), ...label(63), ...label(63), ...label(61), 0];

test(`names of ${NAME_OCTETS_READ_MAX} octets are read, and not one octet more`, () => {
  const each = LONGEST.length + pointer(0).length;
  const count = Math.floor((NAME_OCTETS_READ_MAX - LONGEST.length) / each);
  const left = NAME_OCTETS_READ_MAX - LONGEST.length - count * each;
  const long = Array.from({ length: count }, () => record(pointer(QUESTION_AT), Type.TXT));
  const withLast = (octets: number) =>
    message(LONGEST, [...long, record([...label(octets - 2), 0], Type.TXT)]);
  expect(areNamesShort(withLast(left))).toBe(true);
  expect(areNamesShort(withLast(left + 1))).toBe(false);
});

/** Pointers, each to the one before, in rdata that no decoder reads; where the last one is. */
function chained(count: number) {
  const from = QUESTION_AT + 5 + 2 + 10;
  const pointers = Array.from({ length: count }, (_, i) =>
    pointer(i === 0 ? QUESTION_AT : from + 2 * (i - 1)),
  );
  return { rdata: pointers.flat(), last: pointer(from + 2 * (count - 1)) };
}

test.each([
  { type: Type.CNAME, before: [] },
  { type: Type.NS, before: [] },
  { type: Type.PTR, before: [] },
  { type: Type.MX, before: [0, 1] },
  { type: Type.SRV, before: [0, 1, 0, 2, 0, 3] },
  { type: Type.SOA, before: [0] },
  { type: Type.TXT, before: [] },
])(
  'a response whose names ($type) lead through chains of pointers held up a worker for seconds',
  ({ type, before }) => {
    const { rdata, last } = chained(4_000);
    const records = Array.from({ length: 500 }, () =>
      record(type === Type.TXT ? last : pointer(QUESTION_AT), type, [...before, ...last]),
    );
    const hostile = message([0], [record(pointer(QUESTION_AT), 65_280, rdata), ...records]);
    expect(() => decodeResponse(hostile)).toThrow(MessageError);
    expect(() => decodeFullResponse(hostile)).toThrow('has names that take too long to read');
  },
);

test('a pointer that does not lead back is refused (RFC 1035 §4.1.4)', () => {
  expect(areNamesShort(message([0], [record(pointer(QUESTION_AT + 5), Type.TXT)]))).toBe(false);
  expect(areNamesShort(message([0], [record(pointer(QUESTION_AT), Type.TXT)]))).toBe(true);
});

test('a message that is cut off anywhere is left to the decoder', () => {
  const whole = message(LONGEST, [record(pointer(QUESTION_AT), Type.MX, [0, 1, ...pointer(QUESTION_AT)])]);
  for (let octets = 0; octets <= whole.length; octets += 1)
    expect(areNamesShort(whole.subarray(0, octets))).toBe(true);
});
