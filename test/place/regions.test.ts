import { expect, test } from 'vitest';
import { REGION_CODES, REGIONS, SPLIT_COUNTRIES } from '../../src/place/regions.ts';

const places = REGIONS.flatMap(({ code: region, countries }) =>
  countries.flatMap(({ code, subdivisions }) =>
    (subdivisions ?? [undefined]).map((part) => ({ region, place: part ? `${code}-${part.code}` : code })),
  ),
);

test('every place is in one region, and there are as many places as in ISO 3166', () => {
  expect(REGIONS.map(({ code }) => code)).toEqual(REGION_CODES);
  const twice = places.filter(({ place }, at) => places.findIndex((one) => one.place === place) !== at);
  expect(twice).toEqual([]);
  // 249 countries and XK, of which two are split: 13 provinces and territories, 50 states and DC.
  expect(places).toHaveLength(250 - 2 + 13 + 51);
  for (const { code, subdivisions } of REGIONS.flatMap(({ countries }) => countries))
    expect(subdivisions !== undefined).toBe(SPLIT_COUNTRIES.includes(code));
});

test('every country code has its own name', () => {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  const codes = [...new Set(REGIONS.flatMap(({ countries }) => countries.map(({ code }) => code)))];
  expect(codes.filter((code) => names.of(code) === undefined)).toEqual([]);
  expect(new Set(codes.map((code) => names.of(code))).size).toBe(codes.length);
});

test('WNAM includes the places that the reference API publishes', () => {
  const published = 'CA-AB CA-BC HT MX US-AZ US-CA US-CO US-HI US-MN US-MO US-NV US-OR US-TX US-UT US-WA';
  const west = places.filter(({ region }) => region === 'WNAM').map(({ place }) => place);
  expect(west).toEqual(expect.arrayContaining(published.split(' ')));
});

test.each([
  ['US-NY', 'ENAM'],
  ['CA-YT', 'WNAM'],
  ['YT', 'SAF'],
  ['DE', 'WEU'],
  ['CZ', 'EEU'],
  ['BR', 'SSAM'],
  ['PE', 'NSAM'],
  ['EG', 'NAF'],
  ['IN', 'SAS'],
  ['SG', 'SEAS'],
  ['JP', 'NEAS'],
  ['SA', 'ME'],
  ['AU', 'OC'],
])('%s lies in %s', (place, region) => {
  expect(places.find((one) => one.place === place)?.region).toBe(region);
});
