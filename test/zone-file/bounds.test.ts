import { expect, test, vi } from 'vitest';
import { decodeZoneFile } from '../../src/zone-file/decode.ts';
import { createEntryReader, ENTRY_CHARACTERS_MAX } from '../../src/zone-file/entries.ts';

const LONG_LINES = 100_000;

test('a wrong octet on a late line is found without decoding each line before it (took 3.6 s of the main thread for 16 MiB)', () => {
  const decode = vi.spyOn(TextDecoder.prototype, 'decode');
  const octets = Buffer.concat([Buffer.alloc(LONG_LINES, '\n'), Buffer.from([0xff]), Buffer.from('\nx\n')]);
  expect(() => decodeZoneFile(octets)).toThrow(`is not UTF-8 on line ${LONG_LINES + 1};`);
  expect(decode.mock.calls.length).toBeLessThan(100);
  decode.mockRestore();
});

test.each([
  { what: 'on the first line', octets: [0xff], line: 1 },
  { what: 'on the last line', octets: [0x61, 0x0a, 0x62, 0x0a, 0xc3], line: 3 },
  {
    what: 'at the end of a line, where half a character is',
    octets: [0x61, 0x0a, 0xc3, 0x0a, 0x62],
    line: 2,
  },
  { what: 'twice', octets: [0x61, 0x0a, 0xff, 0x0a, 0xff, 0x0a], line: 2 },
  { what: 'after characters of several octets', octets: [...Buffer.from('ä\n😀\n'), 0x80], line: 3 },
])('the first line with a wrong octet is named: $what', ({ octets, line }) => {
  expect(() => decodeZoneFile(Uint8Array.from(octets))).toThrow(`is not UTF-8 on line ${line};`);
});

test.each([
  { what: 'word', text: 'x'.repeat(4 * ENTRY_CHARACTERS_MAX) },
  { what: 'quoted string', text: `"${'x'.repeat(4 * ENTRY_CHARACTERS_MAX)}"` },
])(
  'a $what that is too long is read no further than the bound (took 140 ms in one piece for 16 MiB)',
  ({ text }) => {
    const charCodeAt = String.prototype.charCodeAt;
    let looks = 0;
    String.prototype.charCodeAt = function (this: string, at: number) {
      looks += 1;
      return charCodeAt.call(this, at);
    };
    const entry = createEntryReader(`${text}\n`)();
    String.prototype.charCodeAt = charCodeAt;
    expect(entry?.problem?.message).toBe(`begins an entry of more than ${ENTRY_CHARACTERS_MAX} characters`);
    expect(looks).toBeLessThan(3 * ENTRY_CHARACTERS_MAX);
  },
);
