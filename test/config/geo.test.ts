import { describe, expect, test } from 'vitest';
import { DATABASES_MAX, NETWORKS_MAX } from '../../src/config/geo.ts';
import { POP_CHARACTERS_MAX } from '../../src/place/pop.ts';
import { configOf, problemsOf } from './loading.ts';

const CENTRE_OF_GERMANY = { latitude: 51.1, longitude: 10.4 };
const networks = (lines: object) => `geo: { networks: ${JSON.stringify(lines)} }`;

describe('geo.networks', () => {
  test.each([
    {
      place: { country: 'de' },
      read: { region: 'WEU', country: 'DE', coordinates: CENTRE_OF_GERMANY },
    },
    { place: { region: 'weu' }, read: { region: 'WEU' } },
    {
      place: { region: 'WEU', latitude: 50.1, longitude: 8.7 },
      read: { region: 'WEU', coordinates: { latitude: 50.1, longitude: 8.7 } },
    },
    {
      place: { country: 'US', subdivision: 'california', latitude: -0.00000001, longitude: 180 },
      read: {
        region: 'WNAM',
        country: 'US',
        subdivision: 'CA',
        coordinates: { latitude: 0, longitude: 180 },
      },
    },
    {
      place: { country: 'US', region: 'WNAM' },
      read: { region: 'WNAM', country: 'US', coordinates: { latitude: 39.9, longitude: -98.8 } },
    },
    {
      place: { country: 'CA' },
      read: { region: 'ENAM', country: 'CA', coordinates: { latitude: 60.7, longitude: -98.1 } },
    },
  ])('$place is the place $read', ({ place, read }) => {
    expect(configOf(networks({ '192.0.2.0/24': place })).geo.networks).toEqual([
      { octets: Uint8Array.of(192, 0, 2, 0), bits: 24, place: read },
    ]);
  });

  test('prefixes are of both families, and an address is a prefix of all its bits', () => {
    const read = configOf(networks({ '192.0.2.1': { country: 'DE' }, '2001:db8::/32': { country: 'DE' } }));
    expect(read.geo.networks.map(({ octets, bits }) => [octets.length, bits])).toEqual([
      [4, 32],
      [16, 32],
    ]);
  });

  test.each([
    ['192.0.2.1/24', { country: 'DE' }, 'has bits set after its length of 24'],
    ['2001:db8::1/127', { country: 'DE' }, 'has bits set after its length of 127'],
    ['192.0.2.0/33', { country: 'DE' }, 'has a length of 33; 32 at most'],
    ['example', { country: 'DE' }, 'must be an IP prefix'],
    ['192.0.2.0/24', {}, 'says nothing; give it a region, a country, or latitude and longitude'],
    ['192.0.2.0/24', { country: 'ZZ' }, 'is not the code of a country'],
    ['192.0.2.0/24', { country: 276 }, 'must be a string, not 276; put it in quotes'],
    ['192.0.2.0/24', { region: 'WEUR' }, 'is not one of WNAM, ENAM, WEU, EEU'],
    ['192.0.2.0/24', { country: 'DE', region: 'EEU' }, 'has region EEU, but DE lies in WEU'],
    ['192.0.2.0/24', { country: 'US', region: 'WEU' }, 'has region WEU, but US lies in ENAM'],
    [
      '192.0.2.0/24',
      { country: 'US', subdivision: 'CA', region: 'ENAM' },
      'has region ENAM, but US-CA lies in WNAM',
    ],
    ['192.0.2.0/24', { country: 'US', subdivision: 'ON' }, 'has a subdivision that US does not have'],
    ['192.0.2.0/24', { country: 'DE', subdivision: 'BY' }, 'only the countries CA and US have here'],
    ['192.0.2.0/24', { subdivision: 'CA' }, 'only the countries CA and US have here'],
    ['192.0.2.0/24', { latitude: 1 }, 'needs longitude as well'],
    ['192.0.2.0/24', { latitude: 90.1, longitude: 0 }, 'is 90.1; must be a number from -90 to 90'],
    ['192.0.2.0/24', { latitude: '1', longitude: 0 }, 'must be a number, not "1"'],
    ['192.0.2.0/24', { city: 'Berlin' }, 'is not a key here'],
    ['192.0.2.0/24', 'DE', 'must be a mapping, not "DE"'],
  ])('%s: %o is refused: %s', (prefix, place, rule) => {
    const problems = problemsOf(networks({ [prefix]: place }));
    expect(problems).toEqual([expect.stringContaining(rule)]);
    expect(problems[0]).toMatch(`geo.networks.${prefix}`);
  });

  test('the same prefix in two spellings is refused', () => {
    const twice = { '2001:db8::/32': { country: 'DE' }, '2001:0db8::/32': { country: 'FR' } };
    expect(problemsOf(networks(twice))).toEqual([
      'geo.networks.2001:0db8::/32: is the same prefix as "2001:db8::/32"; remove one of them',
    ]);
  });

  test(`at most ${NETWORKS_MAX} have a place`, () => {
    const many = (count: number) =>
      networks(
        Object.fromEntries(
          Array.from({ length: count }, (_, i) => [`10.${i >> 8}.${i & 255}.0/24`, { country: 'DE' }]),
        ),
      );
    expect(problemsOf(many(NETWORKS_MAX))).toEqual([]);
    expect(problemsOf(many(NETWORKS_MAX + 1))).toEqual(['geo.networks: has 1001 keys; 1000 at most']);
  });
});

describe('geo.database', () => {
  test.each([
    { written: '{}', read: undefined },
    { written: '{ database: [] }', read: [] },
    { written: '{ database: city.mmdb }', read: ['city.mmdb'] },
    { written: '{ database: [city.mmdb, country.mmdb] }', read: ['city.mmdb', 'country.mmdb'] },
  ])('$written names the files $read', ({ written, read }) => {
    expect(configOf(`geo: ${written}`).geo.databases).toEqual(read);
  });

  test(`at most ${DATABASES_MAX} files are read`, () => {
    expect(problemsOf('geo: { database: [a, b, c] }')).toEqual([
      'geo.database: has 3 items; must have 0 to 2',
    ]);
    expect(problemsOf('geo: { database: "" }')).toEqual(['geo.database: "" is not a file name']);
  });
});

describe('location', () => {
  test.each([
    { written: '', read: { place: {} } },
    { written: 'region: WEU', read: { place: { region: 'WEU' } } },
    { written: 'region: fra-1', read: { place: {} } },
    { written: 'region: WEU\nlocation: { pop: FRA }', read: { place: { region: 'WEU' }, pop: 'FRA' } },
    {
      written: 'region: WEU\nlocation: { country: JP }',
      read: {
        place: { region: 'NEAS', country: 'JP', coordinates: { latitude: 37.4, longitude: 137.6 } },
      },
    },
  ])('"$written" places the node at $read', ({ written, read }) => {
    expect(configOf(written).location).toEqual(read);
  });

  test.each(['FRA', 'A', '1', 'EU-1', 'A'.repeat(POP_CHARACTERS_MAX)])('a node may be at site %s', (pop) => {
    expect(configOf(`location: { pop: "${pop}" }`).location.pop).toBe(pop);
  });

  test.each([
    { pop: 'fra1', hint: ' (did you mean "FRA1"?)' },
    { pop: 'eu_1', hint: '' },
    { pop: 'A.B', hint: '' },
    { pop: 'F RA', hint: '' },
    { pop: 'FRA-', hint: '' },
    { pop: 'A'.repeat(POP_CHARACTERS_MAX + 1), hint: '' },
  ])('a node had the site $pop, which no load balancer could name', ({ pop, hint }) => {
    expect(problemsOf(`location: { pop: "${pop}" }`)).toEqual([
      `location.pop: "${pop}" must be the code of a site: 1 to 32 upper-case letters, digits and hyphens, a letter or digit first and last${hint}`,
    ]);
  });

  test('a place whose fields contradict each other is refused', () => {
    expect(problemsOf('location: { country: DE, region: EEU }')).toEqual([
      'location: has region EEU, but DE lies in WEU',
    ]);
  });
});
