import type { Say } from '../check/pool-monitors.ts';

/** What one running monitor says of an endpoint. */
export interface MemberHealth extends Say {
  /** The verdict of its check; undefined: no result yet. */
  readonly healthy: boolean | undefined;
}

/**
 * Whether an endpoint is healthy by all the monitors that run for it; undefined: that is not known (yet). One that
 * must be healthy and is not decides alone; until all of those have a result, nothing is known. Otherwise it takes
 * more than half of the votes there are to be unhealthy, so that a tie is healthy; a voter without a result has no
 * vote yet. Without voters those that must be healthy decide, and without these nobody does. A pool's only monitor is
 * a group of one voter.
 */
export function groupHealth(members: readonly MemberHealth[]): boolean | undefined {
  const critical = members.filter(({ mustBeHealthy }) => mustBeHealthy);
  if (critical.some(({ healthy }) => healthy === false)) return false;
  if (critical.some(({ healthy }) => healthy === undefined)) return undefined;
  const voters = members.filter(({ monitoringOnly }) => !monitoringOnly);
  if (voters.length === 0) return critical.length > 0 ? true : undefined;
  const votes = voters.filter(({ healthy }) => healthy !== undefined);
  if (votes.length === 0) return undefined;
  return votes.filter(({ healthy }) => !healthy).length * 2 <= votes.length;
}

/**
 * The members whose results are why an endpoint is as `healthy` says, in their order: for an unhealthy one those that
 * must be healthy and are not, where there are any; else the voters that say the same, or for want of voters those
 * that must be healthy.
 */
export function decisive<M extends MemberHealth>(members: readonly M[], healthy: boolean): M[] {
  const alike = members.filter((member) => member.healthy === healthy);
  const critical = alike.filter(({ mustBeHealthy }) => mustBeHealthy);
  if (!healthy && critical.length > 0) return critical;
  const voters = alike.filter(({ monitoringOnly }) => !monitoringOnly);
  return voters.length > 0 ? voters : critical;
}
