import { expect, test } from 'vitest';
import { escapeJson, escapeText, isPlainName, isPlainText } from '../../src/pool/plain-text.ts';

test.each([
  { what: 'a control of C0', text: '\u001b[31m', name: false, plain: false },
  { what: 'DEL', text: '\u007f', name: false, plain: false },
  { what: 'the CSI of C1', text: '\u009b31m', name: false, plain: false },
  { what: 'the OSC of C1', text: '\u009d0;x\u009c', name: false, plain: false },
  { what: 'an override of direction', text: 'a\u202egnp.exe', name: false, plain: false },
  { what: 'an isolate of direction', text: 'a\u2066b', name: false, plain: false },
  { what: 'a line separator', text: 'a\u2028b', name: false, plain: false },
  { what: 'a paragraph separator', text: 'a\u2029b', name: false, plain: false },
  { what: 'half a surrogate pair', text: 'a\ud800', name: false, plain: false },
  { what: 'a space of no width', text: 'a\u200bb', name: false, plain: true },
  { what: 'a mark of the order of octets', text: '\ufeffa', name: false, plain: true },
  { what: 'a filler of Hangul, which is a letter', text: 'a\u3164b', name: false, plain: true },
  { what: 'the blank of Braille', text: 'a\u2800b', name: false, plain: true },
  { what: 'a joiner of graphemes', text: 'a\u034fb', name: false, plain: true },
  { what: 'a selector of form of a letter', text: 'web\ufe0f', name: false, plain: true },
  { what: 'a selector of form of a picture', text: 'web ❤\ufe0f', name: true, plain: true },
  { what: 'line breaks and tabs', text: 'a\r\n\tb', name: false, plain: true },
  { what: 'letters of any script', text: 'née שלום 日本 𝄞', name: true, plain: true },
])('$what: a name $name, a text $plain', ({ text, name, plain }) => {
  expect([isPlainName(text), isPlainText(text)]).toEqual([name, plain]);
});

test('what a terminal may obey is escaped where people read it, and line breaks stay', () => {
  expect(escapeText('a\u009b31m\u001b]0;x\u0007\n\u202eb\u200b\u2028é\u3164\u2800❤\ufe0f')).toBe(
    'a\\u009b31m\\u001b]0;x\\u0007\n\\u202eb\\u200b\\u2028é\\u3164\\u2800❤\ufe0f',
  );
});

test('JSON with escapes means the same', () => {
  const value = { 'a\u009b': 'b\u202e\u2028\u200b\u001b\u007f', c: '\u{e0001}𝄞' };
  const text = escapeJson(JSON.stringify(value));
  expect(text).toMatch(/^[\x20-\x7e𝄞]*$/u);
  expect(JSON.parse(text)).toEqual(value);
});
