import type { MonitorRole } from '../check/pool-monitors.ts';

/** The verdict of one running monitor on an endpoint. */
export interface MemberHealth extends MonitorRole {
  /** The verdict of its check; undefined: no result yet. */
  readonly healthy: boolean | undefined;
}

/**
 * Returns whether an endpoint is healthy by all monitors that run for it; undefined while that is unknown.
 * - A failing `mustBeHealthy` monitor decides alone. While one of these has no result, the health is unknown.
 * - Otherwise more than half of the votes make the endpoint unhealthy; a tie is healthy. A monitor without a result has
 *   no vote yet.
 * - Without voting monitors the `mustBeHealthy` ones decide, and without these the health stays unknown.
 *
 * The only monitor of a pool is a group of one.
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
 * Returns the members that made an endpoint `healthy` or not, in their order: the failing `mustBeHealthy` ones of an
 * unhealthy endpoint, else the voters that agree, or without voters the `mustBeHealthy` ones.
 */
export function decisive<M extends MemberHealth>(members: readonly M[], healthy: boolean): M[] {
  const alike = members.filter((member) => member.healthy === healthy);
  const critical = alike.filter(({ mustBeHealthy }) => mustBeHealthy);
  if (!healthy && critical.length > 0) return critical;
  const voters = alike.filter(({ monitoringOnly }) => !monitoringOnly);
  return voters.length > 0 ? voters : critical;
}
