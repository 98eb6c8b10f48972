import { expect, test } from 'vitest';
import { formatPlace, placeNamed } from '../../src/place/place.ts';

test.each([
  ['WEU', 'WEU'],
  [' wnam ', 'WNAM'],
  ['de', 'DE (WEU)'],
  ['US', 'US (ENAM)'],
  ['us-ca', 'US-CA (WNAM)'],
  ['CA-QC', 'CA-QC (ENAM)'],
  ['50.1,8.7', '50.1, 8.7'],
  ['-33, -70.5', '-33, -70.5'],
  ['90,180', '90, 180'],
  ['90.1,0', undefined],
  ['0,-180.1', undefined],
  ['', undefined],
  ['XX', undefined],
  ['EU', undefined],
  ['US-XX', undefined],
  // Only the US and Canada have parts in two regions (docs/LOAD-BALANCERS.md).
  ['DE-BY', undefined],
  ['Germany', undefined],
  ['1,2,3', undefined],
])('"%s" names %s', (text, place) => {
  const found = placeNamed(text);
  expect(found && formatPlace(found)).toBe(place);
});

test('a country has its centre, a region has none', () => {
  expect(placeNamed('FR')?.coordinates).toBeDefined();
  expect(placeNamed('WEU')?.coordinates).toBeUndefined();
});
