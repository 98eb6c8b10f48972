import { centroidOf } from './centroids.ts';
import { type Coordinates, DEGREE_UNITS, unitsOf } from './coordinates.ts';
import { type RegionCode, regionOf } from './regions.ts';

/** The parts of a place that maps of regions and countries look at. */
export interface Area {
  /** Absent: unknown, as for the other parts. */
  readonly region?: RegionCode;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country?: string;
  /** ISO 3166-2 without the country; only in the countries of SPLIT_COUNTRIES. */
  readonly subdivision?: string;
}

/** Where a client is, as far as known. A place of which nothing is known has no parts. */
export interface Place extends Area {
  readonly coordinates?: Coordinates;
}

/** Nothing is known. */
export const UNKNOWN: Place = {};

/**
 * Completes a place by what follows from its parts: a country has a region, and a centroid where the place has no coordinates.
 * Coordinates are rounded to DEGREE_UNITS.
 */
export function completed({ region, country, subdivision, coordinates }: Place): Place {
  const where = region ?? (country === undefined ? undefined : regionOf(country, subdivision));
  const point = coordinates ?? (country === undefined ? undefined : centroidOf(country));
  return {
    ...(where !== undefined && { region: where }),
    ...(country !== undefined && { country }),
    ...(subdivision !== undefined && { subdivision }),
    ...(point !== undefined && {
      coordinates: { latitude: rounded(point.latitude), longitude: rounded(point.longitude) },
    }),
  };
}

/** Formats a place for people: `US-CA (WNAM)`, `DE (WEU)`, `WEU`, `52.5, 13.4` or `unknown`. */
export function formatPlace({ region, country, subdivision, coordinates }: Place): string {
  const inCountry = subdivision === undefined ? country : `${country}-${subdivision}`;
  if (inCountry !== undefined) return region === undefined ? inCountry : `${inCountry} (${region})`;
  if (region !== undefined) return region;
  return coordinates === undefined ? 'unknown' : `${coordinates.latitude}, ${coordinates.longitude}`;
}

function rounded(degrees: number): number {
  return unitsOf(degrees) / DEGREE_UNITS;
}
