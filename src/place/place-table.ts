import { DEGREE_UNITS, unitsOf } from './coordinates.ts';
import { AREA, LATITUDE, LONGITUDE, NO_COORDINATES, PLACE_WORDS, PLACES, PLACES_AT } from './locate.ts';
import { LocatorError } from './locator-error.ts';
import { type Area, completed, type Place, UNKNOWN } from './place.ts';
import { pointOf } from './point.ts';
import type { Words } from './strides.ts';

/** Maximum number of places of a locator, of which each has a number. */
export const PLACES_MAX = 1 << 20;

/** The point of a place without coordinates: no place is the centre of the earth. */
const NOWHERE = { x: 0, y: 0, z: 0 };

/** Gives places numbers from 1 on, in the order in which they come, and their areas as well. 0 is the unknown place. */
export interface PlaceTable {
  /** Returns the number of a place. Throws LocatorError. */
  numberOf(place: Place): number;
  /** Returns the number of the area of a place. */
  areaOf(number: number): number;
  /** Number of places, with the unknown one. */
  readonly size: number;
  /** The areas by number. */
  readonly areas: readonly Area[];
  /** Writes the table, and returns its first word. */
  write(words: Words): number;
}

/** Creates a table with the unknown place only. */
export function createPlaceTable(placesMax = PLACES_MAX): PlaceTable {
  const numbers = new Map<string, number>();
  const areaNumbers = new Map<string, number>();
  const areas: Area[] = [];
  /** PLACE_WORDS for each place. */
  const rows: number[] = [];

  function numberOf(place: Place): number {
    const { coordinates, ...area } = completed(place);
    const areaKey = `${area.region ?? ''}/${area.country ?? ''}/${area.subdivision ?? ''}`;
    const [latitude, longitude] =
      coordinates === undefined
        ? [NO_COORDINATES, NO_COORDINATES]
        : [unitsOf(coordinates.latitude), unitsOf(coordinates.longitude)];
    const key = `${areaKey}/${latitude}/${longitude}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    if (numbers.size > placesMax) throw new LocatorError(`has more than ${placesMax} places`);
    const number = numbers.size;
    numbers.set(key, number);
    let areaNumber = areaNumbers.get(areaKey);
    if (areaNumber === undefined) {
      areaNumber = areaNumbers.size;
      areaNumbers.set(areaKey, areaNumber);
      areas.push(area);
    }
    const { x, y, z } =
      coordinates === undefined ? NOWHERE : pointOf(coordinates.latitude, coordinates.longitude);
    rows.push(areaNumber, latitude, longitude, x, y, z);
    return number;
  }

  numberOf(UNKNOWN);
  return {
    numberOf,
    areaOf: (number) => rows[PLACE_WORDS * number + AREA]!,
    get size() {
      return numbers.size;
    },
    areas,
    write(words) {
      const first = words.add(rows.length);
      for (const [i, word] of rows.entries()) words.set(first + i, word);
      return first;
    },
  };
}

/** Returns the place with a number, from the words of a locator and its areas. */
export function placeAt(words: Int32Array, areas: readonly Area[], number: number): Place {
  if (number >= words[PLACES]!) throw new Error(`There is no place ${number}.`);
  const at = words[PLACES_AT]! + PLACE_WORDS * number;
  const area = areas[words[at + AREA]!]!;
  const latitude = words[at + LATITUDE]!;
  if (latitude === NO_COORDINATES) return area;
  return {
    ...area,
    coordinates: {
      latitude: latitude / DEGREE_UNITS,
      longitude: words[at + LONGITUDE]! / DEGREE_UNITS,
    },
  };
}
