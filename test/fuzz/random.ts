/** Draws a whole number from 0 up to, not including, `below` (at least 1). */
export type Random = (below: number) => number;

/** mulberry32, from a seed: the same numbers in every run. */
export function numbersFrom(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The numbers of one case of a part, whatever cases were run before it, so that any can be repeated alone. */
export function numbersOfCase(seed: number, part: string, index: number): Random {
  let hash = 0x811c9dc5 ^ seed;
  for (const octet of Buffer.from(`${part} ${index}`)) hash = Math.imul(hash ^ octet, 0x01000193);
  return numbersFrom(hash ^ (hash >>> 15));
}

/** One of several, each as likely. */
export function oneOf<T>(random: Random, choices: readonly T[]): T {
  return choices[random(choices.length)]!;
}
