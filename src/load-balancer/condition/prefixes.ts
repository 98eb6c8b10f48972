import type { AddressRange } from './condition.ts';

/** The first `bits` of an address of 4 or 16 octets. */
export interface AddressPrefix {
  readonly octets: Uint8Array;
  readonly bits: number;
}

/**
 * Returns the fewest prefixes that have the addresses of ranges, and no others, in order; IPv4 before IPv6. Of an address, the
 * longest part that a prefix has in common with it decides whether it is in one.
 */
export function prefixesOf(ranges: readonly AddressRange[]): AddressPrefix[] {
  return [4, 16].flatMap((length) =>
    joined(ranges.filter(({ from }) => from.length === length)).flatMap(([first, last]) =>
      split(first, last, length),
    ),
  );
}

/** The ranges as numbers, in order, without gaps between any two that touch. */
function joined(ranges: readonly AddressRange[]): [bigint, bigint][] {
  const all = ranges
    .map(({ from, to }): [bigint, bigint] => [numberOf(from), numberOf(to)])
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const found: [bigint, bigint][] = [];
  for (const [first, last] of all) {
    const before = found.at(-1);
    if (before !== undefined && first <= before[1] + 1n) {
      if (last > before[1]) before[1] = last;
    } else found.push([first, last]);
  }
  return found;
}

/** The largest prefixes from the start of a range to its end. */
function split(first: bigint, last: bigint, length: number): AddressPrefix[] {
  const found: AddressPrefix[] = [];
  for (let from = first; from <= last; ) {
    let bits = length * 8;
    let size = 1n;
    while (bits > 0 && (from & (2n * size - 1n)) === 0n && from + 2n * size - 1n <= last) {
      size *= 2n;
      bits -= 1;
    }
    found.push({ octets: octetsOf(from, length), bits });
    from += size;
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
