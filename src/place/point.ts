/** Parts of the earth's radius in which points are counted: one is about six metres. Squares of distances are exact numbers. */
const RADIUS_UNITS = 2 ** 20;

/** A point on the earth, in whole parts of its radius from its centre. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Returns the point of coordinates in degrees, on a sphere. It is never the centre. */
export function pointOf(latitude: number, longitude: number): Point {
  const north = (latitude * Math.PI) / 180;
  const east = (longitude * Math.PI) / 180;
  return {
    x: Math.round(RADIUS_UNITS * Math.cos(north) * Math.cos(east)),
    y: Math.round(RADIUS_UNITS * Math.cos(north) * Math.sin(east)),
    z: Math.round(RADIUS_UNITS * Math.sin(north)),
  };
}

/** Returns the square of the straight distance of two points: the smaller it is, the nearer they are on the ground, too. */
export function squaredDistance(a: Point, b: Point): number {
  return (a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2;
}

/** Mean radius of the earth, kilometres. */
const EARTH_RADIUS_KM = 6_371;

/** Returns the distance of two points on the ground, kilometres. */
export function groundDistanceKm(a: Point, b: Point): number {
  const chord = Math.sqrt(squaredDistance(a, b)) / RADIUS_UNITS;
  return EARTH_RADIUS_KM * 2 * Math.asin(Math.min(1, chord / 2));
}
