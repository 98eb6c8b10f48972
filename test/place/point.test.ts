import { expect, test } from 'vitest';
import { groundDistanceKm, pointOf } from '../../src/place/point.ts';

test.each([
  ['the same place', [50, 8], [50, 8], 0],
  ['a quarter of the equator', [0, 0], [0, 90], 10_007.5],
  ['opposite places', [0, 0], [0, 180], 20_015.1],
  ['Berlin and New York', [52.52, 13.405], [40.713, -74.006], 6_385],
] as const)('the distance of %s', (_, [latitude, longitude], [otherLatitude, otherLongitude], km) => {
  const distance = groundDistanceKm(pointOf(latitude, longitude), pointOf(otherLatitude, otherLongitude));
  expect(Math.abs(distance - km)).toBeLessThan(1 + km / 500);
});
