import { isUnmade } from '../../check/outcome.ts';
import { poolStatus } from '../../health/status.ts';
import { isMonitored } from '../../pool/members.ts';
import type { OverrideAction } from '../../pool/override.ts';
import type { Pool } from '../../pool/pool.ts';
import type { AddressHealth, PoolHealthSource, PoolWorkers, RegionHealth } from '../health-source.ts';

/** A duration as Go prints and parses it, to the microsecond. */
export function goDuration(ms: number): string {
  return `${Number(ms.toFixed(3))}ms`;
}

/**
 * Formats the health of a pool by region, as a map from the label of the region, since clients accept any key; undefined when there
 * are no results. The health of the pool in a region follows from the results of that region alone, and the overrides.
 */
export async function poolHealthView(pool: Pool, health: PoolHealthSource) {
  if (!isMonitored(pool) || !pool.enabled) return undefined;
  const regions = await health.regions(pool);
  if (regions.size === 0) return undefined;
  const overrides = health.of(pool).endpoints.map(({ override }) => override);
  const places = [...regions].map(
    ([region, endpoints]) => [region, placeOf(pool, endpoints, overrides)] as const,
  );
  return { pool_id: pool.id, pop_health: Object.fromEntries(places) };
}

function placeOf(
  pool: Pool,
  endpoints: readonly RegionHealth[],
  overrides: readonly (OverrideAction | undefined)[],
) {
  const known = new Map(endpoints.map((each) => [each.address, each]));
  const { healthy } = poolStatus(pool, ({ address }, at) => {
    const found = known.get(address);
    const override = overrides[at];
    const isKnown = found !== undefined && !isUnmade(found.failureReason);
    return { healthy: isKnown ? found.healthy : undefined, ...(override && { override }) };
  });
  return {
    healthy,
    origins: endpoints.map((endpoint) => ({
      [endpoint.address]: {
        ...resultOf(endpoint),
        ...(endpoint.addresses && {
          addresses: endpoint.addresses.map((each) => ({ address: each.address, ...resultOf(each) })),
        }),
      },
    })),
  };
}

/** The sentence that follows where no worker can vote now. */
const STAYS = ' The last verdicts stay in force.';

/** Returns why a pool has no health to show, and each trouble of the store, as sentences; one says what follows. */
export async function whyNoHealth(
  pool: Pool,
  health: PoolHealthSource,
  epochMs: number,
): Promise<readonly [why: string, ...trouble: string[]]> {
  const why = await whyNoResult(pool, health, epochMs);
  const trouble = (health.trouble?.(pool) ?? []).map(({ text }) => text);
  const last = trouble.pop();
  if (last === undefined) return [why];
  const once = (text: string) => sentence(text.replace(STAYS, ''));
  return [once(why), ...trouble.map(once), last];
}

const sentence = (text: string) => (text.endsWith('.') ? text : `${text}.`);

async function whyNoResult(pool: Pool, health: PoolHealthSource, epochMs: number): Promise<string> {
  if (!isMonitored(pool)) return 'the pool has no monitor';
  if (!pool.enabled) return 'the pool is disabled, and not checked';
  if (!pool.endpoints.some(({ enabled }) => enabled))
    return 'all endpoints of the pool are disabled, and not checked';
  const watch = await health.workersOf?.(pool);
  if (watch === undefined) return 'no worker has checked the pool yet';
  const { workers, abstaining, last, undecided } = watch;
  if (undecided === 'not checked') return 'all monitors of its group are disabled, and check nothing';
  if (undecided === 'only monitored')
    return 'no monitor of its group has a vote: they are monitoring_only or disabled';
  const voting = workers - abstaining;
  if (voting > 0 && last === undefined) return 'no worker has checked the pool yet';
  // Such as a monitor that must be healthy, while another of its group has.
  if (voting > 0 && last?.isLive)
    return `A monitor that decides about this pool has no result yet${lastResult(last, epochMs)}.`;
  if (voting > 0) return `No live worker has a result of this pool yet${lastResult(last, epochMs)}.`;
  const who =
    workers === 0
      ? "No worker is live in this pool's regions"
      : `All workers in this pool's regions abstain: ${workers} of ${workers}`;
  if (last === undefined) return `${who}, and none has checked it yet.`;
  return `${who}${lastResult(last, epochMs)}.${STAYS}`;
}

function lastResult(last: PoolWorkers['last'], epochMs: number): string {
  if (last === undefined) return '';
  const seconds = Math.max(0, Math.round((epochMs - last.atMs) / 1_000));
  return ` (last result ${seconds} s ago, from ${last.worker}${last.isLive ? '' : ', which is gone'})`;
}

/** Formats a result for the API. */
export function resultOf({ healthy, rttMs, failureReason, failureDetail, responseCode }: AddressHealth) {
  return {
    healthy,
    rtt: goDuration(rttMs),
    failure_reason: failureReason,
    ...(failureDetail === undefined ? {} : { failure_detail: failureDetail }),
    response_code: responseCode,
  };
}
