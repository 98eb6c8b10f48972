/** What a locator must find, by the database's own reader and a list of prefixes. */
import { Reader } from 'mmdb-lib';
import type { Network } from '../../src/place/locator.ts';
import { completed, type Place, UNKNOWN } from '../../src/place/place.ts';
import { placeOfRecord } from '../../src/place/record.ts';

/** Returns the place of an address by these sources. */
export function createPlaceOracle(databases: readonly Buffer[], networks: readonly Network[]) {
  const readers = databases.map((octets) => new Reader(octets));
  return (octets: Uint8Array): Place => {
    const within = networks.filter((network) => isWithin(octets, network));
    const own = within.sort((a, b) => b.bits - a.bits)[0];
    if (own !== undefined) return completed(own.place);
    for (const reader of readers) {
      // The reader would look up the first 32 bits of an IPv6 address in a tree of IPv4.
      if (reader.metadata.ipVersion === 4 && octets.length === 16) continue;
      const place = placeOfRecord(reader.get(formatAddress(octets)));
      if (place !== undefined) return completed(place);
    }
    return UNKNOWN;
  };
}

/** Whether an address begins with a prefix of its family. */
export function isWithin(address: Uint8Array, { octets, bits }: Pick<Network, 'octets' | 'bits'>): boolean {
  return address.length === octets.length && sharedBits(address, octets) >= bits;
}

/** Number of first bits that two addresses share. */
export function sharedBits(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((octet, i) => octet !== b[i]);
  return at === -1 ? 8 * a.length : 8 * at + Math.clz32(a[at]! ^ b[at]!) - 24;
}

/** An address in a form that the reader takes. */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  return Array.from({ length: 8 }, (_, i) => ((octets[2 * i]! << 8) | octets[2 * i + 1]!).toString(16)).join(
    ':',
  );
}
