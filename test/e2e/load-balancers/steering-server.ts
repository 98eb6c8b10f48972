import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '../../support/api.ts';
import type { Dug } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import { writeMmdb } from '../../support/mmdb.ts';

/** The pools, with one address each, and of IPv6 one more: those of countries, of two coasts, and what else there is. */
export const ADDRESSES = {
  france: ['192.0.2.1', '2001:db8:f::1'],
  germany: ['192.0.2.2', '2001:db8:f::2'],
  states: ['192.0.2.3', '2001:db8:f::3'],
  japan: ['192.0.2.4', '2001:db8:f::4'],
  brazil: ['192.0.2.5', '2001:db8:f::5'],
  canada: ['192.0.2.6', '2001:db8:f::6'],
  rest: ['192.0.2.9', '2001:db8:f::9'],
} as const;
/** The name of a pool. */
export type PoolName = keyof typeof ADDRESSES;

const COORDINATES: Partial<Record<PoolName, object>> = {
  france: { latitude: 48.9, longitude: 2.4 },
  states: { latitude: 37.8, longitude: -122.4 },
  japan: { latitude: 35.7, longitude: 139.7 },
};

/** The addresses of the pool whose members a hash chooses. */
export const HASHED = Array.from({ length: 8 }, (_, i) => `192.0.2.${17 + i}`);

/** Known by the database, and not by the networks. */
const DATABASE = writeMmdb([
  { octets: Uint8Array.of(203, 0, 113, 0), bits: 24, record: { country_code: 'JP' } },
]);

const configOf = (database: string, networks: string, server: string) => `
geo:
  database: ${database}
  networks:
${networks}
zones:
  - name: example.com
    ns:
      - { name: ns1.example.com, addresses: [192.0.2.53] }
    pools: pools
    records:
      - { name: alias, type: CNAME, value: geo.example.com, ttl: 60 }
${server}`;

/**
 * Starts a server with load balancers that steer by the place or the address of the client: `geo`, `near` (proximity), `rules`
 * (prefixes of 10.1.0.0), `hash`, `off`, each of example.com. `networks` are lines of geo.networks.
 */
export async function startSteering(
  networks: readonly string[],
  engine: 'batched' | 'portable' = 'batched',
): Promise<LifeguardProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-steering-'));
  directories.push(directory);
  const [config, database] = [join(directory, 'lifeguard.yaml'), join(directory, 'geo.mmdb')];
  writeFileSync(database, DATABASE);
  writeFileSync(config, configOf(database, networks.map((line) => `    ${line}`).join('\n'), ''));
  const node = await startLifeguard('serve', {
    LIFEGUARD_CONFIG: config,
    LIFEGUARD_DATA_DIR: directory,
    LIFEGUARD_DNS_ENGINE: engine,
    LIFEGUARD_DNS_LISTEN: '127.0.0.1:0,[::1]:0',
  });
  const ids: Record<string, string> = {};
  const pool = async (name: string, addresses: readonly string[], more: object = {}) => {
    const origins = addresses.map((address, i) => ({ name: `o${i}`, address, weight: 1 }));
    ids[name] = (await create(node, '/pools', { name, origins, ...more })).id;
  };
  for (const [name, addresses] of Object.entries(ADDRESSES))
    await pool(name, addresses, COORDINATES[name as PoolName]);
  await pool('hashed', HASHED, { origin_steering: { policy: 'hash' } });
  const list = (...names: string[]) => names.map((name) => ids[name]!);
  const always = { location_strategy: { mode: 'resolver_ip', prefer_ecs: 'always' } };
  const loadBalancer = (name: string, more: object) =>
    create(node, '', {
      name: `${name}.example.com`,
      fallback_pool: ids.rest,
      default_pools: list('rest'),
      ttl: 300,
      ...always,
      ...more,
    });
  await loadBalancer('geo', {
    steering_policy: 'geo',
    country_pools: {
      FR: list('france'),
      DE: list('germany'),
      US: list('states'),
      JP: list('japan'),
      BR: list('brazil'),
      CA: list('canada'),
    },
  });
  await loadBalancer('near', {
    steering_policy: 'proximity',
    default_pools: list('france', 'states', 'japan'),
  });
  await loadBalancer('rules', {
    rules: [
      {
        name: 'of a network',
        condition: 'ip.src in {10.1.2.0/24 2001:db8:1:2::/64}',
        overrides: { default_pools: list('germany') },
      },
    ],
  });
  await loadBalancer('hash', { default_pools: list('hashed') });
  await loadBalancer('off', { default_pools: list('france', 'germany') });
  return node;
}

/** Directories of the servers that were started. */
const directories: string[] = [];

/** Ends all servers and removes what they stored. */
export async function endSteering(): Promise<void> {
  await endAll();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
}

/** The EDNS Client Subnet of an answer as dig prints it, address/source/scope; undefined: none. */
export function subnetIn({ text }: Dug): string | undefined {
  return /^; CLIENT-SUBNET: (\S+)$/m.exec(text)?.[1];
}
