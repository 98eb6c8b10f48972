import { expect, test } from 'vitest';
import {
  NAMES_LISTED_MAX,
  noEndpointAtNameWords,
  noEndpointWords,
  noPoolWords,
} from '../../src/admin/pools/no-such.ts';

const names = (count: number) => Array.from({ length: count }, (_, i) => `web-${i + 1}`);

test.each([
  [
    noEndpointWords('web', names(3), 'nosuch'),
    'Pool "web" has no endpoint "nosuch". Its endpoints: web-1, web-2, web-3.',
  ],
  [noEndpointWords('web', [], 'nosuch'), 'Pool "web" has no endpoint "nosuch". There are none.'],
  [
    noEndpointWords('web', names(NAMES_LISTED_MAX), 'x'),
    `Pool "web" has no endpoint "x". Its endpoints: ${names(NAMES_LISTED_MAX).join(', ')}.`,
  ],
  [
    noEndpointWords('web', names(NAMES_LISTED_MAX + 2), 'x'),
    `Pool "web" has no endpoint "x". Its endpoints: ${names(NAMES_LISTED_MAX).join(', ')} and 2 more.`,
  ],
  [
    noEndpointWords('web', ['a'.repeat(64), 'b'.repeat(65)], 'c'.repeat(65)),
    `Pool "web" has no endpoint "${'c'.repeat(64)}…". Its endpoints: ${'a'.repeat(64)}, ${'b'.repeat(64)}….`,
  ],
  [noEndpointAtNameWords(['a', 'b'], 'x'), 'No pool at this name has an endpoint "x". The endpoints: a, b.'],
  [noPoolWords(['web', 'shop'], 'shp'), 'No pool has the name or identifier "shp" (did you mean "shop"?).'],
  [noPoolWords([], 'web'), 'No pool has the name or identifier "web".'],
])('an error lists the objects that exist: %s', (words, expected) => expect(words).toBe(expected));
