/**
 * Real resolvers between clients and load balancers: each client gets the pool of its place, and never what was kept for a client of
 * another one. Places are networks of loopback, from which dig asks.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startBind } from '../../support/bind.ts';
import { dig } from '../../support/dig.ts';
import type { LifeguardProcess } from '../../support/lifeguard.ts';
import { needing } from '../../support/run-program.ts';
import { startDnsmasq } from '../../support/server/dnsmasq.ts';
import { startKresd } from '../../support/server/kresd.ts';
import { startRecursor } from '../../support/server/recursor.ts';
import type { Resolver } from '../../support/server/resolver.ts';
import { startUnbound } from '../../support/server/unbound.ts';
import { ADDRESSES, endSteering, HASHED, type PoolName, startSteering } from './steering-server.ts';

const NETWORKS = [
  '127.0.0.0/16: { country: BR }',
  '127.1.0.0/16: { country: FR }',
  '127.2.0.0/16: { country: DE }',
  '127.3.3.0/24: { country: US, subdivision: CA }',
];

let node: LifeguardProcess;
let resolver: Resolver | undefined;

beforeEach(async () => {
  node = await startSteering(NETWORKS);
});
afterEach(async () => {
  await resolver?.stop();
  await endSteering();
});

async function answerFor(client: string, name = 'geo.example.com', type = 'A'): Promise<readonly string[]> {
  return (await dig(resolver!, '-b', client, name, type)).rdata;
}

async function expectPool(client: string, pool: PoolName, name?: string): Promise<void> {
  expect(await answerFor(client, name), client).toEqual([ADDRESSES[pool][0]]);
  expect(await answerFor(client, name, 'AAAA'), client).toEqual([ADDRESSES[pool][1]]);
}

describe('unbound with a subnet cache', () => {
  const SUBNETS = 'module-config: "subnetcache validator iterator"\n  send-client-subnet: 127.0.0.1';

  test('each client gets the pool of its place, from the server first and then from the cache', async () => {
    resolver = await startUnbound('example.com', node.dns, SUBNETS);
    const rounds = [
      { france: '127.1.0.5', germany: '127.2.0.5', states: '127.3.3.5', rest: '127.3.4.5' },
      { france: '127.1.200.7', germany: '127.2.200.7', states: '127.3.3.7', rest: '127.3.5.7' },
    ] as const;
    for (const clients of rounds)
      for (const [pool, client] of Object.entries(clients)) await expectPool(client, pool as PoolName);
    for (const [pool, client] of Object.entries(rounds[0]))
      expect(await answerFor(client, 'alias.example.com'), pool).toEqual([
        ADDRESSES[pool as PoolName][0],
        'geo.example.com.',
      ]);
    // Without the server only what is kept is left: for whole places, and for no others.
    await node.end('SIGKILL');
    await expectPool('127.1.77.1', 'france');
    await expectPool('127.2.88.1', 'germany');
    await expectPool('127.3.3.99', 'states');
    expect(await answerFor('127.0.9.9')).toEqual([]);
  });

  test('what no client decides is kept for all of them', async () => {
    resolver = await startUnbound('example.com', node.dns, SUBNETS);
    await expectPool('127.1.0.5', 'france', 'off.example.com');
    await node.end('SIGKILL');
    for (const client of ['127.2.0.5', '127.3.3.5', '127.9.9.9'])
      expect(await answerFor(client, 'off.example.com'), client).toEqual([ADDRESSES.france[0]]);
  });

  test('clients keep their members by a hash of their subnets, and only they are answered from the cache', async () => {
    resolver = await startUnbound('example.com', node.dns, SUBNETS);
    const clients = Array.from({ length: 16 }, (_, i) => `127.7.${i}.1`);
    const members: (readonly string[])[] = [];
    for (const client of clients) members.push(await answerFor(client, 'hash.example.com'));
    expect(HASHED).toEqual(expect.arrayContaining(members.flat()));
    expect(new Set(members.flat()).size).toBeGreaterThan(3);
    await node.end('SIGKILL');
    for (const [i, client] of clients.entries())
      expect(await answerFor(client.replace(/1$/, '9'), 'hash.example.com')).toEqual(members[i]);
    expect(await answerFor('127.7.99.1', 'hash.example.com')).toEqual([]);
  });
});

const recursor = needing(
  'pdns_recursor',
  'pdns-recursor',
  'PowerDNS Recursor with client subnets: each client gets the pool of its place, from the server first and then from the cache',
);
test.skipIf(recursor.missing)(recursor.title, async () => {
  resolver = await startRecursor('example.com', node.dns);
  const clients = { france: '127.1.0.5', germany: '127.2.0.5', states: '127.3.3.5', rest: '127.3.4.5' };
  for (const [pool, client] of Object.entries(clients)) await expectPool(client, pool as PoolName);
  await node.end('SIGKILL');
  for (const [pool, client] of Object.entries(clients))
    await expectPool(client.replace(/5$/, '9'), pool as PoolName);
  expect(await answerFor('127.0.9.9')).toEqual([]);
});

test('unbound without client subnets: all its clients are where it is', async () => {
  resolver = await startUnbound('example.com', node.dns);
  for (const client of ['127.1.0.5', '127.2.0.5']) await expectPool(client, 'brazil');
});

test('a BIND forward zone: all its clients are where it is, as BIND sends no client subnet', async () => {
  resolver = await startBind('example.com', node.dns);
  for (const client of ['127.1.0.5', '127.2.0.5']) await expectPool(client, 'brazil');
});

const kresd = needing(
  'kresd',
  'knot-resolver',
  'Knot Resolver: all its clients are where it is, as it sends no client subnet, and it keeps answers of drawn and of hashed members',
);
test.skipIf(kresd.missing)(kresd.title, async () => {
  resolver = await startKresd('example.com', node.dns);
  for (const client of ['127.1.0.5', '127.2.0.5']) await expectPool(client, 'brazil');
  expect(await answerFor('127.1.0.5', 'alias.example.com')).toEqual([
    ADDRESSES.brazil[0],
    'geo.example.com.',
  ]);
  const [member, ...more] = await answerFor('127.1.0.5', 'hash.example.com');
  expect(more).toEqual([]);
  expect(HASHED).toContain(member);
  // Without the server only what is kept is left.
  await node.end('SIGKILL');
  for (const client of ['127.3.3.5', '127.9.9.9']) {
    await expectPool(client, 'brazil');
    expect(await answerFor(client, 'hash.example.com')).toEqual([member]);
  }
});

test('dnsmasq with add-subnet: each client gets the pool of its place, since it keeps nothing', async () => {
  resolver = await startDnsmasq('example.com', node.dns, 'add-subnet=24,56');
  for (const [pool, client] of Object.entries({
    france: '127.1.0.5',
    germany: '127.2.0.5',
    states: '127.3.3.5',
    rest: '127.3.4.5',
  }))
    await expectPool(client, pool as PoolName);
  await expectPool('127.1.0.6', 'france');
});
