import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import type { Write } from '../../../src/store/contract/documents.ts';
import { loadBalancer } from '../../../test/store/contract/samples.ts';
import { writeMmdb } from '../../../test/support/mmdb.ts';
import { addressesOf, TTL_SECONDS, ZONE, zoneFile } from '../names.ts';
import type { Peer } from '../peer.ts';
import { gdnsd, gdnsdLaunch } from '../peers/gdnsd.ts';
import { knot, knotLaunch } from '../peers/knot.ts';
import { lifeguard, lifeguardLaunch } from '../peers/lifeguard.ts';
import { lifeguardPool } from '../peers/lifeguard-pool.ts';
import {
  COUNTRIES,
  GROUPS,
  geoName,
  nearName,
  nearNames,
  networks,
  POOLS,
  poolOf,
  SHOWN_SUBNET,
  shownAddresses,
} from './world.ts';

/** What all of them are asked before they are measured. */
const SHOWN = { addressesOf: shownAddresses, nameOf: geoName, digOptions: [SHOWN_SUBNET] } as const;

/** Labels of load balancers of one name each. */
export const OFF = `off.${ZONE}`;
export const RANDOM = `random.${ZONE}`;

/** Ourselves: a load balancer of the policy `geo` for each name, a tenth as many of `proximity`, and one of `off` and of `random`. */
export const lifeguardSteering: Peer = {
  ...lifeguard,
  ...SHOWN,
  means: `a load balancer each, over ${POOLS} pools, the networks in a database`,
  async prepare(setup) {
    const database = join(setup.directory, 'geo.mmdb');
    writeFileSync(database, mmdbOfNetworks());
    const pools = Array.from({ length: POOLS }, (_, i) => poolWrite(i));
    const balancers = [
      ...Array.from({ length: setup.names }, (_, i) => geoLoadBalancer(i)),
      ...Array.from({ length: nearNames(setup.names) }, (_, i) => nearLoadBalancer(i)),
      named(OFF, {}),
      named(RANDOM, {
        steeringPolicy: 'random',
        randomSteering: { defaultWeight: 0.2, poolWeights: { [idOf(0)]: 0.6 } },
      }),
    ];
    return lifeguardLaunch(
      setup,
      [...pools, ...balancers.map(putLoadBalancer)],
      `geo: { database: ${database} }`,
    );
  },
};

/** gdnsd with its geoip plugin: a resource for each group of pools, the networks in a file. */
export const gdnsdGeo: Peer = {
  ...gdnsd,
  ...SHOWN,
  means: 'geoip plugin, a DYNA record each, the networks in a file of nets',
  prepare(setup) {
    const nets = join(setup.directory, 'nets');
    const lines = networks().map(({ prefix, country }) => `${prefix}/24 => ${COUNTRIES[country]}`);
    writeFileSync(nets, `${lines.join('\n')}\n`);
    const resources = Array.from({ length: GROUPS }, (_, group) => {
      const members = COUNTRIES.map(
        (country, i) => `${country} => [ ${addressesOf(poolOf(group, i)).join(', ')} ]`,
      );
      return `      g${group} => { map => m, service_types => up, dcmap => { ${members.join(', ')} } }`;
    });
    return gdnsdLaunch(
      setup,
      `plugins => {
  geoip => {
    maps => { m => { datacenters => [ ${COUNTRIES.join(', ')} ], nets => "${nets}" } }
    resources => {
${resources.join('\n')}
    }
  }
}`,
      zoneFile(setup.names, (i) => [`${geoName(i)}. ${TTL_SECONDS} DYNA geoip!g${i % GROUPS}`]),
    );
  },
};

/** Knot with its module geoip: each name with the addresses of every country, the networks in a database. */
export const knotGeo: Peer = {
  ...knot,
  ...SHOWN,
  means: 'module geoip, the networks in a database',
  prepare(setup) {
    const [database, names] = [join(setup.directory, 'geo.mmdb'), join(setup.directory, 'geo.conf')];
    writeFileSync(database, mmdbOfNetworks());
    const groups = Array.from({ length: GROUPS }, (_, group) =>
      COUNTRIES.map(
        (country, i) => `  - geo: "${country}"\n    A: [ ${addressesOf(poolOf(group, i)).join(', ')} ]\n`,
      ).join(''),
    );
    writeFileSync(
      names,
      Array.from({ length: setup.names }, (_, i) => `${geoName(i)}:\n${groups[i % GROUPS]}`).join(''),
    );
    return knotLaunch(
      setup,
      zoneFile(setup.names, (i) => [`${geoName(i)}. A ${addressesOf(0)[0]}`]),
      {
        server: '    edns-client-subnet: on',
        zone: '    module: mod-geoip/geo',
        sections: `mod-geoip:
  - id: geo
    config-file: "${names}"
    ttl: ${TTL_SECONDS}
    mode: geodb
    geodb-file: "${database}"
    geodb-key: [ "country/iso_code" ]`,
      },
    );
  },
};

/** 2026-01-01: libmaxminddb opens no file without a time. */
const BUILT_SECONDS = 1_767_225_600;

function mmdbOfNetworks(): Buffer {
  const records = COUNTRIES.map((country) => ({ country: { iso_code: country } }));
  const entries = networks().map(({ octets, country }) => ({ octets, bits: 24, record: records[country] }));
  return writeMmdb(entries, { buildEpochSeconds: BUILT_SECONDS });
}

function idOf(pool: number): string {
  return lifeguardPool(pool).id;
}

function poolWrite(i: number): Write {
  const country = i % COUNTRIES.length;
  const value = { ...lifeguardPool(i), latitude: 20 * country - 70, longitude: 40 * country - 140 };
  return { op: 'put', kind: 'pool', id: value.id, value, unique: [value.name], references: [] };
}

const BY_CLIENT = { locationStrategy: { mode: 'resolver_ip', preferEcs: 'always' } } as const;

function geoLoadBalancer(i: number): LoadBalancer {
  const ids = idsOf(i);
  return named(geoName(i), {
    ...BY_CLIENT,
    steeringPolicy: 'geo',
    defaultPools: ids.slice(0, 1),
    countryPools: Object.fromEntries(COUNTRIES.map((country, at) => [country, [ids[at]!]])),
  });
}

function nearLoadBalancer(i: number): LoadBalancer {
  return named(nearName(i), { ...BY_CLIENT, steeringPolicy: 'proximity', defaultPools: idsOf(i) });
}

function idsOf(i: number): string[] {
  return COUNTRIES.map((_, country) => idOf(poolOf(i % GROUPS, country)));
}

function named(name: string, fields: Partial<LoadBalancer>): LoadBalancer {
  return loadBalancer(createHash('md5').update(name).digest('hex'), {
    name,
    zoneName: ZONE,
    defaultPools: [0, 1, 2].map((country) => idOf(poolOf(0, country))),
    fallbackPool: idOf(0),
    ...fields,
  });
}

function putLoadBalancer(value: LoadBalancer): Write {
  return { op: 'put', kind: 'load_balancer', id: value.id, value, unique: [value.name], references: [] };
}
