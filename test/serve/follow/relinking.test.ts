import { expect, test, vi } from 'vitest';
import { createTable } from '../../../src/answer/table.ts';
import { checkKeyOf } from '../../../src/check/check.ts';
import type { Monitor } from '../../../src/check/monitor.ts';
import type { MonitorGroup } from '../../../src/check/monitor-group.ts';
import { PIECE_MS } from '../../../src/pace/next-turn.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import { createRelinking, LINKED_AT_ONCE } from '../../../src/serve/follow/relinking.ts';
import { createServedState } from '../../../src/serve/follow/served-state.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import type { StoredDocument } from '../../../src/store/contract/documents.ts';
import type { LastGood } from '../../../src/store/last-good/last-good.ts';
import { group, monitor, pool } from '../../store/contract/samples.ts';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Holds up the thread for longer than a piece of work may take. */
function workLong(): void {
  for (const fromMs = performance.now(); performance.now() - fromMs <= PIECE_MS; );
}

/** A relinking whose every pool takes long, and what becomes of it. */
function slow(failing: readonly string[] = []) {
  const done: string[] = [];
  const relinking = createRelinking({
    link(id) {
      if (failing.includes(id)) throw new Error(id);
      workLong();
      done.push(id);
    },
    linked: (ids) => void done.push(`linked ${ids.length}`),
    begun: () => void done.push('begun'),
    ended: () => void done.push('ended'),
    failed: (error) => void done.push(`failed ${(error as Error).message}`),
  });
  return { relinking, done };
}
const names = (count: number) => Array.from({ length: count }, (_, at) => `p${at}`);

test.each([
  { count: LINKED_AT_ONCE, isAtOnce: true },
  { count: LINKED_AT_ONCE + 1, isAtOnce: false },
])('$count pools are linked at once: $isAtOnce', async ({ count, isAtOnce }) => {
  const { relinking, done } = slow();
  relinking.add(names(count));
  expect(relinking.isUnderWay).toBe(!isAtOnce);
  expect(done.filter((each) => each.startsWith('p')).length === count).toBe(isAtOnce);
  await vi.waitFor(() => expect(relinking.isUnderWay).toBe(false), { timeout: 60_000 });
  expect(done.filter((each) => each.startsWith('p'))).toEqual(names(count));
  expect(done.filter((each) => /begun|ended/.test(each))).toEqual(isAtOnce ? [] : ['begun', 'ended']);
});

test('a pool that cannot be linked is reported, and the others are linked', async () => {
  const { relinking, done } = slow(['p3']);
  relinking.add(names(LINKED_AT_ONCE + 1));
  await vi.waitFor(() => expect(done.at(-1)).toBe('ended'), { timeout: 60_000 });
  expect(done).toContain('failed p3');
  expect(done).toContain(`p${LINKED_AT_ONCE}`);
});

test('what waits is forgotten when all is linked by somebody else', async () => {
  const { relinking, done } = slow();
  relinking.add(names(LINKED_AT_ONCE + 1));
  relinking.clear();
  await vi.waitFor(() => expect(done.at(-1)).toBe('ended'), { timeout: 60_000 });
  expect(done.filter((each) => each.startsWith('p')).length).toBeLessThan(LINKED_AT_ONCE);
});

const POOLS = 600;
const GROUP = group('g', {
  members: [
    {
      monitorId: 'm',
      enabled: true,
      monitoringOnly: false,
      mustBeHealthy: false,
      createdAt: '',
      updatedAt: '',
    },
  ],
});
const document = (kind: string, value: { id: string }, revision: number) =>
  ({ kind, id: value.id, revision, value }) as unknown as StoredDocument;

/** A state of many pools of one group, and what of it is published. */
function manyPools(lastGood?: LastGood) {
  const table = createTable({});
  const publisher = createPublisher([], table, () => {});
  const published = new Map<string, number>();
  const sights: number[][] = [];
  const spied = Object.create(publisher, {
    write: {
      value(state: Parameters<typeof publisher.write>[0]) {
        publisher.write(state);
        published.set(state.id, state.members.length);
      },
    },
    end: {
      value() {
        publisher.end();
        sights.push([...new Set(published.values())]);
      },
    },
  }) as typeof publisher;
  const state = createServedState({
    publisher: spied,
    probersPerRegion: 1,
    alarms: createAlarms(log),
    failed: (error) => expect.fail(String(error)),
    ...(lastGood && { lastGood }),
  });
  const pools = names(POOLS).map((id) => pool(id, { monitorGroup: 'g' }));
  state.replace({
    epoch: 'e',
    revision: 1,
    documents: [
      document('monitor', monitor('m'), 1),
      document('monitor_group', GROUP, 1),
      ...pools.map((each) => document('pool', each, 1)),
    ],
  });
  const change = (revision: number, kind: string, value: Pool | Monitor | MonitorGroup) =>
    state.apply({ revision, entries: [{ op: 'put', document: document(kind, value, revision) }] });
  return { state, pools, sights, change };
}

test('the pools of a changed group held up the thread at once; in slices none is published before the others', async () => {
  const { state, pools, sights, change } = manyPools();
  await vi.waitFor(() => expect(state.publication.isIdle).toBe(true));
  // Without a result all endpoints are out; without a monitor all are in.
  expect(sights.at(-1)).toEqual([0]);
  const before = sights.length;
  change(2, 'monitor_group', group('g', { members: [{ ...GROUP.members[0]!, enabled: false }] }));
  // Something else becomes another meanwhile.
  change(3, 'pool', { ...pools[7]!, description: 'other' });
  await vi.waitFor(() => expect(state.publication.isIdle).toBe(true));
  expect(sights.slice(before)).toEqual([[1]]);
  expect(state.configured.pool('p7')?.description).toBe('other');
  state.stop();
});

test('verdicts of the checks before stay, and the last good state has them before the change', async () => {
  const steps: string[] = [];
  const lastGood = {
    apply: ({ revision }: { revision: number }) => void steps.push(`change ${revision}`),
    hold: () => void steps.push('verdict'),
    forget: () => {},
  } as unknown as LastGood;
  const { state, pools, change } = manyPools(lastGood);
  const first = pools[0]!.endpoints[0]!;
  state.health.seed(checkKeyOf(monitor('m'), first), true);
  change(2, 'monitor', monitor('m', { port: 8_080 }));
  change(3, 'monitor', monitor('m', { port: 8_081 }));
  await vi.waitFor(() => expect(state.publication.isIdle).toBe(true));
  expect(state.configured.checksOf(pools[0]!, first).map(({ key }) => key)).toEqual([
    checkKeyOf(monitor('m', { port: 8_081 }), first),
  ]);
  expect(state.statusOf(pools[0]!).endpoints.map(({ standing }) => standing)).toEqual(['healthy']);
  expect(steps.filter((step) => step !== 'verdict')).toEqual(['change 2', 'change 3']);
  expect(steps.indexOf('verdict')).toBeLessThan(steps.indexOf('change 2'));
  await turn();
  state.stop();
});
