/** A point on the earth, in degrees: latitude from -90 to 90, longitude from -180 to 180. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Units of a stored degree: one is about a tenth of a metre, and 180 degrees fit a word. */
export const DEGREE_UNITS = 1_000_000;

/** Rounds degrees to a whole number of units. */
export function unitsOf(degrees: number): number {
  // Not -0, which would be another number.
  return Math.round(degrees * DEGREE_UNITS) + 0;
}
