import type { AddressRange } from './condition.ts';

/** The places where an address of one family is in the ranges or not, by turns. */
export interface Boundaries {
  /** Whether the first address of all is in one. */
  readonly startsInside: boolean;
  /** Pairs of addresses that follow each other, of which one is in a range and the other is not; in order. */
  readonly pairs: readonly (readonly [before: Uint8Array, after: Uint8Array])[];
}

/**
 * Returns the boundaries of ranges for addresses of 4 or 16 octets. Between two of them all addresses are alike, so that what an
 * address has in common with the nearest ones tells how many of its bits decide.
 */
export function boundariesOf(ranges: readonly AddressRange[], octets: 4 | 16): Boundaries {
  const last = (1n << BigInt(8 * octets)) - 1n;
  const merged = joined(ranges.filter(({ from }) => from.length === octets));
  const afters = merged.flatMap(([first, end]) => [first, end + 1n]).filter((at) => at > 0n && at <= last);
  return {
    startsInside: merged[0]?.[0] === 0n,
    pairs: afters.map((after) => [octetsOf(after - 1n, octets), octetsOf(after, octets)]),
  };
}

/** The ranges as numbers, in order, without two that touch. */
function joined(ranges: readonly AddressRange[]): [bigint, bigint][] {
  const all = ranges
    .map(({ from, to }): [bigint, bigint] => [numberOf(from), numberOf(to)])
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const found: [bigint, bigint][] = [];
  for (const [first, last] of all) {
    const before = found.at(-1);
    if (before === undefined || first > before[1] + 1n) found.push([first, last]);
    else if (last > before[1]) before[1] = last;
  }
  return found;
}

function numberOf(octets: Uint8Array): bigint {
  return octets.reduce((number, octet) => (number << 8n) | BigInt(octet), 0n);
}

function octetsOf(number: bigint, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  for (let at = length - 1, rest = number; at >= 0; at -= 1, rest >>= 8n) octets[at] = Number(rest & 0xffn);
  return octets;
}
