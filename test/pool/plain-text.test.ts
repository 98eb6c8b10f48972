import { expect, test } from 'vitest';
import { escapeJson, escapeText, isPlainName, isPlainText } from '../../src/pool/plain-text.ts';

test.each([
  { what: 'a C0 control', text: '\u001b[31m', name: false, plain: false },
  { what: 'DEL', text: '\u007f', name: false, plain: false },
  { what: 'the C1 control CSI', text: '\u009b31m', name: false, plain: false },
  { what: 'the C1 control OSC', text: '\u009d0;x\u009c', name: false, plain: false },
  { what: 'a direction override', text: 'a\u202egnp.exe', name: false, plain: false },
  { what: 'a direction isolate', text: 'a\u2066b', name: false, plain: false },
  { what: 'a line separator', text: 'a\u2028b', name: false, plain: false },
  { what: 'a paragraph separator', text: 'a\u2029b', name: false, plain: false },
  { what: 'half a surrogate pair', text: 'a\ud800', name: false, plain: false },
  { what: 'a zero-width space', text: 'a\u200bb', name: false, plain: true },
  { what: 'a byte order mark', text: '\ufeffa', name: false, plain: true },
  { what: 'a Hangul filler, which is a letter', text: 'a\u3164b', name: false, plain: true },
  { what: 'a Braille blank', text: 'a\u2800b', name: false, plain: true },
  { what: 'a grapheme joiner', text: 'a\u034fb', name: false, plain: true },
  { what: 'a variation selector after a letter', text: 'web\ufe0f', name: false, plain: true },
  { what: 'a variation selector after a picture', text: 'web ❤\ufe0f', name: true, plain: true },
  { what: 'line breaks and tabs', text: 'a\r\n\tb', name: false, plain: true },
  { what: 'letters of any script', text: 'née שלום 日本 𝄞', name: true, plain: true },
])('$what: allowed in a name $name, in a text $plain', ({ text, name, plain }) => {
  expect([isPlainName(text), isPlainText(text)]).toEqual([name, plain]);
});

test('escapeText escapes what a terminal could obey, and keeps line breaks', () => {
  expect(escapeText('a\u009b31m\u001b]0;x\u0007\n\u202eb\u200b\u2028é\u3164\u2800❤\ufe0f')).toBe(
    'a\\u009b31m\\u001b]0;x\\u0007\n\\u202eb\\u200b\\u2028é\\u3164\\u2800❤\ufe0f',
  );
});

test('escapeJson gives JSON with the same value', () => {
  const value = { 'a\u009b': 'b\u202e\u2028\u200b\u001b\u007f', c: '\u{e0001}𝄞' };
  const text = escapeJson(JSON.stringify(value));
  expect(text).toMatch(/^[\x20-\x7e𝄞]*$/u);
  expect(JSON.parse(text)).toEqual(value);
});
