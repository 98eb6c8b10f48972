import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import { type KnownZone, poolsNameOf } from '../zones/known-zone.ts';

/** Where load balancers of a path are. */
export interface LoadBalancerPlace {
  /** The zone in the path; undefined: the path is that of an account, which has the load balancers of all zones. */
  readonly zone: KnownZone | undefined;
  /** The zones in which one may be made. */
  readonly zones: readonly KnownZone[];
}

/** Returns the zone of a host name: the one with the longest name at or above it; undefined: it is in none. */
export function zoneOf(zones: readonly KnownZone[], hostName: string): KnownZone | undefined {
  return zones
    .filter(({ name }) => isIn(hostName, name))
    .reduce<KnownZone | undefined>(
      (found, zone) => (found === undefined || found.name.length < zone.name.length ? zone : found),
      undefined,
    );
}

/**
 * Returns the zone in which a load balancer of this host name is written; undefined: it would move to another than that of `was`, which
 * it replaces. One that keeps its name stays in its zone. A move would take the revision that wrote it from its former zone, and lower
 * the serial of that (docs/SERIALS.md).
 */
export function zoneToWriteIn(
  zones: readonly KnownZone[],
  hostName: string,
  was: Pick<LoadBalancer, 'name' | 'zoneName'> | undefined,
): KnownZone | undefined {
  const found = zoneOf(zones, hostName);
  if (was === undefined || found?.name === was.zoneName) return found;
  return was.name === hostName ? zones.find(({ name }) => name === was.zoneName) : undefined;
}

/** The sentence that refuses a move out of a zone. */
export function moveRefused({ zoneName }: Pick<LoadBalancer, 'zoneName'>): string {
  return `the load balancer is in zone ${zoneName} and cannot move to another zone; create it there and delete it here`;
}

/** Returns why nothing would ever ask a load balancer of a zone that has this host name; undefined: nothing shows. */
export function silenceOf(zone: KnownZone, hostName: string): string | undefined {
  const cut = zone.cuts?.find((each) => isIn(hostName, each));
  if (cut !== undefined)
    return `it is at or below ${cut}, which is delegated to other name servers (RFC 1034 §4.3.2)`;
  if (hostName === poolsNameOf(zone))
    return `the pools of zone ${zone.name} have their names below it, and nothing answers at it`;
  return undefined;
}

/** Whether a host name in lower case is at or below a zone, whose name is `.` where it is the root. */
function isIn(hostName: string, zone: string): boolean {
  return zone === '.' || hostName === zone || hostName.endsWith(`.${zone}`);
}
