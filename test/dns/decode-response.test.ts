import { expect, test } from 'vitest';
import { decodeResponse, MessageError } from '../../src/dns/codec.ts';
import { parseName } from '../../src/dns/name.ts';
import { Type } from '../../src/dns/type.ts';
import { rdataOf } from '../rdata/of-type.ts';
import fc from '../support/property.ts';

const uint16 = (value: number) => [value >> 8, value & 0xff];
const NAME = [...parseName('www.example.org')];
const header = (rcode: number, answers: number, authorities = 0) => [
  ...[0, 1, 0x80, rcode],
  ...uint16(1),
  ...uint16(answers),
  ...uint16(authorities),
  ...uint16(0),
];
const QUESTION = [...NAME, ...uint16(Type.A), ...uint16(1)];
/** A record of the question's name, by compression. */
const record = (type: number, rdata: Iterable<number>, length = [...rdata].length) => [
  ...[0xc0, 12, ...uint16(type), ...uint16(1), 0, 0, 0, 30, ...uint16(length)],
  ...rdata,
];
const message = (...records: number[][]) =>
  Uint8Array.from([...header(0, records.length), ...QUESTION, ...records.flat()]);

test.each<[keyof typeof Type, string, string]>([
  ['A', '192.0.2.1', '192.0.2.1'],
  ['AAAA', '2001:DB8:0::1', '2001:db8::1'],
  ['NS', 'ns1.example.org.', 'ns1.example.org'],
  ['CNAME', 'a.example.org', 'a.example.org'],
  ['PTR', 'a.example.org', 'a.example.org'],
  ['MX', '10 mx.example.org', '10 mx.example.org'],
  ['SRV', '1 2 443 a.example.org', '1 2 443 a.example.org'],
  ['TXT', '"v=spf1" " -all"', 'v=spf1 -all'],
  ['CAA', '0 issue "ca.example.net"', '0 issue "ca.example.net"'],
])('%s %s is shown as %s', (type, text, shown) => {
  expect(decodeResponse(message(record(Type[type], rdataOf(type, text)))).answers).toEqual([shown]);
});

test('SOA and unknown types are shown', () => {
  const numbers = [7, 2, 3, 4, 5].flatMap((value) => [0, 0, ...uint16(value)]);
  const soa = record(Type.SOA, [...parseName('ns1.example.org'), 0xc0, 16, ...numbers]);
  const { answers } = decodeResponse(message(soa, record(65_280, [0xab, 0xcd]), record(Type.DS, [])));
  expect(answers).toEqual(['ns1.example.org example.org 7 2 3 4 5', '\\# 2 abcd', '\\# 0 ']);
});

test('response codes', () => {
  for (const rcode of [0, 2, 3, 5])
    expect(decodeResponse(Uint8Array.from([...header(rcode, 0), ...QUESTION]))).toEqual({
      rcode,
      answers: [],
    });
});

test.each<{ what: string; octets: Uint8Array }>([
  { what: 'no header', octets: Uint8Array.of(0, 1, 0x80) },
  { what: 'no question, although its count is 1', octets: Uint8Array.from(header(0, 0)) },
  { what: 'fewer answers than the count says', octets: Uint8Array.from([...header(0, 2), ...QUESTION]) },
  { what: 'an A of three octets', octets: message(record(Type.A, [192, 0, 2])) },
  { what: 'rdata past the end', octets: message(record(Type.A, [192, 0, 2, 1], 5)) },
  { what: 'a name that points at itself', octets: message(record(Type.CNAME, [0xc0, 45])) },
  { what: 'a label of 64 octets', octets: message(record(Type.CNAME, [64, ...Array(64).fill(97), 0])) },
])('$what: MessageError', ({ octets }) => expect(() => decodeResponse(octets)).toThrow(MessageError));

test('errors after the answers do not matter', () => {
  const octets = Uint8Array.from([...header(0, 1, 1), ...QUESTION, ...record(Type.A, [192, 0, 2, 1]), 0xc0]);
  expect(decodeResponse(octets).answers).toEqual(['192.0.2.1']);
});

test('any octets give a response or a MessageError', () => {
  const valid = message(record(Type.MX, rdataOf('MX', '1 a.example.org')), record(Type.A, [1, 2, 3, 4]));
  const mutated = fc
    .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 6 })
    .map((changes) => {
      const octets = Uint8Array.from(valid);
      for (const [at, octet] of changes) octets[at] = octet;
      return octets;
    });
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 80 })), (octets) => {
      try {
        for (const answer of decodeResponse(octets).answers) expect(answer).toBeTypeOf('string');
      } catch (error) {
        expect(error).toBeInstanceOf(MessageError);
      }
    }),
  );
});

test.each([
  ['of IPv4', [0, 1, 24, 20, 192, 0, 2], 20],
  ['of IPv6', [0, 2, 32, 0, 0x20, 1, 0xd, 0xb8], 0],
])('the scope of a client subnet %s is shown (RFC 7871 §6)', (_, subnet, scopeBits) => {
  const option = [...uint16(8), ...uint16(subnet.length), ...subnet];
  const opt = [0, ...uint16(Type.OPT), ...uint16(1232), 0, 0, 0, 0, ...uint16(option.length), ...option];
  const octets = Uint8Array.from([...header(0, 0), ...QUESTION, ...opt]);
  octets[11] = 1; // ARCOUNT
  expect(decodeResponse(octets)).toEqual({ rcode: 0, answers: [], scopeBits });
});
