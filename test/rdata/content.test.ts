import { describe, expect, test } from 'vitest';
import { contentFrom, dataOf, readableContent } from '../../src/rdata/content.ts';
import { parseRdata, printRdata } from '../../src/rdata/rdata.ts';
import { recordTypeNumber } from '../../src/rdata/record-type.ts';
import { rdataOf } from './of-type.ts';

const type = (mnemonic: string) => recordTypeNumber(mnemonic)!;
const x = (count: number) => 'x'.repeat(count);
const SHA256 = 'D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A';
const mixed = SHA256.replace('D4B', 'd4B');

test('a text of a client may be longer than a character-string, and is cut', () => {
  const texts = (content: string) => contentFrom(type('TXT'), { content });
  expect(texts(`"${x(256)}"`)).toBe(`"${x(255)}" "x"`);
  expect(texts(`"a" "${x(511)}" b`)).toBe(`"a" "${x(255)}" "${x(255)}" "x" "b"`);
  expect(texts(x(256))).toBe(`"${x(255)}" "x"`);
  expect(() => texts('; "a"')).toThrow('has no text');
  expect(() => rdataOf('TXT', `"${x(256)}"`)).toThrow('has a character-string of 256 octets');
});

test('all texts of a record fit into its rdata', () => {
  // 255 strings of 256 octets each with their lengths, and one of 254 and its length.
  const most = `"${x(255 * 255)}" "${x(254)}"`;
  expect(parseRdata(type('TXT'), contentFrom(type('TXT'), { content: most }))).toHaveLength(65_535);
  expect(() => contentFrom(type('TXT'), { content: `${most} ""` })).toThrow('65535 at most');
});

describe('hexadecimal keeps its case', () => {
  test.each([
    { of: 'DS', content: `60485 8 2 ${mixed}`, kept: `60485 8 2 ${mixed}` },
    {
      of: 'DS',
      content: `60485 RSASHA256 2 ( ${mixed.slice(0, 10)}\n ${mixed.slice(10)} )`,
      kept: `60485 8 2 ${mixed}`,
    },
    { of: 'TLSA', content: `3 1 1 ${SHA256.toLowerCase()}`, kept: `3 1 1 ${SHA256.toLowerCase()}` },
    { of: 'SSHFP', content: `4 2 ${SHA256}`, kept: `4 2 ${SHA256}` },
    { of: 'TYPE65280', content: '\\# 3 aB cD EF', kept: '\\# 3 aBcDEF' },
    { of: 'TYPE65280', content: '\\# 0', kept: '\\# 0' },
    { of: 'A', content: '\\# 4 C0000201', kept: '192.0.2.1' },
    { of: 'CERT', content: 'pkix 0 0 MIIB', kept: '1 0 0 MIIB' },
  ])('$of $content', ({ of, content, kept }) => {
    expect(contentFrom(type(of), { content })).toBe(kept);
    // It is the same record, and goes through its data without a change.
    expect(printRdata(type(of), parseRdata(type(of), kept))).toBe(printRdata(type(of), rdataOf(of, content)));
    expect(contentFrom(type(of), { data: dataOf(type(of), kept) })).toBe(kept);
  });

  test('in the data of the API', () => {
    const data = { algorithm: 4, type: 2, fingerprint: mixed };
    const content = contentFrom(type('SSHFP'), { data });
    expect(content).toBe(`4 2 ${mixed}`);
    expect(dataOf(type('SSHFP'), content)).toEqual(data);
    expect(dataOf(type('MX'), '10 Mail.example.net.')).toEqual({ priority: 10, target: 'Mail.example.net' });
  });
});

test.each([
  { content: '"b\\195\\188cher"', shown: '"bücher"', rule: 'UTF-8' },
  { content: '"\\240\\159\\152\\128" "\\195\\188"', shown: '"😀" "ü"', rule: 'UTF-8, each text by itself' },
  { content: '"\\195" "\\188"', shown: '"\\195" "\\188"', rule: 'halves of a character are none' },
  { content: '"\\195\\188\\255"', shown: '"\\195\\188\\255"', rule: 'octets that are not UTF-8' },
  { content: '"\\194\\133"', shown: '"\\194\\133"', rule: 'a control character' },
  { content: '"\\\\195\\\\188"', shown: '"\\\\195\\\\188"', rule: 'backslashes are no escapes' },
  { content: '"a\\"\\195\\188\\"b"', shown: '"a\\"ü\\"b"', rule: 'quotes inside' },
  { content: '"\\009\\127"', shown: '"\\009\\127"', rule: 'ASCII' },
  { content: 'b\\195\\188.example.', shown: 'b\\195\\188.example.', rule: 'a name would become Punycode' },
])('for people $content is $shown ($rule)', ({ content, shown }) => {
  expect(readableContent(content)).toBe(shown);
  const of = content.startsWith('"') ? 'TXT' : 'CNAME';
  expect(Buffer.from(rdataOf(of, shown))).toEqual(Buffer.from(rdataOf(of, content)));
});
