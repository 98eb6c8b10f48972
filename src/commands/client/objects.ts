import { ExitCode, OperatorError } from '../exit.ts';
import type { ApiClient } from './api.ts';
import { shown, type TableValue, table } from './print.ts';

/** Where pools and monitors are. */
const BASE = '/client/v4/user/load_balancers';

/** A pool as the API shows it, as far as it is looked into here. */
export interface PoolShown {
  readonly id: string;
  readonly name: string;
  readonly healthy?: boolean;
  readonly enabled: boolean;
  readonly monitor?: string | null;
  readonly monitor_group?: string | null;
  readonly origins: readonly {
    readonly name: string;
    readonly address: string;
    readonly enabled: boolean;
    readonly weight: number;
    readonly healthy?: boolean;
    readonly failure_reason?: string;
  }[];
}

/** A monitor as the API shows it, as far as it is looked into here. */
export interface MonitorShown {
  readonly id: string;
  readonly type: string;
  readonly description?: string;
  readonly interval?: number;
  readonly timeout?: number;
  readonly path?: string;
}

/** Every pool, by name. */
export const pools = (client: ApiClient) => client.call<PoolShown[]>('GET', `${BASE}/pools`);
/** Every monitor, oldest first. */
export const monitors = (client: ApiClient) => client.call<MonitorShown[]>('GET', `${BASE}/monitors`);

/** The pool with this identifier or name. Throws OperatorError. */
export async function poolCalled(client: ApiClient, called: string): Promise<PoolShown> {
  const all = await pools(client);
  const found =
    all.find(({ id }) => id === called) ??
    all.find(({ name }) => name.toLowerCase() === called.toLowerCase());
  return found ?? none(`no pool is called ${called}`);
}

/** The monitor with this identifier, or the only one with this description. Throws OperatorError. */
export async function monitorCalled(client: ApiClient, called: string): Promise<MonitorShown> {
  const all = await monitors(client);
  const byId = all.find(({ id }) => id === called);
  const described = all.filter(({ description }) => description === called);
  if (byId === undefined && described.length > 1)
    throw new OperatorError(`${described.length} monitors are described as ${called}: give an identifier`);
  return byId ?? described[0] ?? none(`no monitor is called ${called}`);
}

function none(message: string): never {
  throw new OperatorError(message, ExitCode.NOT_FOUND);
}

/** What the regions say of a pool. */
export interface HealthShown {
  readonly pool_id: string;
  readonly pop_health: Readonly<
    Record<
      string,
      {
        readonly healthy: boolean;
        readonly origins: readonly Readonly<
          Record<
            string,
            {
              readonly healthy: boolean;
              readonly rtt: string;
              readonly failure_reason: string;
              readonly response_code: number;
            }
          >
        >[];
      }
    >
  >;
}

/** What the regions say of a pool. */
export const healthOf = (client: ApiClient, { id }: PoolShown) =>
  client.call<HealthShown>('GET', `${BASE}/pools/${id}/health`);

/** Pools, a line each. */
export function poolTable(all: readonly PoolShown[]): string {
  return table(
    ['name', 'id', 'healthy', 'enabled', 'endpoints', 'monitor'],
    all.map((pool) => [
      pool.name,
      pool.id,
      pool.healthy,
      pool.enabled,
      pool.origins.length,
      pool.monitor || pool.monitor_group,
    ]),
  );
}

/** A pool and its endpoints. */
export function poolText(pool: PoolShown): string {
  const endpoints = pool.origins.map(
    ({ name, address, enabled, weight, healthy, failure_reason: reason }) => [
      name,
      address,
      enabled,
      weight,
      healthy,
      reason,
    ],
  );
  return `${poolTable([pool])}\n${table(['endpoint', 'address', 'enabled', 'weight', 'healthy', 'reason'], endpoints)}`;
}

/** Monitors, a line each. */
export function monitorTable(all: readonly MonitorShown[]): string {
  return table(
    ['id', 'type', 'description', 'interval', 'timeout', 'path'],
    all.map(({ id, type, description, interval, timeout, path }) => [
      id,
      type,
      description,
      interval,
      timeout,
      path,
    ]),
  );
}

/** A monitor with everything that is said of it. */
export function monitorText(monitor: MonitorShown): string {
  return table(
    ['field', 'value'],
    Object.entries(monitor).map(([field, value]) => [field, textOf(value)]),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : shown(value as TableValue);
}

/** What each region says of each endpoint. */
export function healthTable({ pop_health: regions }: HealthShown): string {
  const rows = Object.entries(regions).flatMap(([region, { origins }]) =>
    origins.flatMap((origin) =>
      Object.entries(origin).map(
        ([address, { healthy, rtt, failure_reason: reason, response_code: code }]) => [
          region,
          address,
          healthy,
          rtt,
          reason,
          code || null,
        ],
      ),
    ),
  );
  return table(['region', 'address', 'healthy', 'rtt', 'reason', 'code'], rows);
}
