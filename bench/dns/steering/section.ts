import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/source/load.ts';
import type { Zone } from '../../../src/zone/zone.ts';
import { markdownTable } from '../../markdown-table.ts';
import type { Load } from '../load.ts';
import { MEMBERS, nameOf, shuffled } from '../names.ts';
import type { Peer } from '../peer.ts';
import { floor } from '../peers/floor.ts';
import { type Compared, comparedTable, type Measured, saturationTable, startTable } from '../report.ts';
import type { Row } from '../rows.ts';
import { type Bench, openSession } from '../session.ts';
import { octetsByPolicy } from './memory.ts';
import { gdnsdGeo, knotGeo, lifeguardSteering, OFF, RANDOM } from './peers.ts';
import { geoName, nearName, nearNames, networks } from './world.ts';

/** Servers that geo steering is held against. */
const YARDSTICKS = ['floor', 'gdnsd', 'Knot'];

/** Load balancers against pools, and against other servers that choose by the place of the client; returns the body of the section. */
export async function benchSteering(bench: Bench): Promise<string> {
  const { scale } = bench;
  const rows = rowsOf(bench);
  await using session = await openSession([floor, lifeguardSteering, gdnsdGeo, knotGeo], bench);
  const { measureOnce, measureRows, servers } = session;
  const all = Object.values(rows);
  for (const row of all) await measureOnce(row, scale.warmSeconds);
  const measured = await measureRows(all, measureOnce);
  const of = (row: Row): Measured => measured[all.indexOf(row)]!;
  const beside = (row: Row, other: Row, wanted: number): Compared => ({
    measured: of(row),
    beside: of(other),
    wanted,
  });
  return [
    session.described,
    ...[rows.geo, rows.geoMany].map((row) => saturationTable(of(row), YARDSTICKS)),
    '### Load balancers beside a pool',
    comparedTable(lifeguardSteering.name, [
      beside(rows.off, rows.pool, 0.97),
      beside(rows.random, rows.pool, 0.95),
      beside(rows.geo, rows.poolBySubnet, 0.95),
      beside(rows.near, rows.geo, 1),
      beside(rows.nearMany, rows.geoFew, 1),
    ]),
    startTable(scale.names, servers),
    '### Memory of a load balancer in the table of answers',
    markdownTable(
      ['policy', 'octets'],
      Object.entries(octetsByPolicy(zoneOfConfiguration())).map(([policy, octets]) => [
        policy,
        octets.toLocaleString('en'),
      ]),
    ),
  ].join('\n\n');
}

/** The first zone of the configuration in config/. */
function zoneOfConfiguration(): Zone {
  const loaded = loadConfig({ env: {} });
  if (!loaded.ok) throw new Error('the configuration in config/ is not valid');
  return loaded.config.zones[0]!;
}

const isLifeguard = (peer: Peer) => peer === lifeguardSteering;

/** What is asked. */
function rowsOf({ directory, scale }: Bench) {
  const middle = Math.floor(scale.names / 2);
  const write = (name: string, lines: readonly string[]) => {
    const file = join(directory, name);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  };
  const order = shuffled(scale.names);
  const clients = networks();
  const subnets = write(
    'subnets',
    shuffled(clients.length).map((i) => clients[i]!.prefix),
  );
  const row = (title: string, names: string, more: Partial<Load>, asks = isLifeguard): Row => ({
    title,
    load: { address: '127.0.0.1', edns: true, tcp: false, answers: MEMBERS, names, ...more },
    asks,
  });
  const one = (name: string) => write(name, [name]);
  const bySubnet = { subnets };
  const random = (count: number) => `${count.toLocaleString('en')} names in random order`;
  const many = random(scale.names);
  const few = random(nearNames(scale.names));
  const fewOrder = shuffled(nearNames(scale.names));
  return {
    geo: row('geo, 1 name, client subnets', one(geoName(middle)), bySubnet, () => true),
    geoMany: row(`geo, ${many}, client subnets`, write('geo', order.map(geoName)), bySubnet, () => true),
    pool: row('a pool, 1 name', one(nameOf(0)), {}),
    poolBySubnet: row('a pool, 1 name, client subnets', one(nameOf(1)), bySubnet),
    off: row('off, 1 name', one(OFF), {}),
    random: row('random, 1 name', one(RANDOM), {}),
    near: row('proximity, 1 name, client subnets', one(nearName(0)), bySubnet),
    geoFew: row(`geo, ${few}, client subnets`, write('geo-few', fewOrder.map(geoName)), bySubnet),
    nearMany: row(`proximity, ${few}, client subnets`, write('near', fewOrder.map(nearName)), bySubnet),
  };
}
