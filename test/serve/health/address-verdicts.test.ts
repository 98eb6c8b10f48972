import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import type { Observation } from '../../../src/health/observation.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { endpointHealth, inheritedVerdict } from '../../../src/serve/health/endpoint-health.ts';
import type { HealthOptions } from '../../../src/serve/health/health-state.ts';
import { EVERYWHERE, type RegionScope, verdictKeyOf } from '../../../src/voting/region-scope.ts';
import { createHealthStateAtOnce } from './judged-at-once.ts';

const [A, B, C] = ['192.0.2.1', '192.0.2.2', '2001:db8::1'];
const check = 'check' as CheckKey;
const other = 'other' as CheckKey;
let nowMs = 0;

/** A node that knows workers by their names, each in the region before its hyphen. */
function node(workers: readonly string[], options: Partial<HealthOptions> = {}) {
  const state = createHealthStateAtOnce({ probersPerRegion: 1, monotonicMs: () => nowMs, ...options });
  state.setWorkers(workers.map((id) => ({ id, region: regionOf(id), startedAtMs: 0 })));
  return state;
}
const regionOf = (worker: string) => worker.split('-')[0]!;

/** What a worker found: at each address that it saw, well or not; none: the name has no address there. */
function saw(
  worker: string,
  wells: Readonly<Record<string, boolean>>,
  fields: Partial<Observation> = {},
): Observation {
  const last = { sinceMs: 0, reason: 'No failures', responseCode: 0, rttMs: 1, streak: 1 } as const;
  const byAddress = Object.entries(wells).map(([address, ok]) => ({
    address,
    healthy: ok,
    lastOk: ok,
    ...last,
  }));
  const healthy = byAddress.some((each) => each.healthy);
  return {
    check,
    region: regionOf(worker),
    worker,
    healthy,
    lastOk: healthy,
    atMs: 0,
    ...last,
    ...(byAddress.length > 0 ? { addresses: byAddress.map(({ address }) => address), byAddress } : {}),
    ...fields,
  };
}

const pool = { monitorGroup: null } as unknown as Pool;
const said = (key: CheckKey, fields = {}, scope: RegionScope = EVERYWHERE) => ({
  key,
  monitor: key,
  scope,
  monitoringOnly: false,
  mustBeHealthy: false,
  ...fields,
});
type Node = ReturnType<typeof node>;
/** What is answered of the name by this check alone, and whether the endpoint is healthy. */
function answered(state: Node, checks = [said(check)]) {
  const { healthy, wellAddresses } = endpointHealth(pool, checks, state);
  return { healthy, well: wellAddresses?.map(({ address }) => address) };
}

test.each<{
  rule: string;
  workers: readonly string[];
  seen: readonly Observation[];
  healthy: boolean | undefined;
  well: readonly string[] | undefined;
}>([
  {
    rule: 'an endpoint is healthy if one address is healthy, and only that address is answered',
    workers: ['eu-1'],
    seen: [saw('eu-1', { [A]: true, [B]: false })],
    healthy: true,
    well: [A],
  },
  {
    rule: 'an endpoint is unhealthy if none of its addresses is healthy',
    workers: ['eu-1'],
    seen: [saw('eu-1', { [A]: false, [B]: false })],
    healthy: false,
    well: [],
  },
  {
    rule: 'regions vote on each address as on an endpoint: a tie is healthy, and more than half take it out',
    workers: ['eu-1', 'us-1', 'as-1'],
    seen: [
      saw('eu-1', { [A]: true, [B]: false }),
      saw('us-1', { [A]: false, [B]: false }),
      saw('as-1', { [A]: true, [B]: true }),
    ],
    healthy: true,
    well: [A],
  },
  {
    rule: 'only workers that see an address vote on it (a resolver may answer differently in each region)',
    workers: ['eu-1', 'us-1'],
    seen: [saw('eu-1', { [A]: true }), saw('us-1', { [B]: true, [C]: false })],
    healthy: true,
    well: [A, B],
  },
  {
    rule: 'if each address is unhealthy for more than half of the regions, the endpoint is unhealthy',
    workers: ['eu-1', 'us-1', 'as-1'],
    seen: [
      saw('eu-1', { [A]: true, [B]: false }),
      saw('us-1', { [A]: false, [B]: true }),
      saw('as-1', { [A]: false, [B]: false }),
    ],
    healthy: false,
    well: [],
  },
  {
    rule: 'a worker that finds no such name votes against each address',
    workers: ['eu-1', 'us-1', 'as-1'],
    seen: [saw('eu-1', { [A]: true }), saw('us-1', {}), saw('as-1', {})],
    healthy: false,
    well: [],
  },
  {
    rule: 'a worker that cannot make the check has no vote on any address',
    workers: ['eu-1', 'us-1'],
    seen: [saw('eu-1', { [A]: true }), saw('us-1', { [A]: false, [B]: true }, { fault: 'cannot' })],
    healthy: true,
    well: [A],
  },
  {
    rule: 'a worker of an older version has one health for all addresses',
    workers: ['eu-1', 'us-1'],
    seen: [saw('eu-1', {}, { healthy: true, addresses: [A, B] }), saw('us-1', { [A]: true, [B]: false })],
    healthy: true,
    well: [A, B],
  },
  { rule: 'nothing is known at first', workers: ['eu-1'], seen: [], healthy: undefined, well: undefined },
])('$rule', ({ workers, seen, healthy, well }) => {
  const state = node(workers);
  state.observe(seen);
  expect(answered(state)).toEqual({ healthy, well });
  expect(state.verdictOf(check).healthy).toBe(healthy);
});

test('a worker that cannot probe one address has no vote on that address', () => {
  const state = node(['eu-1']);
  const { byAddress, ...whole } = saw('eu-1', { [A]: true, [C]: false });
  const unable = byAddress!.map((each) =>
    each.address === C ? { ...each, streak: 0, fault: 'no IPv6' } : each,
  );
  state.observe([{ ...whole, byAddress: unable }]);
  expect(state.nameOf(check)?.addresses).toEqual([
    { address: A, healthy: true, stale: false },
    { address: C, healthy: undefined, stale: false },
  ]);
});

test('a change of one address is reported even if the endpoint is the same, and an equal result is not', () => {
  const state = node(['eu-1']);
  expect(state.observe([saw('eu-1', { [A]: true, [B]: true })])).toEqual([check]);
  expect(state.observe([saw('eu-1', { [A]: true, [B]: true })])).toEqual([]);
  expect(state.observe([saw('eu-1', { [A]: true, [B]: false })])).toEqual([check]);
  expect(state.changes).toEqual({ healthy: 1, unhealthy: 0 });
});

test('an address that left the name is forgotten, and has a new verdict when it returns', () => {
  const state = node(['eu-1']);
  state.observe([saw('eu-1', { [A]: true, [B]: false })]);
  expect(state.observe([saw('eu-1', { [A]: true })])).toEqual([check]);
  expect(answered(state)).toEqual({ healthy: true, well: [A] });
  state.observe([saw('eu-1', { [A]: true, [B]: true })]);
  expect(answered(state)).toEqual({ healthy: true, well: [A, B] });
});

test('without live workers the verdict on each address stays', () => {
  const state = node(['eu-1']);
  state.observe([saw('eu-1', { [A]: true, [B]: false })]);
  for (let seconds = 0; seconds < 9; seconds += 1) {
    nowMs += 1_000;
    state.setWorkers([]);
  }
  expect(answered(state)).toEqual({ healthy: true, well: [A] });
  expect(state.nameOf(check)?.addresses.map(({ stale }) => stale)).toEqual([true, true]);
});

test('a check saves its healthy addresses, and a check that replaces it inherits them', () => {
  const state = node(['eu-1']);
  state.observe([saw('eu-1', { [A]: true, [B]: false })]);
  const key = verdictKeyOf(check, EVERYWHERE);
  expect(state.verdictsOf(check)).toEqual([{ key, healthy: true, addresses: [A] }]);
  expect(inheritedVerdict([said(check)], state)).toEqual({ healthy: true, addresses: [A] });
  const next = node([]);
  next.seed(key, true, [A]);
  expect(answered(next)).toEqual({ healthy: true, well: [A] });
  next.setWorkers([{ id: 'eu-1', region: 'eu', startedAtMs: 0 }]);
  next.observe([saw('eu-1', { [A]: false, [B]: true })]);
  expect(answered(next)).toEqual({ healthy: true, well: [B] });
});

test('addresses of the last good state were answered for longer than the TTL that a worker found before it died', () => {
  const state = node([]);
  state.seed(verdictKeyOf(check, EVERYWHERE), true, [A]);
  state.observe([saw('eu-1', { [A]: true, [B]: true }, { addressTtlSeconds: 20 })]);
  expect(answered(state)).toEqual({ healthy: true, well: [A] });
  expect(state.nameOf(check)?.ttlSeconds).toBe(20);
});

test('the regions of a pool decide on its addresses, its own region first where it asks for that', () => {
  const state = node(['eu-1', 'us-1'], { region: 'us' });
  state.observe([saw('eu-1', { [A]: true, [B]: false }), saw('us-1', { [B]: true, [C]: true })]);
  const ofEu = said(check, {}, { regions: ['eu'], isOwnRegionFirst: false });
  const own = said(check, {}, { isOwnRegionFirst: true });
  expect(answered(state, [ofEu]).well).toEqual([A]);
  expect(answered(state, [own]).well).toEqual([B, C]);
  expect(answered(state).well).toEqual([A, B, C]);
});

test.each([
  { rule: 'both vote, so there is a tie on each address', fields: [{}, {}], healthy: true, well: [A, B] },
  { rule: 'a critical member decides', fields: [{ mustBeHealthy: true }, {}], healthy: true, well: [A] },
  {
    rule: 'a member that only monitors has no vote',
    fields: [{}, { monitoringOnly: true }],
    healthy: true,
    well: [A],
  },
  {
    rule: 'both are critical, so no address is healthy',
    fields: [{ mustBeHealthy: true }, { mustBeHealthy: true }],
    healthy: false,
    well: [],
  },
])('one member of a group finds A healthy and the other B: $rule', ({ fields, healthy, well }) => {
  const state = node(['eu-1']);
  state.observe([
    saw('eu-1', { [A]: true, [B]: false }),
    saw('eu-1', { [A]: false, [B]: true }, { check: other }),
  ]);
  const checks = [said(check, fields[0]), said(other, fields[1])];
  expect(answered(state, checks)).toEqual({ healthy, well });
});

test('monitors that see different addresses of a name vote only on those they see', () => {
  const state = node(['eu-1']);
  state.observe([
    saw('eu-1', { [A]: true, [B]: true }, { atMs: 9 }),
    saw(
      'eu-1',
      { [B]: false },
      { check: other, atMs: 5, healthy: true, addresses: [B, C], byAddress: undefined! },
    ),
  ]);
  expect(answered(state, [said(check), said(other, { mustBeHealthy: true })]).well).toEqual([A, B]);
});

test('an endpoint was out while only a monitor without a vote had seen the new address of its name', () => {
  const state = node(['eu-1']);
  const checks = [said(check), said(other, { monitoringOnly: true })];
  state.observe([
    saw('eu-1', { [A]: true }, { atMs: 5 }),
    saw('eu-1', { [B]: true }, { check: other, atMs: 9 }),
  ]);
  expect(answered(state, checks)).toEqual({ healthy: true, well: [A] });
  state.observe([saw('eu-1', { [B]: true }, { atMs: 12 })]);
  expect(answered(state, checks)).toEqual({ healthy: true, well: [B] });
});

test('a mass failure keeps the addresses that failed in it, but not one that failed before', () => {
  const massFailure = { share: 0.1, windowMs: 60_000, minimum: 1 };
  const state = node(['eu-1'], { massFailure });
  const dead = (address: string, results: number) => ({
    address,
    healthy: false,
    lastOk: false,
    streak: results + 1,
    sinceMs: 0,
    ...(results > 0 ? { sinceResults: results } : {}),
    reason: 'TCP Timeout' as const,
    responseCode: 0,
    rttMs: 1,
  });
  state.observe([saw('eu-1', { [A]: true, [B]: false })]);
  const failed = (a: number) =>
    saw('eu-1', { [A]: false, [B]: false }, { byAddress: [dead(A, a), dead(B, 3)] });
  state.observe([failed(0)]);
  expect(answered(state)).toEqual({ healthy: true, well: [A] });
  state.observe([{ ...failed(1), sinceResults: 1 }]);
  expect(answered(state)).toEqual({ healthy: false, well: [] });
});

test('an address that flaps is damped, and the others are not', () => {
  const state = node(['eu-1'], { damping: { flips: 2, windowMs: 60_000, holdMaxMs: 60_000 } });
  for (const well of [true, false, true, false, true]) state.observe([saw('eu-1', { [A]: true, [B]: well })]);
  expect(answered(state)).toEqual({ healthy: true, well: [A] });
  expect([...state.heldOut.keys()].map(state.checkOf)).toEqual([check]);
  expect(state.heldOutMs(check)).toBeUndefined();
  nowMs += 60_000;
  expect(state.tick()).toEqual([check]);
  expect(answered(state)).toEqual({ healthy: true, well: [A, B] });
});

test('if all addresses flap, the endpoint is damped', () => {
  const state = node(['eu-1'], { damping: { flips: 2, windowMs: 60_000, holdMaxMs: 60_000 } });
  for (const well of [true, false, true, false, true]) state.observe([saw('eu-1', { [A]: well })]);
  expect(answered(state)).toEqual({ healthy: false, well: [] });
  expect(state.heldOutMs(check)).toBe(60_000);
  expect(state.stale.verdicts).toBe(0);
});

test('an address that is healthy again gets its weight back in steps', () => {
  const state = node(['eu-1'], { recoveryMs: 10_000 });
  for (const well of [true, false, true]) state.observe([saw('eu-1', { [A]: true, [B]: well })]);
  const shares = () =>
    endpointHealth(pool, [said(check)], state).wellAddresses?.map(({ recovered }) => recovered);
  expect(shares()).toEqual([1, 0.1]);
  nowMs += 10_000;
  expect(state.tick()).toEqual([check]);
  expect(shares()).toEqual([1, 1]);
});

test('a region label that looks like part of an address key does not confuse the key of a scope', () => {
  const state = node(['eu-1']);
  const scope = { regions: ['a @b'], isOwnRegionFirst: false };
  state.verdictOf(check, scope);
  expect(state.checkOf(verdictKeyOf(check, scope))).toBe(check);
});
