import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BODY_OCTETS_DEFAULT } from '../../src/pool/monitor.ts';
import { createBodySearch } from '../../src/probe/body-search.ts';

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
  { expected: 'ALIVE', pieces: ['i am Alive'], state: 'found', rule: 'without regard to case' },
  { expected: 'alive', pieces: ['al', 'i', 've'], state: 'found', rule: 'over pieces' },
  { expected: 'aab', pieces: ['aa', 'ab'], state: 'found', rule: 'an overlap counts once more' },
  {
    expected: 'é',
    pieces: [Buffer.of(0xc3), Buffer.of(0x89)],
    state: 'found',
    rule: 'a character over pieces',
  },
  { expected: 'alive', pieces: ['aliv', 'Xe'], state: 'more', rule: 'not there' },
  { expected: '', pieces: [''], state: 'found', rule: 'nothing wanted' },
])('$rule: $state', ({ expected, pieces, state }) => expect(searchFor(expected, pieces)).toBe(state));

test.each([
  { before: BODY_OCTETS_DEFAULT - 2, state: 'found' },
  { before: BODY_OCTETS_DEFAULT - 1, state: 'absent' },
])('"ok" after $before octets: $state', ({ before, state }) => {
  expect(searchFor('ok', ['x'.repeat(before), 'ok', 'ok'])).toBe(state);
  expect(searchFor('ok', [`${'x'.repeat(before)}ok`])).toBe(state);
});

test('however the body is cut, the answer is that of the whole', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'B', 'é'), maxLength: 40 });
  fc.assert(
    fc.property(letters, letters, fc.array(fc.integer({ min: 1, max: 7 })), (body, wanted, cuts) => {
      const octets = Buffer.from(body);
      const pieces: Uint8Array[] = [];
      let at = 0;
      for (const cut of [...cuts, octets.length + 1]) pieces.push(octets.subarray(at, (at += cut)));
      const there = body.toLowerCase().includes(wanted.toLowerCase());
      expect(searchFor(wanted, pieces)).toBe(there ? 'found' : 'more');
    }),
  );
});
