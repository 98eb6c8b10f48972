import { parseAddress } from '../pool/address.ts';
import type { Endpoint, Pool } from '../pool/pool.ts';
import type { Monitor, MonitorType } from './monitor.ts';
import type { Watch } from './pool-monitors.ts';

declare const checkKey: unique symbol;
/** Names a check: equal for endpoints that are checked in exactly the same way, so that the check runs once. */
export type CheckKey = string & { readonly [checkKey]: true };

/** One thing to probe: a monitor applied to an address. */
export interface Check {
  readonly key: CheckKey;
  readonly monitor: Monitor;
  /** IPv4, IPv6 or host name. */
  readonly address: string;
  /** 1 to 65535; 0 for types without ports. */
  readonly port: number;
  /** `Host` of the endpoint or of the monitor; absent: the address itself. */
  readonly host?: string;
  /** Everything that has this check, for events and logs. */
  readonly users: readonly CheckUser[];
}

/** An endpoint that has a check, and the pool it is in. */
export interface CheckUser {
  readonly pool: Pool;
  readonly endpoint: Endpoint;
}

/** The port a check goes to: the endpoint's, else the monitor's, else the protocol's own; 0 where there is none. */
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

/** The `Host` a check sends: the endpoint's, else the monitor's; undefined: the address itself. */
export function checkHost(monitor: Monitor, endpoint: Endpoint): string | undefined {
  return hostOf(endpoint.header) ?? hostOf(monitor.header);
}

function hostOf(header: Monitor['header']): string | undefined {
  // Most have none, and this is asked for each endpoint there is.
  if (!header) return undefined;
  for (const [name, values] of Object.entries(header)) if (name.toLowerCase() === 'host') return values[0];
  return undefined;
}

/** The key of the check that an endpoint has under a monitor. */
export function checkKeyOf(monitor: Monitor, endpoint: Endpoint): CheckKey {
  const parts = [
    monitor.id,
    oneSpelling(endpoint.address),
    checkPort(monitor, endpoint),
    checkHost(monitor, endpoint) ?? '',
  ];
  return JSON.stringify(parts) as CheckKey;
}

/** Addresses that mean the same are checked once, however they are spelled. */
function oneSpelling(address: string): string {
  const parsed = parseAddress(address);
  return parsed.kind === 'refused' ? address : parsed.canonical;
}

/** Every check that the enabled endpoints of the enabled pools need by the monitors that run for them, each once. */
export function checksOf(
  pools: Iterable<Pool>,
  watchesOf: (pool: Pool) => readonly Watch[],
): Map<CheckKey, Check> {
  const users = new Map<CheckKey, { check: Omit<Check, 'users'>; users: CheckUser[] }>();
  for (const pool of pools) {
    const endpoints = pool.enabled ? pool.endpoints.filter(({ enabled }) => enabled) : [];
    for (const { monitor, endpoint } of watchedBy(endpoints, watchesOf(pool))) {
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

function watchedBy(endpoints: readonly Endpoint[], watches: readonly Watch[]) {
  return watches.flatMap(({ monitor }) => endpoints.map((endpoint) => ({ monitor, endpoint })));
}
