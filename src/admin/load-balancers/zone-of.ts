import { LEFT_ZONES_MAX } from '../../load-balancer/limits.ts';
import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import type { Problem } from '../http/problem.ts';
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

/** Finds whether a load balancer moves once more than it may: each zone that it left has its serial from it, too. */
export function moveProblems({ leftZones = [], zoneName }: LoadBalancer): Problem[] {
  if (leftZones.length <= LEFT_ZONES_MAX) return [];
  const sentence = `the load balancer left ${LEFT_ZONES_MAX} zones already, and cannot move to zone ${zoneName}, too; create it there and delete it here`;
  return [{ pointer: '/name', rule: '', sentence }];
}

/** Returns why nothing would ever ask a load balancer of a zone that has this host name; undefined: nothing shows. */
export function silenceOf(zone: KnownZone, hostName: string): string | undefined {
  const cut = zone.cuts?.find((each) => isIn(hostName, each));
  if (cut !== undefined)
    return `it is at or below ${cut}, which is delegated to other name servers (RFC 1034 §4.3.2)`;
  const dname = zone.dnames?.find((each) => hostName !== each && isIn(hostName, each));
  if (dname !== undefined)
    return `it is below ${dname}, which has a DNAME, so that its names are others (RFC 6672 §2.4)`;
  if (hostName === poolsNameOf(zone))
    return `the pools of zone ${zone.name} have their names below it, and nothing answers at it`;
  return undefined;
}

/** Whether a host name in lower case is at or below a zone, whose name is `.` where it is the root. */
function isIn(hostName: string, zone: string): boolean {
  return zone === '.' || hostName === zone || hostName.endsWith(`.${zone}`);
}
