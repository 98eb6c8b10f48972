/** TXT values as BIND reads them in a zone file (RFC 1035 §5.1), held against named-checkzone where it is installed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RdataError } from '../../src/rdata/rdata-error.ts';
import { isInstalled } from '../support/server/resolver.ts';
import { rdataOf } from './of-type.ts';

const x = (count: number) => 'x'.repeat(count);

/** The character-strings of TXT rdata, octets as characters. */
function stringsOf(rdata: Uint8Array): string[] {
  const strings: string[] = [];
  for (let at = 0; at < rdata.length; at += 1 + rdata[at]!)
    strings.push(Buffer.from(rdata.subarray(at + 1, at + 1 + rdata[at]!)).toString('latin1'));
  return strings;
}

/** What BIND reads in the same way; null: it is refused. */
const AS_BIND: readonly (readonly [string, readonly string[] | null])[] = [
  ['a\\;b', ['a;b']],
  ['"a\\;b"', ['a;b']],
  ['"a;b"', ['a;b']],
  ['"a""b"', ['a', 'b']],
  ['"a" "b"', ['a', 'b']],
  ['"a"   \t"b"', ['a', 'b']],
  ['"a"b', ['a', 'b']],
  ['a"b"', ['a', 'b']],
  ['a"b"c', ['a', 'b', 'c']],
  ['a "b c" d', ['a', 'b c', 'd']],
  ['"v=DKIM1; k=rsa; " "p=MIIB"', ['v=DKIM1; k=rsa; ', 'p=MIIB']],
  ['( "a" "b" )', ['a', 'b']],
  ['("a"(b)c)', ['a', 'b', 'c']],
  ['( "a" "b"', null],
  ['"a" )', null],
  ['"(a)"', ['(a)']],
  ['a\\(b', ['a(b']],
  ['"a" ; a comment', ['a']],
  ['"a";"b"', ['a']],
  ['"a\\"b"', ['a"b']],
  ['a\\"b', ['a"b']],
  ['"\\\\"', ['\\']],
  ['a\\\\b', ['a\\b']],
  ['a\\ b', ['a b']],
  ['a\\032b', ['a b']],
  ['"a\\032b"', ['a b']],
  ['\\000\\255', ['\x00\xff']],
  ['\\097', ['a']],
  ['\\a', ['a']],
  ['"\\a"', ['a']],
  ['\\256', null],
  ['"\\256"', null],
  ['\\25', null],
  ['"\\25"', null],
  ['a\\', null],
  ['"', null],
  ['"a', null],
  ['"a\\"', null],
  ['; "a"', null],
  ['""', ['']],
  ['"" ""', ['', '']],
  ['""""', ['', '']],
  ['@', ['@']],
  ['$', ['$']],
  [`"${x(255)}"`, [x(255)]],
  [`"${x(256)}"`, null],
  [`"${x(255)}""${x(255)}"`, [x(255), x(255)]],
  [`"a" ${x(256)}`, null],
  [`"${'\\120'.repeat(255)}"`, [x(255)]],
  [x(255), [x(255)]],
  ['é', ['\xc3\xa9']],
  ['"é"', ['\xc3\xa9']],
];

test.each(AS_BIND)('TXT %s is %j', (text, strings) => {
  if (strings === null) expect(() => rdataOf('TXT', text)).toThrow(RdataError);
  else expect(stringsOf(rdataOf('TXT', text))).toEqual(strings);
});

// A configuration is no zone file: what needs quotes there only to keep its spaces and semicolons needs none here.
test.each([
  ['v=spf1 -all', ['v=spf1 -all']],
  ['v=DKIM1; k=rsa; p=MIIB', ['v=DKIM1; k=rsa; p=MIIB']],
  ['v=DKIM1\\; k=rsa', ['v=DKIM1; k=rsa']],
  ['(a)', ['(a)']],
  ['', ['']],
  [x(256), [x(255), 'x']],
  ['\\120'.repeat(256), [x(255), 'x']],
])('without quotes it is one text: %s is %j', (text, strings) => {
  expect(stringsOf(rdataOf('TXT', text))).toEqual(strings);
});

describe.skipIf(!isInstalled('named-checkzone'))('BIND reads the same', () => {
  test('of every value in the table', () => {
    const directory = mkdtempSync(join(tmpdir(), 'lifeguard-txt-'));
    try {
      const read = AS_BIND.map(([text]) => {
        const file = join(directory, 'zone');
        writeFileSync(file, `$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nt TXT ${text}\n`);
        try {
          const printed = execFileSync('named-checkzone', ['-D', 'example.org', file], {
            stdio: ['ignore', 'pipe', 'ignore'],
          });
          const [, value] = /^t\.example\.org\.\s+60 IN TXT\s+(.*)$/m.exec(printed.toString())!;
          return [text, stringsOf(rdataOf('TXT', value!))];
        } catch {
          return [text, null];
        }
      });
      expect(read).toEqual(AS_BIND);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
