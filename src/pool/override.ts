import type { Endpoint, Pool } from './pool.ts';

/**
 * What an override does to an endpoint:
 * - `in`: it is answered whatever its checks say, unless it is disabled or of weight 0;
 * - `out`: it is not answered, and counts as one that is not healthy;
 * - `maintenance`: it is not answered, and its pool counts as if it did not have it.
 */
export const OVERRIDE_ACTIONS = ['in', 'out', 'maintenance'] as const;
export type OverrideAction = (typeof OVERRIDE_ACTIONS)[number];

/** What somebody decided about an endpoint or a pool in the place of the checks, which go on beneath. */
export interface Override {
  /** 32 lower-case hex digits. */
  readonly id: string;
  /** Id of the pool. */
  readonly pool: string;
  /** Name of the endpoint, whatever its case; absent: all endpoints of the pool. */
  readonly endpoint?: string;
  readonly action: OverrideAction;
  /** Who is to be asked about it, and why it is there. */
  readonly owner: string;
  readonly reason: string;
  /** RFC 3339, UTC: it holds from `start` on, until `end` is reached; absent: from now on, until it is deleted. */
  readonly start?: string;
  readonly end?: string;
  /** RFC 3339, UTC, microseconds. */
  readonly createdOn: string;
}

/** Where an override is in its time. */
export type OverridePhase = 'pending' | 'active' | 'ended';

/** Where an override is in its time at `nowMs`, milliseconds since the epoch. */
export function phaseOf({ start, end }: Pick<Override, 'start' | 'end'>, nowMs: number): OverridePhase {
  if (end !== undefined && Date.parse(end) <= nowMs) return 'ended';
  return start !== undefined && Date.parse(start) > nowMs ? 'pending' : 'active';
}

/**
 * The override that holds for an endpoint of a pool at `nowMs`: the endpoint's own, or else that of its pool. Of several
 * alike, which the API does not let anybody make, the first.
 */
export function overrideOf(
  overrides: Iterable<Override>,
  pool: Pick<Pool, 'id'>,
  endpoint: Pick<Endpoint, 'name'>,
  nowMs: number,
): Override | undefined {
  let ofPool: Override | undefined;
  for (const override of overrides) {
    if (override.pool !== pool.id || phaseOf(override, nowMs) !== 'active') continue;
    if (override.endpoint === undefined) ofPool ??= override;
    else if (endpointKey(override.endpoint) === endpointKey(endpoint.name)) return override;
  }
  return ofPool;
}

/** The times at which an override begins or ceases to hold, milliseconds since the epoch. */
export function turnsOf({ start, end }: Pick<Override, 'start' | 'end'>): number[] {
  return [start, end].flatMap((time) => (time === undefined ? [] : [Date.parse(time)]));
}

/** Whether a pool has what an override of it is about: itself, or an endpoint of this name. */
export function hasTarget(
  { endpoints }: Pick<Pool, 'endpoints'>,
  { endpoint }: Pick<Override, 'endpoint'>,
): boolean {
  if (endpoint === undefined) return true;
  const key = endpointKey(endpoint);
  return endpoints.some(({ name }) => endpointKey(name) === key);
}

/** Equal for overrides of one target, of which there is one at a time. */
export function targetKey({ pool, endpoint }: Pick<Override, 'pool' | 'endpoint'>): string {
  return `${pool}/${endpoint === undefined ? '' : endpointKey(endpoint)}`;
}

/** Equal for names that are one endpoint's in a pool. */
export function endpointKey(name: string): string {
  return name.toLowerCase();
}
