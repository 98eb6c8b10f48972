import { expect, test } from 'vitest';
import { foldCase } from '../../../src/check/case-fold.ts';
import { BODY_OCTETS_DEFAULT } from '../../../src/check/monitor.ts';
import { charsetOf, createBodySearch } from '../../../src/probe/http/body-search.ts';
import fc, { anyText, draws } from '../../support/property.ts';

/** The result of feeding the pieces until the search stops. */
function searchFor(expected: string, pieces: readonly (string | Uint8Array)[]): string {
  const search = createBodySearch(expected, BODY_OCTETS_DEFAULT);
  let state = 'more';
  for (const piece of pieces) {
    if (state !== 'more') break;
    state = search(typeof piece === 'string' ? Buffer.from(piece) : piece);
  }
  return state;
}

test.each([
  { expected: 'alive', pieces: ['I am alive'], state: 'found', rule: 'a substring' },
  { expected: 'ALIVE', pieces: ['i am Alive'], state: 'found', rule: 'the case of letters does not matter' },
  { expected: 'alive', pieces: ['al', 'i', 've'], state: 'found', rule: 'over pieces' },
  { expected: 'aab', pieces: ['aa', 'ab'], state: 'found', rule: 'an overlap counts once more' },
  {
    expected: 'é',
    pieces: [Buffer.of(0xc3), Buffer.of(0x89)],
    state: 'found',
    rule: 'a character split over pieces',
  },
  { expected: 'alive', pieces: ['aliv', 'Xe'], state: 'more', rule: 'not there' },
  {
    expected: 'ΚΑΛΩΣ',
    pieces: ['ΚΑΛΩΣΗΡΘΑΤΕ'],
    state: 'found',
    rule: 'a sigma that ends one text and not the other',
  },
  { expected: 'καλως', pieces: ['ΚΑΛΩΣ ΗΡΘΑΤΕ'], state: 'found', rule: 'a final sigma' },
  { expected: 'ΚΑΛΩΣ', pieces: ['καλωσορίσατε'], state: 'found', rule: 'a sigma within a word' },
  { expected: 'ΟΔΟΣ', pieces: ['ΟΔΟ', 'Σ', 'ΗΜΟΥ'], state: 'found', rule: 'a sigma at the end of a piece' },
  { expected: 'İstanbul', pieces: ['İstanbul'], state: 'found', rule: 'a capital i with a dot, verbatim' },
  { expected: 'İ', pieces: ['Di', 'yarİ', 'x'], state: 'found', rule: 'a letter that becomes two letters' },
  { expected: 'Straße', pieces: ['STRASSE'], state: 'found', rule: 'sharp s' },
  { expected: 'straẞe', pieces: ['Straße'], state: 'found', rule: 'capital sharp s' },
  { expected: 'ﬁn', pieces: ['FIN'], state: 'found', rule: 'a ligature' },
  { expected: 'ǅ', pieces: ['ǆ'], state: 'found', rule: 'titlecase' },
  { expected: '𐐀', pieces: ['𐐨'], state: 'found', rule: 'outside of the basic plane' },
  { expected: 'Ꭰ', pieces: ['ꭰ'], state: 'found', rule: 'Cherokee, whose small letters are newer' },
  {
    expected: '\ufeffhello',
    pieces: ['\ufeffhello'],
    state: 'found',
    rule: 'a byte order mark in the expected text',
  },
  { expected: '', pieces: [''], state: 'found', rule: 'nothing wanted' },
])('$rule: $state', ({ expected, pieces, state }) => expect(searchFor(expected, pieces)).toBe(state));

test.each([
  { before: BODY_OCTETS_DEFAULT - 2, state: 'found' },
  { before: BODY_OCTETS_DEFAULT - 1, state: 'absent' },
])('"ok" after $before octets: $state', ({ before, state }) => {
  expect(searchFor('ok', ['x'.repeat(before), 'ok', 'ok'])).toBe(state);
  expect(searchFor('ok', [`${'x'.repeat(before)}ok`])).toBe(state);
});

test.each([
  { charset: 'utf-8', octetsMax: 4, body: 'alive', state: 'unsearchable' },
  { charset: 'utf-8', octetsMax: 5, body: 'alive', state: 'found' },
  { charset: 'utf-8', octetsMax: 5, body: 'alibi', state: 'absent' },
  { charset: 'utf-16le', octetsMax: 9, body: 'a\0l\0i\0v\0e\0', state: 'unsearchable' },
  { charset: 'utf-16le', octetsMax: 10, body: 'a\0l\0i\0v\0e\0', state: 'found' },
])('"alive" in $octetsMax octets of $charset: $state', ({ charset, octetsMax, body, state }) => {
  expect(createBodySearch('alive', octetsMax, charset)(Buffer.from(body))).toBe(state);
  const search = createBodySearch('alive', octetsMax, charset);
  const states = [...Buffer.from(body)].map((octet) => search(Buffer.of(octet)));
  expect(states.find((each) => each !== 'more')).toBe(state);
});

test.each([
  { mark: 'FE FF', charset: 'utf-16' },
  { mark: 'FE FF', charset: undefined },
  { mark: 'FF FE', charset: 'utf-16' },
  { mark: 'FF FE', charset: undefined },
])(
  'a byte order mark $mark shows UTF-16 where $charset is named (before: FE FF never)',
  ({ mark, charset }) => {
    const octets = Buffer.from('\ufeffun café noir', 'utf16le');
    const body = mark === 'FE FF' ? octets.swap16() : octets;
    expect(createBodySearch('CAFÉ', 100, charset)(body)).toBe('found');
    const search = createBodySearch('CAFÉ', 100, charset);
    expect([...body].map((octet) => search(Buffer.of(octet)))).toContain('found');
  },
);

test('a body in UTF-8 under another name is found over pieces, too', () => {
  const search = createBodySearch('CAFÉ', 100, 'iso-8859-1');
  const states = [...Buffer.from('un café')].map((octet) => search(Buffer.of(octet)));
  expect(states.at(-1)).toBe('found');
});

test('a body in pieces gives the same answer as the whole', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'B', 'é', 'Σ', 'ς', 'ß'), maxLength: 40 });
  fc.assert(
    fc.property(letters, letters, fc.array(fc.integer({ min: 1, max: 7 })), (body, wanted, cuts) => {
      const octets = Buffer.from(body);
      const pieces: Uint8Array[] = [];
      let at = 0;
      for (const cut of [...cuts, octets.length + 1]) pieces.push(octets.subarray(at, (at += cut)));
      const there = foldCase(body).includes(foldCase(wanted));
      expect(searchFor(wanted, pieces)).toBe(there ? 'found' : 'more');
    }),
  );
});

test('a text that is in the body is always found', () => {
  const text = anyText(8);
  fc.assert(
    fc.property(text, text, text, (before, wanted, after) => {
      expect(searchFor(wanted, [`${before}${wanted}${after}`])).toBe('found');
    }),
    { numRuns: draws(200) },
  );
});

test.each([
  { type: 'text/html; charset=iso-8859-1', body: Buffer.from('caf\xe9', 'latin1'), state: 'found' },
  { type: 'text/html; charset=iso-8859-1', body: Buffer.from('café'), state: 'found' },
  { type: 'text/html; charset=shift_jis', body: Buffer.from('un café noir'), state: 'found' },
  { type: 'text/html;charset="ISO-8859-7"', body: Buffer.of(0xca, 0xc1), state: 'more' },
  { type: 'text/plain; charset=utf-16le', body: Buffer.from('café', 'utf16le'), state: 'found' },
  { type: 'text/plain; charset=no-such', body: Buffer.from('café'), state: 'found' },
  { type: 'text/plain', body: Buffer.from('café'), state: 'found' },
  { type: undefined, body: Buffer.from('café'), state: 'found' },
])(
  'a body of $type is read in its charset, and in UTF-8 (once: UTF-8 under another name was not found): $state',
  ({ type, body, state }) => {
    expect(createBodySearch('CAFÉ', 100, charsetOf(type))(body)).toBe(state);
  },
);
