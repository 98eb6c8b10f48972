import { addressOctets } from '../dns/address-octets.ts';
import { prependLabel } from '../dns/name.ts';
import type { RRset } from '../dns/rrset.ts';
import { Type } from '../dns/type.ts';
import type { Member } from '../pool/members.ts';
import type { ZoneHead } from './zone.ts';

/**
 * Addresses of one family that an answer holds at the most: more would come near the largest message there is
 * (28 octets for each AAAA). Members past it are not answered.
 */
export const POOL_RECORDS_MAX = 2_000;

/** A pool's address records in a zone, and the weight of each. */
export interface PoolRRset {
  readonly rrset: RRset;
  /** One for each record; whole numbers, at least 1. */
  readonly weights: readonly number[];
}

/**
 * The A and the AAAA set of a pool in a zone where pools appear; a family without members has none. Their TTL is the zone's
 * for pools, or the shortest that a member asks for.
 */
export function poolRRsets(
  zone: Pick<ZoneHead, 'pools' | 'poolTtlSeconds'>,
  poolName: string,
  members: readonly Member[],
): PoolRRset[] {
  if (zone.pools === undefined) return [];
  const owner = prependLabel(poolName, zone.pools);
  // One for both: a set has one TTL (RFC 2181 §5.2), and clients ask for both at a time.
  const ttlSeconds = members.reduce(
    (least, member) => Math.min(least, member.ttlSeconds ?? least),
    zone.poolTtlSeconds,
  );
  const families = [
    { type: Type.A, of: members.filter(({ address }) => isIPv4(address)) },
    { type: Type.AAAA, of: members.filter(({ address }) => isIPv6(address)) },
  ];
  return families
    .filter(({ of }) => of.length > 0)
    .map(({ type, of }) => {
      const answered = of.slice(0, POOL_RECORDS_MAX);
      return {
        rrset: {
          owner,
          type,
          ttlSeconds,
          rdata: answered.map(({ address }) => addressOctets(address)!),
        },
        weights: answered.map(({ weight }) => weight),
      };
    });
}

// Members' addresses were validated where they came in; a host name has no colon, and some letter in its last label.
function isIPv6(address: string): boolean {
  return address.includes(':');
}

function isIPv4(address: string): boolean {
  return /^[\d.]+$/.test(address);
}
