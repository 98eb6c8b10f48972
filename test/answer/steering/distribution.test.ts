/** What load balancers draw, and what they decide by a hash of the client, over many queries. TEST_SEED sets another seed. */
import { describe, expect, test } from 'vitest';
import type { Choice } from '../../../src/answer/compile/choice-image.ts';
import { Type } from '../../../src/dns/type.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import type { Member } from '../../../src/pool/members.ts';
import { loadBalancer } from '../../store/contract/samples.ts';
import { seed } from '../../support/seed.ts';
import { LOCATOR } from './arbitrary-load-balancer.ts';
import { type Question, steeringTable } from './steering-table.ts';

const QUERIES = 5_000;
/** Standard deviations that chance exceeds once in a million times, to one side. */
const ONCE_IN_A_MILLION = 4.75;

const NAME = 'lb.example.org';
const PEER = Uint8Array.of(192, 0, 2, 1);
const [A, B, C, D] = ['3c6ef372', 'a54ff53a', '510e527f', '9b05688c'].map((half) => half.padEnd(32, '0'));
const IDS = [A!, B!, C!, D!];

/** Weights of a pool's members; those of the pool at a place of IDS are 198.51.100.<10 × place + 1> and so on. */
const membersOf = (id: string, weights: readonly number[]): Member[] =>
  weights.map((weight, i) => ({ address: `198.51.100.${10 * IDS.indexOf(id) + i + 1}`, weight }));

interface PoolSpec extends Partial<Choice> {
  readonly weights?: readonly number[];
}

function choiceOf(id: string, { weights = [1], ...more }: PoolSpec = {}): Choice {
  const members = membersOf(id, weights);
  return {
    id,
    isUsable: true,
    members,
    fallbackMembers: members,
    endpointSteering: 'random',
    shedPercent: 0,
    isShedByHash: false,
    ...more,
  };
}

function opened(steering: Partial<LoadBalancer>, pools: Readonly<Record<string, PoolSpec>> = {}) {
  let now = pools;
  const table = steeringTable(
    loadBalancer('0'.repeat(32), { name: NAME, defaultPools: [A!, B!, C!], fallbackPool: D!, ...steering }),
    { node: {}, byLatency: (ids) => ids, choiceOf: (id) => choiceOf(id, now[id]), locator: LOCATOR },
    seed,
  );
  return {
    /** The last octet of the first address for a client. */
    ask: (client: Partial<Question> = {}) => {
      const { answer } = table.ask({ name: NAME, type: Type.A, peer: PEER, ...client });
      return Number.parseInt(answer[0]!.rdata.slice(-2), 16);
    },
    become(next: Readonly<Record<string, PoolSpec>>) {
      now = next;
      table.changeChoices(IDS);
    },
  };
}

/** Expects that as many of each kind were seen as their shares say, as far as chance allows (Pearson's chi-square). */
function expectShares(seen: readonly number[], shares: Readonly<Record<number, number>>): void {
  const kinds = Object.keys(shares).map(Number);
  const sum = Object.values(shares).reduce((total, share) => total + share, 0);
  const counts = Map.groupBy(seen, (kind) => kind);
  const possible = kinds.filter((kind) => shares[kind]! > 0);
  expect(possible).toEqual(expect.arrayContaining([...counts.keys()]));
  const chiSquare = possible.reduce((total, kind) => {
    const expected = (seen.length * shares[kind]!) / sum;
    return total + ((counts.get(kind)?.length ?? 0) - expected) ** 2 / expected;
  }, 0);
  // Wilson and Hilferty: the cube root of chi-square over its degrees of freedom is about normal.
  const degrees = Math.max(1, possible.length - 1);
  const spread = 2 / (9 * degrees);
  const most = degrees * (1 - spread + ONCE_IN_A_MILLION * Math.sqrt(spread)) ** 3;
  expect(chiSquare, JSON.stringify([...counts].map(([kind, all]) => [kind, all.length]))).toBeLessThan(most);
}

const times = <T>(count: number, each: (i: number) => T) => Array.from({ length: count }, (_, i) => each(i));
const random = (poolWeights: Record<string, number>, defaultWeight = 1): Partial<LoadBalancer> => ({
  steeringPolicy: 'random',
  randomSteering: { poolWeights, defaultWeight },
});
const shedding = (shedPercent: number): PoolSpec => ({ shedPercent });
const down: PoolSpec = { isUsable: false };

describe(`what is drawn has its share (seed ${seed})`, () => {
  test.each<{
    what: string;
    steering: Partial<LoadBalancer>;
    pools?: Record<string, PoolSpec>;
    shares: Record<number, number>;
  }>([
    { what: 'pools of one weight', steering: random({}), shares: { 1: 1, 11: 1, 21: 1 } },
    {
      what: 'pools of different weights',
      steering: random({ [A!]: 0.5, [B!]: 0.3, [C!]: 0.01 }),
      shares: { 1: 50, 11: 30, 21: 1 },
    },
    {
      what: 'a pool of weight 0, and one that has the default weight',
      steering: random({ [A!]: 0.4, [B!]: 0 }, 0.6),
      shares: { 1: 4, 11: 0, 21: 6 },
    },
    {
      what: 'the pools that are left where one cannot be used',
      steering: random({ [A!]: 0.5, [B!]: 0.3, [C!]: 0.1 }),
      pools: { [A!]: down },
      shares: { 11: 3, 21: 1 },
    },
    {
      what: 'pools under least_connections',
      steering: { ...random({ [A!]: 0.2, [B!]: 0.8 }, 0), steeringPolicy: 'least_connections' },
      shares: { 1: 2, 11: 8 },
    },
    {
      what: 'pools under least_outstanding_requests',
      steering: { ...random({ [A!]: 0.2, [B!]: 0.8 }, 0), steeringPolicy: 'least_outstanding_requests' },
      shares: { 1: 2, 11: 8 },
    },
    {
      what: 'members of the pools that are drawn',
      steering: random({ [A!]: 0.7, [B!]: 0.3, [C!]: 0 }),
      pools: { [A!]: { weights: [50, 30, 20] }, [B!]: { weights: [100, 1] } },
      shares: { 1: 0.35, 2: 0.21, 3: 0.14, 11: 30 / 101, 12: 0.3 / 101 },
    },
    {
      what: 'members of one weight: each is the first equally often',
      steering: random({ [C!]: 0 }),
      pools: { [A!]: { weights: [9, 9, 9] }, [B!]: { weights: [9, 9] } },
      shares: { 1: 1 / 6, 2: 1 / 6, 3: 1 / 6, 11: 1 / 4, 12: 1 / 4 },
    },
    {
      what: 'members of the pool that failover takes',
      steering: { steeringPolicy: 'off' },
      pools: { [A!]: down, [B!]: { weights: [10, 30, 60] } },
      shares: { 11: 1, 12: 3, 13: 6 },
    },
    {
      what: 'pools that shed one after another, and the fallback pool behind them',
      steering: { steeringPolicy: 'off' },
      pools: { [A!]: shedding(30), [B!]: shedding(50), [C!]: shedding(80) },
      shares: { 1: 0.7, 11: 0.15, 21: 0.03, 31: 0.12 },
    },
    {
      what: 'a pool that sheds all, and one that cannot be used',
      steering: { steeringPolicy: 'off' },
      pools: { [A!]: shedding(100), [B!]: down, [C!]: shedding(1) },
      shares: { 21: 99, 31: 1 },
    },
    {
      what: 'drawn pools that shed: what one moves away is drawn again among the others',
      steering: random({ [A!]: 0.5, [B!]: 0.3, [C!]: 0.2 }),
      pools: { [A!]: shedding(40) },
      shares: { 1: 0.3, 11: 0.3 + 0.2 * 0.6, 21: 0.2 + 0.2 * 0.4 },
    },
    {
      what: 'members of pools that shed',
      steering: { steeringPolicy: 'off', defaultPools: [A!, B!] },
      pools: { [A!]: { shedPercent: 50, weights: [1, 3] }, [B!]: { weights: [1, 4] } },
      shares: { 1: 1 / 8, 2: 3 / 8, 11: 1 / 10, 12: 4 / 10 },
    },
  ])('$what', ({ steering, pools, shares }) => {
    const { ask } = opened(steering, pools);
    expectShares(
      times(QUERIES, () => ask()),
      shares,
    );
  });
});

/** A client of its own: a subnet of 24 bits, or a peer of such a network. */
const subnetAt = (i: number): Partial<Question> => ({
  subnet: { octets: Uint8Array.of(10, i >> 8, i & 0xff, 0), bits: 24 },
});
const peerAt = (i: number): Partial<Question> => ({ peer: Uint8Array.of(10, i >> 8, i & 0xff, 7) });
const ipv6At = (i: number): Partial<Question> => ({
  subnet: { octets: Uint8Array.of(0x20, 1, 0xd, 0xb8, i >> 8, i & 0xff, ...Array(10).fill(0)), bits: 48 },
});
const clients = [
  { kind: 'subnets', clientAt: subnetAt },
  { kind: 'peers', clientAt: peerAt },
  { kind: 'subnets of IPv6', clientAt: ipv6At },
];

describe.each(clients)('by a hash of the client, of $kind', ({ clientAt }) => {
  const hashed = (weights: readonly number[]): PoolSpec => ({ endpointSteering: 'hash', weights });
  const off: Partial<LoadBalancer> = { steeringPolicy: 'off' };

  test('members have their shares, and each client keeps its member', () => {
    const { ask } = opened(off, { [A!]: hashed([20, 60, 120]) });
    const first = times(QUERIES, (i) => ask(clientAt(i)));
    expectShares(first, { 1: 20, 2: 60, 3: 120 });
    expect(times(QUERIES, (i) => ask(clientAt(i)))).toEqual(first);
  });

  test('a member that goes moves only its own clients, by the weights of the others, and they come back with it', () => {
    const { ask, become } = opened(off, { [A!]: hashed([20, 60, 120]) });
    const before = times(QUERIES, (i) => ask(clientAt(i)));
    const pool = hashed([20, 60, 120]);
    become({ [A!]: { ...pool, members: choiceOf(A!, pool).members.filter((_, i) => i !== 1) } });
    const after = times(QUERIES, (i) => ask(clientAt(i)));
    expect(after.filter((_, i) => before[i] !== 2)).toEqual(before.filter((member) => member !== 2));
    expectShares(
      after.filter((_, i) => before[i] === 2),
      { 1: 20, 3: 120 },
    );
    become({ [A!]: pool });
    expect(times(QUERIES, (i) => ask(clientAt(i)))).toEqual(before);
  });

  test('a pool sheds the same clients always, as many as its percentage says, independently of other pools and of members', () => {
    const pools = {
      [A!]: { ...hashed([1, 3]), shedPercent: 25, isShedByHash: true },
      [B!]: { shedPercent: 50, isShedByHash: true },
      [C!]: hashed([2, 3]),
    };
    const { ask, become } = opened(off, pools);
    const first = times(QUERIES, (i) => ask(clientAt(i)));
    expectShares(first, { 1: 3 / 16, 2: 9 / 16, 11: 1 / 8, 21: 1 / 20, 22: 3 / 40 });
    expect(times(QUERIES, (i) => ask(clientAt(i)))).toEqual(first);
    // More is shed: nobody comes back to the pool.
    become({ ...pools, [A!]: { ...pools[A!]!, shedPercent: 60 } });
    const more = times(QUERIES, (i) => ask(clientAt(i)));
    expectShares(more, { 1: 0.1, 2: 0.3, 11: 0.3, 21: 0.12, 22: 0.18 });
    expect(more.filter((member, i) => member < 10 && member !== first[i])).toEqual([]);
  });
});

test('clients of one network of peers are one client: /24 of IPv4, /56 of IPv6', () => {
  const { ask } = opened(
    { steeringPolicy: 'off' },
    { [A!]: { endpointSteering: 'hash', weights: Array(8).fill(1) } },
  );
  const ipv4 = (last: number) => ({ peer: Uint8Array.of(203, 0, 113, last) });
  const ipv6 = (eighth: number) => ({
    peer: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 1, eighth, 0, 0, 0, 0, 0, 0, 0, 1),
  });
  for (const network of [ipv4, ipv6]) expect(new Set(times(256, (last) => ask(network(last)))).size).toBe(1);
});
