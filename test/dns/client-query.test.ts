import { expect, test } from 'vitest';
import { encodeQuery, isResponseTo, isTruncated } from '../../src/dns/client-query.ts';
import { parseName } from '../../src/dns/name.ts';
import { Type } from '../../src/dns/type.ts';
import fc from '../support/property.ts';

const query = encodeQuery(0x1234, parseName('www.example.org'), Type.A);
/** A response to it, octets changed. */
const response = (changed: Readonly<Record<number, number>> = {}) => {
  const octets = Uint8Array.from([...query, 1, 2, 3]);
  octets[2]! |= 0x80;
  for (const [at, octet] of Object.entries(changed)) octets[Number(at)] = octet;
  return octets;
};

test('a query has exactly these octets (RFC 1035 §4.1)', () => {
  expect(Buffer.from(query).toString('hex')).toBe(
    '123401000001000000000000' + '03777777076578616d706c65036f726700' + '00010001',
  );
});

test.each<{ what: string; octets: Uint8Array; isAnswer: boolean }>([
  { what: 'the response', octets: response(), isAnswer: true },
  { what: 'AA, TC, RA and an rcode', octets: response({ 2: 0x87, 3: 0x83 }), isAnswer: true },
  { what: 'letters in the other case (RFC 4343)', octets: response({ 13: 0x57 }), isAnswer: true },
  { what: 'a refusal without the question', octets: response({ 3: 5, 5: 0 }).slice(0, 12), isAnswer: true },
  { what: 'a good answer without the question', octets: response({ 5: 0 }), isAnswer: false },
  { what: 'the query itself', octets: query, isAnswer: false },
  { what: 'another id, first octet', octets: response({ 0: 0x13 }), isAnswer: false },
  { what: 'another id, second octet', octets: response({ 1: 0x35 }), isAnswer: false },
  { what: 'another opcode', octets: response({ 2: 0xa1 }), isAnswer: false },
  { what: 'two questions', octets: response({ 5: 2 }), isAnswer: false },
  { what: '257 questions', octets: response({ 4: 1 }), isAnswer: false },
  { what: 'another name', octets: response({ 13: 0x78 }), isAnswer: false },
  { what: 'another type', octets: response({ 30: Type.TXT }), isAnswer: false },
  { what: 'another class', octets: response({ 32: 3 }), isAnswer: false },
  { what: 'a part of the question', octets: response().slice(0, query.length - 1), isAnswer: false },
  { what: 'a part of the header', octets: response().slice(0, 11), isAnswer: false },
  { what: 'nothing', octets: new Uint8Array(), isAnswer: false },
])('$what answers: $isAnswer', ({ octets, isAnswer }) => expect(isResponseTo(query, octets)).toBe(isAnswer));

test('the type is compared exactly: 65 (HTTPS) is not 97', () => {
  const https = encodeQuery(1, parseName('a.example.org'), 65);
  const other = Uint8Array.from(https);
  other[2]! |= 0x80;
  other[other.length - 3] = 97;
  expect(isResponseTo(https, other)).toBe(false);
});

test.each([
  { flags: 0x83, is: true },
  { flags: 0x85, is: false },
])('$flags has TC: $is', ({ flags, is }) => expect(isTruncated(response({ 2: flags }))).toBe(is));

test('any octets are accepted without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
      expect(isResponseTo(query, octets)).toBeTypeOf('boolean');
    }),
  );
});
