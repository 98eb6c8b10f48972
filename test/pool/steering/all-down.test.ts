import { expect, test } from 'vitest';
import type { EndpointHealth } from '../../../src/pool/members.ts';
import type { AllDown } from '../../../src/pool/steering/all-down.ts';
import { allDownOf, answerOfPool } from '../../../src/pool/steering/all-down.ts';
import { membersAs } from '../../../src/pool/steering/whatever-health.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';

const MONITOR = 'a'.repeat(32);
const up: EndpointHealth = { healthy: true };
const down: EndpointHealth = { healthy: false };
const unknown: EndpointHealth = { healthy: undefined };
const out: EndpointHealth = { healthy: false, override: 'out' };
const maintenance: EndpointHealth = { healthy: true, override: 'maintenance' };

interface Row {
  readonly says: string;
  readonly allDown?: AllDown | null;
  /** Of e0, e1 and e2. */
  readonly health: readonly [EndpointHealth, EndpointHealth, EndpointHealth];
  readonly weights?: readonly [number, number, number];
  readonly last?: readonly string[];
  readonly answered: readonly number[];
  readonly as?: 'all' | 'last_healthy';
}
const ROWS: Row[] = [
  { says: 'absent: nothing', health: [down, down, down], answered: [] },
  { says: 'null: nothing', allDown: null, health: [down, down, down], answered: [] },
  { says: 'nodata: nothing', allDown: 'nodata', health: [down, down, down], answered: [] },
  { says: 'one is healthy: that', allDown: 'all', health: [down, up, down], answered: [1] },
  { says: 'all', allDown: 'all', health: [down, down, down], answered: [0, 1, 2], as: 'all' },
  { says: 'no result yet', allDown: 'all', health: [unknown, unknown, down], answered: [0, 1, 2], as: 'all' },
  {
    says: 'an override keeps out',
    allDown: 'all',
    health: [out, down, maintenance],
    answered: [1],
    as: 'all',
  },
  { says: 'overrides keep all out', allDown: 'all', health: [out, out, maintenance], answered: [] },
  {
    says: 'a weight of 0 stays out where others are there',
    allDown: 'all',
    health: [down, down, down],
    weights: [0, 1, 1],
    answered: [1, 2],
    as: 'all',
  },
  {
    says: 'weights of 0 alone are answered',
    allDown: 'all',
    health: [down, out, down],
    weights: [0, 1, 0],
    answered: [0, 2],
    as: 'all',
  },
  {
    says: 'the last healthy ones',
    allDown: 'last_healthy',
    health: [down, down, down],
    last: ['e2'],
    answered: [2],
    as: 'last_healthy',
  },
  {
    says: 'the last healthy ones are not known: all',
    allDown: 'last_healthy',
    health: [down, down, down],
    answered: [0, 1, 2],
    as: 'all',
  },
  {
    says: 'the last healthy ones are gone or taken out: all others',
    allDown: 'last_healthy',
    health: [down, down, out],
    last: ['e2', 'gone'],
    answered: [0, 1],
    as: 'all',
  },
];

test.each(ROWS)('$says', ({ allDown, health, weights = [1, 1, 1], last, answered, as }) => {
  const pool = makePool({
    monitor: MONITOR,
    ...(allDown !== undefined && { allDown }),
    endpoints: weights.map((weight, i) => makeEndpoint({ name: `e${i}`, address: `192.0.2.${i}`, weight })),
  });
  const answer = answerOfPool(pool, (_, i) => health[i]!, allDownOf(pool), last && new Set(last));
  expect(membersAs(answer).map(({ address }) => address)).toEqual(answered.map((i) => `192.0.2.${i}`));
  expect(answer.allDown).toBe(as);
});

test('a disabled pool and a disabled endpoint are never answered', () => {
  const endpoints = [makeEndpoint({ enabled: false }), makeEndpoint({ name: 'b', address: '192.0.2.2' })];
  const pool = makePool({ monitor: MONITOR, allDown: 'all', endpoints });
  expect(membersAs(answerOfPool(pool, () => down, 'all', undefined)).map(({ address }) => address)).toEqual([
    '192.0.2.2',
  ]);
  expect(answerOfPool({ ...pool, enabled: false }, () => down, 'all', undefined).allDown).toBeUndefined();
});

test('of a host name all addresses are answered, healthy or not, for as long as they last', () => {
  const pool = makePool({
    monitor: MONITOR,
    allDown: 'all',
    endpoints: [makeEndpoint({ address: 'a.example.net' })],
  });
  const health = {
    healthy: false,
    addresses: ['192.0.2.1', '192.0.2.2'],
    wellAddresses: [],
    addressTtlSeconds: 7,
  };
  expect(membersAs(answerOfPool(pool, () => health, 'all', undefined))).toEqual([
    { address: '192.0.2.1', weight: 100, ttlSeconds: 7 },
    { address: '192.0.2.2', weight: 100, ttlSeconds: 7 },
  ]);
});
