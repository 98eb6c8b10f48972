import { userInfo } from 'node:os';
import { ExitCode, OperatorError } from '../../commands/exit.ts';
import type { Answer, ApiClient } from '../api.ts';
import { table } from '../print.ts';

const PATH = '/lifeguard/v1/overrides';

/** An override as the API shows it. */
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

/** What the command line says of an override that is to be made. */
export interface SetOptions {
  readonly endpoint?: string;
  readonly reason: string;
  /** Absent: who runs the program. */
  readonly owner?: string;
  readonly start?: string;
  readonly end?: string;
  /** How long it is to hold, milliseconds; not together with `end`. */
  readonly for?: number;
  readonly replace?: boolean;
}

/** Makes an override. Throws OperatorError. */
export function setOverride(
  client: ApiClient,
  action: string,
  pool: string,
  options: SetOptions,
  nowMs: number,
): Promise<Answer<OverrideShown>> {
  const { endpoint, reason, owner = userInfo().username, start, replace } = options;
  const body = { pool, endpoint, action, owner, reason, start, end: endOf(options, nowMs) };
  return client.ask('POST', replace ? `${PATH}?replace=true` : PATH, { body });
}

function endOf({ start, end, for: durationMs }: SetOptions, nowMs: number): string | undefined {
  if (durationMs === undefined) return end;
  const fromMs = start === undefined ? nowMs : Date.parse(start);
  // What is wrong with the start, the server says.
  return Number.isNaN(fromMs) ? undefined : new Date(fromMs + durationMs).toISOString();
}

/** Overrides, oldest first: all, or those of a pool. */
export function overrides(client: ApiClient, pool?: string): Promise<Answer<OverrideShown[]>> {
  return client.ask('GET', pool === undefined ? PATH : `${PATH}?${new URLSearchParams({ pool })}`);
}

/** Ends the override that a pool has, or an endpoint of it. Throws OperatorError. */
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
    throw new OperatorError(
      endpoint === undefined
        ? `${pool} has no override of its own`
        : `${endpoint} of ${pool} has no override`,
      ExitCode.NOT_FOUND,
    );
  return client.ask('DELETE', `${PATH}/${found.id}`);
}

/** What is said of an override that was ended: it was in force, and is no more. */
export function clearedText({ pool_name: pool, endpoint, action }: OverrideShown): string {
  const target = endpoint === null ? `pool ${pool}` : `endpoint ${endpoint} of pool ${pool}`;
  return `override "${action}" of ${target} ended; its checks decide again\n`;
}

/** Overrides, a line each. */
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
