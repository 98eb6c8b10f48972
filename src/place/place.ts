import { centroidOf } from './centroids.ts';
import { type Coordinates, DEGREE_UNITS, unitsOf } from './coordinates.ts';
import {
  isCountry,
  REGION_CODES,
  type RegionCode,
  regionOf,
  SPLIT_COUNTRIES,
  subdivisionOf,
} from './regions.ts';

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

/**
 * Returns the place that a text names: the code of a region (`WEU`), of a country (`DE`) or of one of its subdivisions (`US-CA`), in
 * any case, or coordinates in degrees (`50.1,8.7`), completed by what follows; undefined: it names none.
 */
export function placeNamed(text: string): Place | undefined {
  const name = text.trim().toUpperCase();
  const region = REGION_CODES.find((code): code is RegionCode => code === name);
  if (region !== undefined) return { region };
  const [, latitude, longitude] = /^(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)$/.exec(name) ?? [];
  if (latitude !== undefined) return placeAt({ latitude: Number(latitude), longitude: Number(longitude) });
  const [, country = '', part] = /^([A-Z]{2})(?:-([A-Z0-9]{1,3}))?$/.exec(name) ?? [];
  if (!isCountry(country)) return undefined;
  if (part === undefined) return completed({ country });
  const subdivision = SPLIT_COUNTRIES.includes(country) ? subdivisionOf(country, part) : undefined;
  return subdivision === undefined ? undefined : completed({ country, subdivision });
}

function placeAt(coordinates: Coordinates): Place | undefined {
  const { latitude, longitude } = coordinates;
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? completed({ coordinates }) : undefined;
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
