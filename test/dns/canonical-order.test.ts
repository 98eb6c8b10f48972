import { expect, test } from 'vitest';
import { keyAbove, nearest, orderKey } from '../../src/dns/canonical-order.ts';
import { formatName, parseName } from '../../src/dns/name.ts';

test('names are in the order of RFC 4034 §6.1', () => {
  const sorted = [
    'example.',
    'a.example.',
    'yljkjljk.a.example.',
    'Z.a.example.',
    'zABC.a.EXAMPLE.',
    'z.example.',
    '\\001.z.example.',
    '*.z.example.',
    '\\200.z.example.',
  ].map((text) => formatName(parseName(text)));
  const keys = new Map(sorted.map((text) => [orderKey(parseName(text)), text]));
  expect([...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)).toEqual(sorted);
});

test.each([
  { name: 'a.b.example.org.', above: 'b.example.org.', begins: true },
  { name: 'ab.example.org.', above: 'b.example.org.', begins: false },
  // The octet 0 ends no label, and the longest octet is no two.
  { name: 'x.a\\000b.org.', above: 'a\\000b.org.', begins: true },
  { name: 'x.\\255.org.', above: '\\255.org.', begins: true },
  { name: 'a\\000b.org.', above: 'a.org.', begins: false },
  { name: 'org.', above: '.', begins: true },
])('the key of $name begins with that of $above: $begins', ({ name, above, begins }) => {
  expect(orderKey(parseName(name)).startsWith(orderKey(parseName(above)))).toBe(begins);
});

test('keyAbove gives the key of the parent, and the nearest name with a value is found', () => {
  const key = orderKey(parseName('a.b.example.org'));
  expect(keyAbove(key)).toBe(orderKey(parseName('b.example.org')));
  expect(keyAbove(orderKey(parseName('org')))).toBe('');
  expect(keyAbove('')).toBeUndefined();
  const values = new Map([
    ['', 'root'],
    [orderKey(parseName('example.org')), 'zone'],
  ]);
  expect(nearest(values, key)).toBe('zone');
  expect(nearest(values, orderKey(parseName('example.com')))).toBe('root');
  expect(nearest(new Map(), key)).toBeUndefined();
});
