import type { MonitorRole } from '../../check/pool-monitors.ts';
import type { Observation } from '../../health/observation.ts';

/** The newest results of live workers for an endpoint and one of its monitors. */
export interface Measured extends Pick<MonitorRole, 'monitoringOnly'> {
  readonly observations: readonly Pick<Observation, 'region' | 'rttMs' | 'atMs' | 'lastOk' | 'fault'>[];
}

/**
 * Returns the round-trip time to the healthy members of a pool from each region, milliseconds: the mean over them of the mean over
 * the monitors that have a vote, each by the newest result of the region. A failed check measured nothing.
 */
export function regionRttsMs(members: readonly (readonly Measured[])[]): ReadonlyMap<string, number> {
  return meansOf(members.map((monitors) => meansOf(monitors.filter(isVoting).map(newestRtts))));
}

function isVoting({ monitoringOnly }: Measured): boolean {
  return !monitoringOnly;
}

function newestRtts({ observations }: Measured): ReadonlyMap<string, number> {
  const newest = new Map<string, Measured['observations'][number]>();
  for (const each of observations) {
    const known = newest.get(each.region);
    if (known === undefined || known.atMs < each.atMs) newest.set(each.region, each);
  }
  return new Map(
    [...newest.values()].flatMap(({ region, rttMs, lastOk, fault }) =>
      lastOk && fault === undefined ? [[region, rttMs] as const] : [],
    ),
  );
}

function meansOf(all: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const [region, value] of all.flatMap((each) => [...each])) {
    const known = sums.getOrInsertComputed(region, () => ({ sum: 0, count: 0 }));
    known.sum += value;
    known.count += 1;
  }
  return new Map([...sums].map(([region, { sum, count }]) => [region, sum / count]));
}
