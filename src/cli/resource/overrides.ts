import { userInfo } from 'node:os';
import type { Answer, ApiClient } from '../api.ts';
import { table } from '../print.ts';

const PATH = '/lifeguard/v1/overrides';

/** The properties of an override in the API. */
export interface OverrideShown {
  readonly id: string;
  readonly pool_name: string;
  readonly endpoint: string | null;
  readonly action: string;
  readonly owner: string;
  readonly reason: string;
  readonly start: string | null;
  readonly end: string | null;
  readonly phase: string;
}

/** Options of `override set`. */
export interface SetOptions {
  readonly endpoint?: string;
  readonly reason: string;
  /** Absent: the user who runs the program. */
  readonly owner?: string;
  readonly start?: string;
  readonly end?: string;
  /** Length in milliseconds; not together with `end`. */
  readonly for?: number;
  readonly replace?: boolean;
}

/** Creates an override. `epochMs` is the present time. Throws OperatorError. */
export function setOverride(
  client: ApiClient,
  action: string,
  pool: string,
  options: SetOptions,
  epochMs: number,
): Promise<Answer<OverrideShown>> {
  const { endpoint, reason, owner = userInfo().username, start, replace } = options;
  const body = { pool, endpoint, action, owner, reason, start, end: endOf(options, epochMs) };
  return client.ask('POST', replace ? `${PATH}?replace=true` : PATH, { body });
}

function endOf({ start, end, for: durationMs }: SetOptions, epochMs: number): string | undefined {
  if (durationMs === undefined) return end;
  const fromMs = start === undefined ? epochMs : Date.parse(start);
  // The server refuses a wrong start.
  return Number.isNaN(fromMs) ? undefined : new Date(fromMs + durationMs).toISOString();
}

/** Lists overrides, oldest first: all, or those of a pool. */
export function overrides(client: ApiClient, pool?: string): Promise<Answer<OverrideShown[]>> {
  return client.ask('GET', pool === undefined ? PATH : `${PATH}?${new URLSearchParams({ pool })}`);
}

/** Deletes the override of a pool, or of one of its endpoints. Throws OperatorError. */
export async function clearOverride(
  client: ApiClient,
  pool: string,
  endpoint?: string,
): Promise<Answer<OverrideShown>> {
  const wanted = endpoint?.toLowerCase() ?? null;
  const found = (await overrides(client, pool)).result.find(
    (each) => (each.endpoint?.toLowerCase() ?? null) === wanted,
  );
  if (found === undefined)
    throw client.missing(
      endpoint === undefined
        ? `Pool "${pool}" has no override of its own.`
        : `Endpoint "${endpoint}" of pool "${pool}" has no override.`,
    );
  return client.ask('DELETE', `${PATH}/${found.id}`);
}

/** Reports that an override was deleted. */
export function clearedText({ pool_name: pool, endpoint, action }: OverrideShown): string {
  const target = endpoint === null ? `pool "${pool}"` : `endpoint "${endpoint}" of pool "${pool}"`;
  return `Deleted the override "${action}" of ${target}. Its checks decide again.\n`;
}

/** Formats overrides, one on each line. */
export function overrideTable(all: readonly OverrideShown[]): string {
  return table(
    ['pool', 'endpoint', 'action', 'phase', 'start', 'end', 'owner', 'reason'],
    all.map((each) => [
      each.pool_name,
      each.endpoint,
      each.action,
      each.phase,
      each.start,
      each.end,
      each.owner,
      each.reason,
    ]),
  );
}

/** The overrides in force, found by the names of pools and endpoints. */
export interface ActiveOverrides {
  /** The action of an endpoint's override, or else of its pool's; undefined: neither has one. */
  of(pool: string, endpoint: string): string | undefined;
  /** What a pool has, in words; undefined: neither it nor an endpoint has one. */
  inWords(pool: string): string | undefined;
}

/** Finds the overrides in force among all. */
export function activeOverrides(all: readonly OverrideShown[]): ActiveOverrides {
  const active = Map.groupBy(
    all.filter(({ phase }) => phase === 'active'),
    ({ pool_name: pool }) => pool.toLowerCase(),
  );
  const found = (pool: string, endpoint: string | null) =>
    active
      .get(pool.toLowerCase())
      ?.find((each) => (each.endpoint?.toLowerCase() ?? null) === (endpoint?.toLowerCase() ?? null))?.action;
  return {
    of: (pool, endpoint) => found(pool, endpoint) ?? found(pool, null),
    inWords(pool) {
      const own = found(pool, null);
      const endpoints = (active.get(pool.toLowerCase()) ?? []).filter(({ endpoint }) => endpoint !== null);
      const parts = endpoints.map(({ endpoint, action }) => `${endpoint} ${action}`);
      return [...(own === undefined ? [] : [own]), ...parts].join(', ') || undefined;
    },
  };
}

/** Reads the overrides in force. Those that the token may not read are left out. */
export async function overridesInForce(client: ApiClient): Promise<ActiveOverrides> {
  return activeOverrides(
    await overrides(client)
      .then(({ result }) => result)
      .catch(() => []),
  );
}
