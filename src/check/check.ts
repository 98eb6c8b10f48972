import { parseAddress } from '../pool/address.ts';
import type { Endpoint, Pool } from '../pool/pool.ts';
import type { Monitor, MonitorType } from './monitor.ts';
import type { PoolMonitor } from './pool-monitors.ts';

declare const checkKey: unique symbol;
/** Names a check. It is equal for endpoints that are checked in exactly the same way, so that the check runs once. */
export type CheckKey = string & { readonly [checkKey]: true };

/** One monitor applied to one address. */
export interface Check {
  readonly key: CheckKey;
  readonly monitor: Monitor;
  /** IPv4, IPv6 or host name. */
  readonly address: string;
  /** 1 to 65535; 0 for types without ports. */
  readonly port: number;
  /** `Host` of the endpoint or of the monitor; absent: the address itself. */
  readonly host?: string;
  /** All endpoints that have this check, for events and logs. */
  readonly users: readonly CheckUser[];
}

/** An endpoint that has a check, and its pool. */
export interface CheckUser {
  readonly pool: Pool;
  readonly endpoint: Endpoint;
}

/** Returns the port that a check probes: the endpoint's, else the monitor's, else the protocol's; 0 where there is none. */
export function checkPort(monitor: Monitor, endpoint: Endpoint): number {
  return monitor.type === 'icmp_ping' ? 0 : endpoint.port || monitor.port || ownPort(monitor.type);
}

function ownPort(type: MonitorType): number {
  switch (type) {
    case 'http':
      return 80;
    case 'https':
      return 443;
    case 'dns':
      return 53;
    case 'tcp':
    case 'udp_icmp':
    case 'icmp_ping':
    case 'smtp':
    case 'grpc':
    case 'grpcs':
      return 0;
  }
}

/** Returns the `Host` that a check sends: the endpoint's, else the monitor's; undefined: the address itself. */
export function checkHost(monitor: Monitor, endpoint: Endpoint): string | undefined {
  return hostOf(endpoint.header) ?? hostOf(monitor.header);
}

function hostOf(header: Monitor['header']): string | undefined {
  // The common case is quick: this runs for every endpoint.
  if (!header) return undefined;
  for (const [name, values] of Object.entries(header)) if (name.toLowerCase() === 'host') return values[0];
  return undefined;
}

/** Returns the key of the check of an endpoint by a monitor. */
export function checkKeyOf(monitor: Monitor, endpoint: Endpoint): CheckKey {
  const parts = [
    monitor.id,
    oneSpelling(endpoint.address),
    checkPort(monitor, endpoint),
    checkHost(monitor, endpoint) ?? '',
  ];
  return JSON.stringify(parts) as CheckKey;
}

/** Returns true where two monitors give every endpoint the same key. False where that would take a look at each endpoint. */
export function haveSameKeys(one: Monitor, other: Monitor): boolean {
  return (
    one === other ||
    (one.id === other.id &&
      one.type === other.type &&
      one.port === other.port &&
      hostOf(one.header) === hostOf(other.header))
  );
}

/** What the key of a check says of it. */
export interface CheckKeyParts {
  /** Id of the monitor. */
  readonly monitor: string;
  /** In its one spelling. */
  readonly address: string;
  /** As in Check. */
  readonly port: number;
  /** Empty: the address itself. */
  readonly host: string;
}

/** Reads the key of a check; undefined: it is none. */
export function readCheckKey(key: CheckKey): CheckKeyParts | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(key);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts)) return undefined;
  const [monitor, address, port, host] = parts as unknown[];
  const isRead = [monitor, address, host].every((part) => typeof part === 'string');
  return isRead && typeof port === 'number' ? ({ monitor, address, port, host } as CheckKeyParts) : undefined;
}

/**
 * Returns true where an endpoint of this address may have had this check. A port or host that the endpoint leaves open
 * came from the monitor.
 */
export function mayHaveHad(endpoint: Endpoint, { port, host }: CheckKeyParts): boolean {
  // A check of a type without ports has 0.
  if (endpoint.port && port !== 0 && port !== endpoint.port) return false;
  return (hostOf(endpoint.header) ?? host) === host;
}

/** Returns one spelling of an address, so that equal addresses are checked once. */
export function oneSpelling(address: string): string {
  const parsed = parseAddress(address);
  return parsed.kind === 'refused' ? address : parsed.canonical;
}

/** Returns the checks of all enabled endpoints of enabled pools by the monitors that run for them, each once. */
export function checksOf(
  pools: Iterable<Pool>,
  poolMonitorsOf: (pool: Pool) => readonly PoolMonitor[],
): Map<CheckKey, Check> {
  const users = new Map<CheckKey, { check: Omit<Check, 'users'>; users: CheckUser[] }>();
  for (const pool of pools) {
    const endpoints = pool.enabled ? pool.endpoints.filter(({ enabled }) => enabled) : [];
    for (const { monitor, endpoint } of monitoredBy(endpoints, poolMonitorsOf(pool))) {
      const key = checkKeyOf(monitor, endpoint);
      const known = users.get(key);
      if (known !== undefined) {
        known.users.push({ pool, endpoint });
        continue;
      }
      const host = checkHost(monitor, endpoint);
      const check = {
        key,
        monitor,
        address: endpoint.address,
        port: checkPort(monitor, endpoint),
        ...(host === undefined ? {} : { host }),
      };
      users.set(key, { check, users: [{ pool, endpoint }] });
    }
  }
  return new Map([...users].map(([key, { check, users }]) => [key, { ...check, users }]));
}

function monitoredBy(endpoints: readonly Endpoint[], monitors: readonly PoolMonitor[]) {
  return monitors.flatMap(({ monitor }) => endpoints.map((endpoint) => ({ monitor, endpoint })));
}
