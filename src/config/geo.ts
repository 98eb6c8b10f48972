import { nearest } from '../input/nearest.ts';
import {
  type Place as At,
  decimal,
  entries,
  keyIn,
  list,
  type Mapping,
  mapping,
  optional,
  type Reader,
  report,
  type Sound,
  section,
  shapedAs,
  TextError,
  text,
} from '../input/reader.ts';
import type { Network } from '../place/locator.ts';
import { completed, type Place } from '../place/place.ts';
import { popFault } from '../place/pop.ts';
import {
  isCountry,
  REGION_CODES,
  type RegionCode,
  regionOf,
  SPLIT_COUNTRIES,
  subdivisionOf,
} from '../place/regions.ts';
import type { Geo, Location } from './config.ts';
import { file } from './encrypted.ts';
import { type Prefix, parsePrefix } from './prefix.ts';

/** Maximum number of database files: one of cities, and one of countries for what that does not know. */
export const DATABASES_MAX = 2;
/** Maximum number of networks with a place of their own. */
export const NETWORKS_MAX = 1_000;

const regionCode: Reader<RegionCode> = text((found) => {
  const code = REGION_CODES.find((each) => each === found.toUpperCase());
  if (code === undefined)
    throw new TextError(`is not one of ${REGION_CODES.join(', ')}${nearest(found, REGION_CODES)}`);
  return code;
});

const country = text((found) => {
  const code = found.toUpperCase();
  if (!isCountry(code)) throw new TextError('is not the code of a country (ISO 3166-1 alpha-2), such as DE');
  return code;
});

const pop = text((found) => {
  const fault = popFault(found);
  if (fault !== undefined) throw new TextError(fault);
  return found;
});

const anyText = text((found) => found);

const placeFields = {
  region: optional(regionCode),
  country: optional(country),
  subdivision: optional(anyText),
  latitude: optional(decimal(-90, 90)),
  longitude: optional(decimal(-180, 180)),
};

const readPlace = mapping(placeFields);
const networkPlace: Reader<Place> = shapedAs(readPlace, (value, at) => {
  const before = at.problems.length;
  const found = readPlace(value, at);
  if (found === undefined || at.problems.length > before) return undefined;
  const place = placeOf(found, at);
  if (place !== undefined && Object.keys(place).length === 0)
    return report(at, 'says nothing; give it a region, a country, or latitude and longitude');
  return place;
});

const exactPrefix: Reader<Prefix & { readonly name: string }> = text((found) => {
  const prefix = parsePrefix(found);
  const { octets, bits } = prefix;
  if (octets.some((octet, i) => (octet & (0xff >> Math.min(8, Math.max(0, bits - 8 * i)))) !== 0))
    throw new TextError(`has bits set after its length of ${bits}`);
  return { ...prefix, name: found };
});

const readNetworks = entries(exactPrefix, networkPlace, NETWORKS_MAX);
const networks: Reader<Network[]> = shapedAs(readNetworks, (value, at) => {
  const names = new Map<string, string>();
  return readNetworks(value, at)?.map(([{ octets, bits, name }, place]) => {
    const key = `${octets.join('.')}/${bits}`;
    const other = names.get(key);
    if (other !== undefined) report(keyIn(at, name), `is the same prefix as "${other}"; remove one of them`);
    names.set(key, name);
    return { octets, bits, place };
  });
});

/** One file, or a list of them. */
const readDatabases = list(file, 0, DATABASES_MAX);
const databases: Reader<string[]> = shapedAs(readDatabases, (value, at) => {
  if (Array.isArray(value)) return readDatabases(value, at);
  const only = file(value, at);
  return only === undefined ? undefined : [only];
});

const geoFields = { database: optional(databases), networks: optional(networks, []) };
const locationFields = { ...placeFields, pop: optional(pop) };

/** Reads the section `geo`. */
export const geo = section(geoFields);
const readLocation = mapping(locationFields);
const readsLocation: Reader<Location> = shapedAs(readLocation, (value, at) => {
  const before = at.problems.length;
  const found = readLocation(value, at);
  if (found === undefined || at.problems.length > before) return undefined;
  const place = placeOf(found, at);
  if (place === undefined) return undefined;
  return { place, ...(found.pop !== undefined && { pop: found.pop }) };
});
/** Reads the section `location`. */
export const location = optional(readsLocation);

/** Makes the sources of places of a section without problems. */
export function geoOf({ database, networks }: Sound<Mapping<typeof geoFields>>): Geo {
  return { ...(database !== undefined && { databases: database }), networks };
}

/** Makes the location of a node, whose region counts where it is one of the API and the configuration says nothing more. */
export function locationOf(found: Location | undefined, nodeRegion: string): Location {
  const code = REGION_CODES.find((each) => each === nodeRegion);
  const place = found?.place ?? {};
  if (Object.keys(place).length > 0 || code === undefined) return { ...found, place };
  return { ...found, place: { region: code } };
}

/** Makes a place of fields without problems. Reports fields that contradict each other. */
function placeOf(fields: Mapping<typeof placeFields>, at: At): Place | undefined {
  const { region, country, subdivision, latitude, longitude } = fields;
  if ((latitude === undefined) !== (longitude === undefined))
    return report(at, `needs ${latitude === undefined ? 'latitude' : 'longitude'} as well`);
  if (subdivision !== undefined && (country === undefined || !SPLIT_COUNTRIES.includes(country)))
    return report(
      at,
      `has a subdivision, which only the countries ${SPLIT_COUNTRIES.join(' and ')} have here`,
    );
  const part = subdivision === undefined ? undefined : subdivisionOf(country!, subdivision);
  if (subdivision !== undefined && part === undefined)
    return report(
      at,
      `has a subdivision that ${country} does not have (ISO 3166-2, such as ${country === 'US' ? 'CA' : 'ON'})`,
    );
  const lies = country === undefined ? undefined : regionOf(country, part);
  const isWholeKnown = part !== undefined || !SPLIT_COUNTRIES.includes(country ?? '');
  if (
    region !== undefined &&
    lies !== undefined &&
    region !== lies &&
    (isWholeKnown || !/^[WE]NAM$/.test(region))
  )
    return report(
      at,
      `has region ${region}, but ${country}${part === undefined ? '' : `-${part}`} lies in ${lies}`,
    );
  return completed({
    ...(region !== undefined && { region }),
    ...(country !== undefined && { country }),
    ...(part !== undefined && { subdivision: part }),
    ...(latitude !== undefined && longitude !== undefined && { coordinates: { latitude, longitude } }),
  });
}
