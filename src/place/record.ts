import type { Coordinates } from './coordinates.ts';
import type { Place } from './place.ts';
import { isCountry, subdivisionOf } from './regions.ts';

/**
 * Reads a record of a database, in either schema: that of MaxMind (`country.iso_code`, `subdivisions[0].iso_code`, `location.latitude`
 * and `.longitude`), or the flat one of ip-location-db (`country_code`, `state1`, `latitude`, `longitude`). Returns undefined for a record that says nothing
 * about a place, such as one with a country code that no country has (as `EU` or `T1`).
 */
export function placeOfRecord(record: unknown): Place | undefined {
  const given = textIn(record, ['country', 'iso_code']) ?? textIn(record, ['country_code']);
  const code = given?.toUpperCase();
  const country = code !== undefined && isCountry(code) ? code : undefined;
  const state = textIn(record, ['subdivisions', 0, 'iso_code']) ?? textIn(record, ['state1']);
  const subdivision =
    country === undefined || state === undefined ? undefined : subdivisionOf(country, state);
  const coordinates = coordinatesIn(valueIn(record, ['location'])) ?? coordinatesIn(record);
  if (country === undefined && coordinates === undefined) return undefined;
  return {
    ...(country !== undefined && { country }),
    ...(subdivision !== undefined && { subdivision }),
    ...(coordinates !== undefined && { coordinates }),
  };
}

function coordinatesIn(record: unknown): Coordinates | undefined {
  const latitude = degreesIn(record, 'latitude', 90);
  const longitude = degreesIn(record, 'longitude', 180);
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

function degreesIn(record: unknown, key: string, max: number): number | undefined {
  const found = valueIn(record, [key]);
  const degrees = typeof found === 'string' && found.trim() !== '' ? Number(found) : found;
  return typeof degrees === 'number' && Math.abs(degrees) <= max ? degrees : undefined;
}

function textIn(record: unknown, path: readonly (string | number)[]): string | undefined {
  const found = valueIn(record, path);
  return typeof found === 'string' ? found : undefined;
}

function valueIn(record: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string | number, unknown>)[key]
        : undefined,
    record,
  );
}
