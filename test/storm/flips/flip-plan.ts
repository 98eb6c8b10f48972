import { ENDPOINTS } from '../../../bench/verdict/pools.ts';

/** How many of a pool's endpoints are up at each step: always the first so many of them, one more or less than before. */
const UP_BY_STEP = [4, 3, 2, 1, 2, 3] as const;

/** How many endpoints of a pool are up after so many of its flips. */
export function upAfter(steps: number): number {
  return UP_BY_STEP[steps % UP_BY_STEP.length]!;
}

/** The flip that leads to a step (from 1): one endpoint, and whether it is well then. */
export function flipTo(step: number): { readonly endpoint: number; readonly healthy: boolean } {
  const [was, is] = [upAfter(step - 1), upAfter(step)];
  return { endpoint: Math.min(was, is), healthy: is > was };
}

/** The pool whose way from verdict to answer is watched; it is flipped apart from the others. */
export const WATCHED = 0;

/** Which pool the flip of that number (from 0) concerns: each in turn, in steps that spread neighbours. `pools` at least 2. */
export function poolOf(flip: number, pools: number): number {
  const others = pools - 1;
  // 7,919 is a prime: where it does not divide `others`, every pool has its turn before one has it again.
  const stride = others % 7_919 === 0 ? 1 : 7_919;
  return 1 + Number((BigInt(flip % others) * BigInt(stride)) % BigInt(others));
}

/** A pool's place in each round of flips, from 0: the reverse of poolOf. */
export function placesOf(pools: number): Int32Array {
  const places = new Int32Array(pools);
  for (let flip = 0; flip < pools - 1; flip += 1) places[poolOf(flip, pools)] = flip;
  return places;
}

/** Flips of a pool among the first `flips` of all. */
export function stepsOf(place: number, flips: number, pools: number): number {
  return Math.floor((flips - place - 1) / (pools - 1)) + 1;
}

/** How many endpoints are up in an answer's addresses; undefined: they are not the first so many, each once. */
export function upIn(
  addresses: readonly string[],
  addressOf: (endpoint: number) => string,
): number | undefined {
  const wanted = new Set(Array.from({ length: addresses.length }, (_, i) => addressOf(i)));
  const isPlanned = addresses.length >= 1 && addresses.length <= ENDPOINTS;
  return isPlanned && wanted.symmetricDifference(new Set(addresses)).size === 0
    ? addresses.length
    : undefined;
}

/** How many endpoints are up before the first flip. */
export const ALL_UP: number = UP_BY_STEP[0];
