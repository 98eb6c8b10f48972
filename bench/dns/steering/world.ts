import { drawing } from '../../locator/synthetic.ts';
import { addressesOf, label, ZONE } from '../names.ts';

/** Countries with a pool each in every group of pools. */
export const COUNTRIES = ['DE', 'FR', 'JP', 'BR', 'AU', 'US', 'CA', 'IN'] as const;
/** Groups of pools, which the names use in turn. */
export const GROUPS = 100;
export const POOLS = GROUPS * COUNTRIES.length;

/** The number of the pool that a group has for a country. */
export function poolOf(group: number, country: number): number {
  return group * COUNTRIES.length + country;
}

/** Bits of a network of clients, which are all of 10.0.0.0/8. */
const NETWORKS = 1 << 16;

/** A network of clients: 24 bits, in presentation form, and the index of its country. */
export interface Network {
  readonly prefix: string;
  readonly octets: Uint8Array;
  readonly country: number;
}

/** All networks, each in a country drawn at random, but the same on every run: neighbours mostly differ. */
export function networks(): Network[] {
  const draw = drawing();
  return Array.from({ length: NETWORKS }, (_, i) => ({
    prefix: `10.${i >> 8}.${i & 0xff}.0`,
    octets: Uint8Array.of(10, i >> 8, i & 0xff, 0),
    country: Math.floor(draw() * COUNTRIES.length),
  }));
}

/** The name `i` that is answered by the country of the client, and by what is nearest to it. */
export function geoName(i: number): string {
  return `${label(i)}.geo.${ZONE}`;
}
export function nearName(i: number): string {
  return `${label(i)}.near.${ZONE}`;
}

/** Of so many names by country, the number of names that are answered by what is nearest: they take time to load. */
export function nearNames(names: number): number {
  return Math.ceil(names / 10);
}

/** The network by which a server shows that it answers right, as dig is told. */
const SHOWN = 7;
export const SHOWN_SUBNET = `+subnet=10.0.${SHOWN}.0/24`;

/** What the name `i` is answered with for that network. */
export function shownAddresses(i: number): string[] {
  return addressesOf(poolOf(i % GROUPS, networks()[SHOWN]!.country));
}
