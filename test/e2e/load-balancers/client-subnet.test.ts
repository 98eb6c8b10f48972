/** dig's +subnet against a real server: which pool answers, and for how many bits of the subnet that holds (RFC 7871). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dig } from '../../support/dig.ts';
import type { LifeguardProcess } from '../../support/lifeguard.ts';
import { ADDRESSES, endSteering, HASHED, type PoolName, startSteering, subnetIn } from './steering-server.ts';

const NETWORKS = [
  '10.0.0.0/8: { country: FR }',
  '10.1.0.0/16: { country: DE }',
  '10.1.2.0/23: { country: US, subdivision: CA }',
  '127.0.0.0/8: { country: BR }',
  '"::1/128": { country: BR }',
  '2001:db8::/32: { country: JP }',
  '2001:db8:1::/48: { country: BR }',
  '2001:db8:1:200::/56: { country: DE }',
  '2001:db8:1:201::7/128: { country: CA, subdivision: QC }',
];

interface Row {
  readonly lb: 'geo' | 'near' | 'rules' | 'off';
  readonly subnet: string;
  readonly pool: PoolName;
  readonly scope: number;
  readonly why: string;
}

const OF_GEO: readonly Omit<Row, 'lb'>[] = [
  { subnet: '10.200.0.0/16', pool: 'france', scope: 9, why: 'the other half of 10.0.0.0/8 has more in it' },
  { subnet: '10.200.7.0/24', pool: 'france', scope: 9, why: 'a longer subnet than what decides' },
  { subnet: '10.200.7.9/32', pool: 'france', scope: 9, why: 'a whole address' },
  { subnet: '10.128.0.0/9', pool: 'france', scope: 9, why: 'a subnet as long as what decides' },
  { subnet: '10.0.0.0/8', pool: 'france', scope: 16, why: 'a shorter subnet: its first address counts' },
  { subnet: '10.1.9.0/24', pool: 'germany', scope: 21, why: 'beside a longer network' },
  { subnet: '10.1.2.0/24', pool: 'states', scope: 23, why: 'one bit more than what decides' },
  { subnet: '10.1.3.7/32', pool: 'states', scope: 23, why: 'a whole address' },
  { subnet: '10.1.2.0/23', pool: 'states', scope: 23, why: 'a subnet as long as what decides' },
  { subnet: '10.1.0.0/16', pool: 'germany', scope: 23, why: 'a shorter subnet: its first address counts' },
  { subnet: '203.0.113.0/24', pool: 'japan', scope: 24, why: 'of the database' },
  { subnet: '192.168.1.0/24', pool: 'rest', scope: 5, why: 'a private address that nothing knows' },
  { subnet: '172.16.0.0/12', pool: 'rest', scope: 2, why: 'a private network that nothing knows' },
  { subnet: '0.0.0.0/0', pool: 'rest', scope: 0, why: 'from nowhere in particular (RFC 7871 §7.1.2)' },
  { subnet: '::/0', pool: 'rest', scope: 0, why: 'from nowhere in particular (RFC 7871 §7.1.2)' },
  { subnet: '2001:db8:2::/48', pool: 'japan', scope: 47, why: 'IPv6: beside a longer network' },
  { subnet: '2001:db8:1::/48', pool: 'brazil', scope: 55, why: 'IPv6: a shorter subnet' },
  {
    subnet: '2001:db8:1:200::/56',
    pool: 'germany',
    scope: 64,
    why: 'IPv6: a shorter subnet, by one address',
  },
  { subnet: '2001:db8:1:300::/56', pool: 'brazil', scope: 56, why: 'IPv6: as long as what decides' },
  { subnet: '2001:db8:1:201::7/128', pool: 'canada', scope: 128, why: 'IPv6: one address' },
  { subnet: '2001:db8:1:201::6/128', pool: 'germany', scope: 128, why: 'IPv6: the address beside it' },
  { subnet: '2001:db9::/32', pool: 'rest', scope: 32, why: 'IPv6: the network beside it is unknown' },
];
const GEO: readonly Row[] = OF_GEO.map((row) => ({ lb: 'geo', ...row }));

const OTHERS: readonly Row[] = [
  { lb: 'near', subnet: '10.200.7.0/24', pool: 'france', scope: 9, why: 'centre of France' },
  { lb: 'near', subnet: '10.1.2.0/24', pool: 'states', scope: 23, why: 'centre of the US' },
  { lb: 'near', subnet: '203.0.113.0/24', pool: 'japan', scope: 24, why: 'centre of Japan' },
  { lb: 'near', subnet: '192.168.1.0/24', pool: 'france', scope: 5, why: 'unknown: order of the list' },
  { lb: 'near', subnet: '0.0.0.0/0', pool: 'france', scope: 0, why: 'from nowhere in particular' },
  { lb: 'near', subnet: '2001:db8:2::/48', pool: 'japan', scope: 47, why: 'IPv6' },
  { lb: 'rules', subnet: '10.1.2.0/24', pool: 'germany', scope: 24, why: 'in the prefix' },
  { lb: 'rules', subnet: '10.1.2.9/32', pool: 'germany', scope: 24, why: 'longer than the prefix' },
  { lb: 'rules', subnet: '10.1.3.0/24', pool: 'rest', scope: 24, why: 'beside the prefix' },
  { lb: 'rules', subnet: '10.2.0.0/16', pool: 'rest', scope: 15, why: 'farther away' },
  {
    lb: 'rules',
    subnet: '192.168.0.0/16',
    pool: 'rest',
    scope: 1,
    why: 'in the other half of all addresses',
  },
  { lb: 'rules', subnet: '0.0.0.0/0', pool: 'rest', scope: 0, why: 'from nowhere in particular' },
  { lb: 'rules', subnet: '2001:db8:1:2::/64', pool: 'germany', scope: 64, why: 'IPv6, in the prefix' },
  {
    lb: 'rules',
    subnet: '2001:db8:1::/48',
    pool: 'rest',
    scope: 63,
    why: 'IPv6: its first address is beside',
  },
  { lb: 'off', subnet: '10.1.2.0/24', pool: 'france', scope: 0, why: 'no client decides anything' },
  { lb: 'off', subnet: '2001:db8:1::/56', pool: 'france', scope: 0, why: 'no client decides anything' },
];

afterAll(endSteering);

describe.each(['batched', 'portable'] as const)('%s engine', (engine) => {
  let node: LifeguardProcess;
  const v6 = () => ({
    address: '::1',
    port: Number((node.log.find(({ msg }) => msg === 'listening')!.dns as string[])[1]!.split(':').at(-1)),
  });
  beforeAll(async () => {
    node = await startSteering(NETWORKS, engine);
  });

  test.each([...GEO, ...OTHERS])('$lb, $subnet: $pool, scope $scope ($why)', async (row) => {
    const { lb, subnet, pool, scope } = row;
    const asked = (...words: string[]) =>
      dig(words.includes('AAAA') ? v6() : node.dns, `${lb}.example.com`, `+subnet=${subnet}`, ...words);
    const found = await Promise.all([asked('A'), asked('A', '+tcp'), asked('AAAA')]);
    expect(found.map(({ rdata }) => rdata)).toEqual([
      [ADDRESSES[pool][0]],
      [ADDRESSES[pool][0]],
      [ADDRESSES[pool][1]],
    ]);
    for (const each of found) {
      expect(each.answer[0]).toContain(` 300 `);
      expect(subnetIn(each)).toBe(`${subnet}/${scope}`);
    }
  });

  test('without a client subnet the address that asks decides, and the answer has none either', async () => {
    for (const server of [node.dns, v6()]) {
      const found = await dig(server, 'geo.example.com');
      expect(found.rdata).toEqual([ADDRESSES.brazil[0]]);
      expect(subnetIn(found)).toBeUndefined();
    }
  });

  test('an option of family 0 is from nowhere in particular, and the answer has family 0 too', async () => {
    const found = await dig(node.dns, 'geo.example.com', '+ednsopt=8:00000000');
    expect(found.rdata).toEqual([ADDRESSES.rest[0]]);
    expect(found.text).toMatch(/^; CLIENT-SUBNET: 0\/0\/0$/m);
  });

  test.each([
    { what: 'an unknown family', option: '00031800c00002' },
    { what: 'bits behind the prefix', option: '00011800c0000201' },
    { what: 'more bits than an address has', option: '00012100c0000201ff' },
    { what: 'a scope in a query', option: '00011818c00002' },
  ])('$what is FORMERR, for a load balancer too (RFC 7871 §7.2.1)', async ({ option }) => {
    expect(await dig(node.dns, 'geo.example.com', `+ednsopt=8:${option}`)).toMatchObject({
      status: 'FORMERR',
      answer: [],
    });
  });

  test('an alias that leads to a load balancer has its answer and its scope', async () => {
    const found = await dig(node.dns, 'alias.example.com', '+subnet=10.1.2.0/24');
    expect(found.rdata).toEqual([ADDRESSES.states[0], 'geo.example.com.']);
    expect(subnetIn(found)).toBe('10.1.2.0/24/23');
  });

  test('a hash of the client: each subnet keeps its member, and the scope is the whole subnet', async () => {
    const members = new Set<string>();
    for (let i = 0; i < 16; i += 1) {
      const subnet = `198.51.${i}.0/24`;
      const [udp, tcp] = [
        await dig(node.dns, 'hash.example.com', `+subnet=${subnet}`),
        await dig(node.dns, 'hash.example.com', `+subnet=${subnet}`, '+tcp'),
      ];
      expect(udp.rdata).toHaveLength(1);
      expect(tcp.rdata).toEqual(udp.rdata);
      for (const each of [udp, tcp]) expect(subnetIn(each)).toBe(`${subnet}/24`);
      members.add(udp.rdata[0]!);
    }
    expect(HASHED).toEqual(expect.arrayContaining([...members]));
    expect(members.size).toBeGreaterThan(3);
  });

  test('a type without addresses of the load balancer does not depend on the client: scope 0', async () => {
    const found = await dig(node.dns, 'geo.example.com', 'TXT', '+subnet=10.1.2.0/24');
    expect(found).toMatchObject({ status: 'NOERROR', answer: [] });
    expect(subnetIn(found)).toBe('10.1.2.0/24/0');
  });
});
