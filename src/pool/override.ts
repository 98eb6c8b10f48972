import type { Endpoint, Pool } from './pool.ts';

/**
 * What an override does to an endpoint:
 * - `in`: it is answered whatever its checks say, unless it is disabled or of weight 0;
 * - `out`: it is not answered, and counts as one that is not healthy;
 * - `maintenance`: it is not answered, and its pool counts as if it did not have it.
 */
export const OVERRIDE_ACTIONS = ['in', 'out', 'maintenance'] as const;
export type OverrideAction = (typeof OVERRIDE_ACTIONS)[number];

/** A person's decision about an endpoint or a pool in the place of the checks, which go on. */
export interface Override {
  /** 32 lower-case hex digits. */
  readonly id: string;
  /** Id of the pool. */
  readonly pool: string;
  /** Name of the endpoint, whatever its case; absent: all endpoints of the pool. */
  readonly endpoint?: string;
  readonly action: OverrideAction;
  /** Whom to ask about it, and why it was made. */
  readonly owner: string;
  readonly reason: string;
  /** RFC 3339, UTC: it is active from `start` until `end`; absent: from now on, until it is deleted. */
  readonly start?: string;
  readonly end?: string;
  /** RFC 3339, UTC, microseconds. */
  readonly createdOn: string;
}

/** Whether an override is yet to begin, active or over. */
export type OverridePhase = 'pending' | 'active' | 'ended';

/** Returns the phase of an override at `epochMs`. */
export function phaseOf({ start, end }: Pick<Override, 'start' | 'end'>, epochMs: number): OverridePhase {
  if (end !== undefined && Date.parse(end) <= epochMs) return 'ended';
  return start !== undefined && Date.parse(start) > epochMs ? 'pending' : 'active';
}

/**
 * Returns the override that is active for an endpoint at `epochMs`: its own, or else that of its pool. Of several equal
 * ones, which the API prevents, the first.
 */
export function overrideOf(
  overrides: Iterable<Override>,
  pool: Pick<Pool, 'id'>,
  endpoint: Pick<Endpoint, 'name'>,
  epochMs: number,
): Override | undefined {
  let ofPool: Override | undefined;
  for (const override of overrides) {
    if (override.pool !== pool.id || phaseOf(override, epochMs) !== 'active') continue;
    if (override.endpoint === undefined) ofPool ??= override;
    else if (endpointKey(override.endpoint) === endpointKey(endpoint.name)) return override;
  }
  return ofPool;
}

/** Returns the times at which an override begins or ends, milliseconds since the epoch. */
export function changeTimesOf({ start, end }: Pick<Override, 'start' | 'end'>): number[] {
  return [start, end].flatMap((time) => (time === undefined ? [] : [Date.parse(time)]));
}

/** Returns true where a pool has the target of an override: itself, or an endpoint of this name. */
export function hasTarget(
  { endpoints }: Pick<Pool, 'endpoints'>,
  { endpoint }: Pick<Override, 'endpoint'>,
): boolean {
  if (endpoint === undefined) return true;
  const key = endpointKey(endpoint);
  return endpoints.some(({ name }) => endpointKey(name) === key);
}

/** Returns a key that is equal for overrides of one target, which has one at a time. */
export function targetKey({ pool, endpoint }: Pick<Override, 'pool' | 'endpoint'>): string {
  return `${pool}/${endpoint === undefined ? '' : endpointKey(endpoint)}`;
}

/** Returns a key that is equal for two spellings of one endpoint's name. */
export function endpointKey(name: string): string {
  return name.toLowerCase();
}
