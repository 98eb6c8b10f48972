import { describe, expect, test } from 'vitest';
import { centroidOf } from '../../src/place/centroids.ts';
import { completed, formatPlace } from '../../src/place/place.ts';
import { placeOfRecord } from '../../src/place/record.ts';
import { REGIONS } from '../../src/place/regions.ts';

describe('a record of a database', () => {
  test.each([
    ['of MaxMind', { country: { iso_code: 'DE', names: { en: 'Germany' } } }, { country: 'DE' }],
    [
      'of MaxMind with a subdivision',
      { country: { iso_code: 'US' }, subdivisions: [{ iso_code: 'CA' }, { iso_code: 'X' }] },
      { country: 'US', subdivision: 'CA' },
    ],
    [
      'of MaxMind with coordinates',
      { country: { iso_code: 'DE' }, location: { latitude: 52.5, longitude: 13.4, accuracy_radius: 5 } },
      { country: 'DE', coordinates: { latitude: 52.5, longitude: 13.4 } },
    ],
    [
      'with a subdivision of a country that is not split',
      { country: { iso_code: 'DE' }, subdivisions: [{ iso_code: 'BY' }] },
      { country: 'DE' },
    ],
    ['that is flat', { country_code: 'DE' }, { country: 'DE' }],
    ['in lower case', { country_code: 'de' }, { country: 'DE' }],
    [
      'that is flat, with a state by its name, and coordinates as text',
      { country_code: 'US', state1: 'New York', latitude: '40.7', longitude: '-74.0' },
      { country: 'US', subdivision: 'NY', coordinates: { latitude: 40.7, longitude: -74 } },
    ],
    ['with coordinates only', { latitude: 0, longitude: 0 }, { coordinates: { latitude: 0, longitude: 0 } }],
    ['of half a point', { country_code: 'DE', latitude: 1 }, { country: 'DE' }],
    ['of a point outside the world', { country_code: 'DE', latitude: 91, longitude: 0 }, { country: 'DE' }],
    ['of no country', { country_code: 'EU' }, undefined],
    ['of Tor', { country_code: 'T1' }, undefined],
    ['that is registered elsewhere', { registered_country: { iso_code: 'US' } }, undefined],
    ['of an autonomous system', { autonomous_system_number: 64_496 }, undefined],
    ['that is no map', 'DE', undefined],
    ['with a country that is a list', { country: ['DE'] }, undefined],
    ['with a key of Object', { country: { constructor: 'DE' } }, undefined],
  ])('%s: %o is %o', (_, record, place) => expect(placeOfRecord(record)).toEqual(place));
});

test('every country has a centroid on the earth', () => {
  const codes = [...new Set(REGIONS.flatMap(({ countries }) => countries.map(({ code }) => code)))];
  const points = codes.map((code) => centroidOf(code));
  expect(points.filter((point) => point === undefined)).toEqual([]);
  expect(points.every((point) => Math.abs(point!.latitude) <= 90 && Math.abs(point!.longitude) <= 180)).toBe(
    true,
  );
  expect(centroidOf('ZZ')).toBeUndefined();
});

test.each([
  [{}, {}, 'unknown'],
  [{ region: 'WEU' }, { region: 'WEU' }, 'WEU'],
  [
    { country: 'DE' },
    { region: 'WEU', country: 'DE', coordinates: { latitude: 51.1, longitude: 10.4 } },
    'DE (WEU)',
  ],
  [
    { country: 'US', subdivision: 'CA', coordinates: { latitude: 37.123_456_78, longitude: -122 } },
    {
      region: 'WNAM',
      country: 'US',
      subdivision: 'CA',
      coordinates: { latitude: 37.123_457, longitude: -122 },
    },
    'US-CA (WNAM)',
  ],
  [{ coordinates: { latitude: 1, longitude: 2 } }, { coordinates: { latitude: 1, longitude: 2 } }, '1, 2'],
] as const)('%o is completed to %o, and shown as "%s"', (place, whole, text) => {
  expect(completed(place)).toEqual(whole);
  expect(formatPlace(whole)).toBe(text);
});
