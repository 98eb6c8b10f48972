import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTable } from '../../../src/answer/table.ts';
import { checkKeyOf } from '../../../src/check/check.ts';
import type { Monitor } from '../../../src/check/monitor.ts';
import type { GroupMember } from '../../../src/check/monitor-group.ts';
import { healthSourceOf } from '../../../src/commands/source/health-source.ts';
import type { Observation } from '../../../src/health/observation.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher, type Publisher } from '../../../src/serve/publish/publisher.ts';
import type { Write } from '../../../src/store/contract/documents.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { type LastGood, openLastGood } from '../../../src/store/last-good/last-good.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makeMember } from '../../pool/groups.ts';
import { makeEndpoint, makeMonitor, makePool } from '../../probe/checks.ts';

const A = makeMonitor({ id: 'a'.repeat(32) });
const B = makeMonitor({ id: 'b'.repeat(32), type: 'tcp', port: 81 });
const C = makeMonitor({ id: 'c'.repeat(32), path: '/c' });
const ADDRESS = '192.0.2.1';

const member = ({ id: monitorId }: Monitor, fields: Partial<GroupMember> = {}) =>
  makeMember({ monitorId, ...fields });
const groupOf = (...members: GroupMember[]) => makeGroup({ members });
const grouped = makePool({
  monitor: null,
  monitorGroup: makeGroup().id,
  endpoints: [makeEndpoint({ address: ADDRESS })],
});
const alone = (monitor: Monitor): Pool => ({ ...grouped, monitor: monitor.id, monitorGroup: null });

const put = (value: Pool | Monitor | ReturnType<typeof makeGroup>): Write => {
  const { id } = value;
  const common = { op: 'put', id, unique: [], references: [] } as const;
  if ('endpoints' in value) return { ...common, kind: 'pool', value };
  return 'members' in value
    ? { ...common, kind: 'monitor_group', value }
    : { ...common, kind: 'monitor', value };
};

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
let directory: string;
let store: Store;
const open: { stop(): unknown }[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-'));
  store = openEmbeddedStore(join(directory, 'store.sqlite'));
  open.push({ stop: () => store.close() });
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop();
  rmSync(directory, { recursive: true });
});

/** A node that follows the store; `answered` is what its newest generation has for the pool. */
function node(over: Store = store, lastGood?: LastGood) {
  let answered: string[] = [];
  const real = createPublisher([], createTable({ replaced: () => undefined }), () => expect.fail());
  const publisher: Publisher = Object.assign(Object.create(real), {
    write(state: Parameters<Publisher['write']>[0]) {
      if (state.id === grouped.id) answered = state.members.map(({ address }) => address);
      real.write(state);
    },
  });
  const refresh = startRefresh({
    store: over,
    publisher,
    log,
    probersPerRegion: 1,
    ...(lastGood ? { lastGood } : {}),
  });
  open.push(refresh);
  const source = healthSourceOf(refresh, over);
  return { refresh, source, answered: () => answered };
}
type Node = ReturnType<typeof node>;

/** Writes, and waits until the node has published what it makes of it. */
async function commit({ refresh }: Node, ...values: Parameters<typeof put>[0][]): Promise<void> {
  const committed = await store.commit(values.map(put));
  if (!committed.ok) throw new Error(JSON.stringify(committed.refusal));
  await vi.waitUntil(() => refresh.revision === committed.revision);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

function observed(monitor: Monitor, healthy: boolean, fields: Partial<Observation> = {}): Observation {
  return {
    check: checkKeyOf(monitor, grouped.endpoints[0]!),
    region: 'eu',
    worker: 'w',
    healthy,
    lastOk: healthy,
    streak: 1,
    sinceMs: 0,
    atMs: 1,
    reason: healthy ? 'No failures' : 'HTTP timeout occurred',
    responseCode: 0,
    rttMs: 10,
    ...fields,
  };
}

/** Publishes observations, and waits until the node has them, and knows their workers. */
async function report({ refresh }: Node, ...found: Observation[]): Promise<void> {
  // A busy machine may take longer for a whole test than a lease lasts.
  const lease = await store.join({ id: 'w', region: 'eu', startedAtMs: 0 });
  const put = found.map((observation) => ({ observation, changed: true }));
  expect(await store.publish(lease, { put, drop: [], events: [] })).toBe('published');
  await vi.waitFor(() => {
    for (const observation of found)
      expect(refresh.health.observationsOf(observation.check)).toContainEqual(observation);
  });
  await vi.waitUntil(() => refresh.health.isLive('w'));
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

async function expectAnswered({ answered }: Node, addresses: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect(answered()).toEqual(addresses));
}

test('the monitors of a group decide together, each by its newest result (§4.4)', async () => {
  const it = node();
  await commit(it, A, B, C, groupOf(member(A), member(B), member(C)), grouped);
  await expectAnswered(it, []);
  await report(it, observed(A, true));
  await expectAnswered(it, [ADDRESS]);
  await report(it, observed(B, false));
  await expectAnswered(it, [ADDRESS]);
  await report(it, observed(C, false));
  await expectAnswered(it, []);
  await report(it, observed(B, true));
  await expectAnswered(it, [ADDRESS]);
});

test('a change of a group applies to its pools at once', async () => {
  const it = node();
  await commit(it, A, B, groupOf(member(A), member(B)), grouped);
  await report(it, observed(A, true), observed(B, false));
  await expectAnswered(it, [ADDRESS]);
  await commit(it, groupOf(member(A), member(B, { mustBeHealthy: true })));
  await expectAnswered(it, []);
  await commit(it, groupOf(member(A), member(B, { monitoringOnly: true })));
  await expectAnswered(it, [ADDRESS]);
  await commit(it, groupOf(member(A, { enabled: false }), member(B)));
  await expectAnswered(it, []);
  await commit(it, groupOf(member(A, { monitoringOnly: true }), member(B, { enabled: false })));
  await expectAnswered(it, [ADDRESS]);
});

test('a new endpoint is out until the critical monitor has a result', async () => {
  const it = node();
  await commit(it, A, B, groupOf(member(A), member(B, { mustBeHealthy: true })), grouped);
  await report(it, observed(A, true));
  await expectAnswered(it, []);
  await report(it, observed(B, true));
  await expectAnswered(it, [ADDRESS]);
});

test('a monitor that joins a group starts from the verdict of the group, until its first result', async () => {
  const it = node();
  await commit(it, A, B, groupOf(member(A)), grouped);
  await report(it, observed(A, true));
  await commit(it, groupOf(member(A), member(B, { mustBeHealthy: true })));
  await expectAnswered(it, [ADDRESS]);
  await report(it, observed(B, false));
  await expectAnswered(it, []);
  // C takes the place of B: the endpoint stays as it is.
  await commit(it, C, groupOf(member(A), member(C, { mustBeHealthy: true })));
  await expectAnswered(it, []);
  await report(it, observed(C, true));
  await expectAnswered(it, [ADDRESS]);
});

test('a monitor of a group that is changed starts from its own verdict, not from that of the group', async () => {
  const it = node();
  await commit(it, A, B, C, groupOf(member(A), member(B), member(C)), grouped);
  await report(it, observed(A, true), observed(B, false), observed(C, false));
  await expectAnswered(it, []);
  const moved = { ...A, port: 8080 };
  await commit(it, moved);
  expect(it.refresh.health.verdictOf(observed(moved, true).check).healthy).toBe(true);
  await report(it, observed(B, true));
  await expectAnswered(it, [ADDRESS]);
});

test('a pool that moves from its monitor to a group and back always has an answer', async () => {
  const it = node();
  await commit(it, A, B, C, alone(A));
  await report(it, observed(A, true));
  await expectAnswered(it, [ADDRESS]);
  await commit(it, groupOf(member(B), member(C, { mustBeHealthy: true })), grouped);
  await expectAnswered(it, [ADDRESS]);
  await commit(it, alone(A));
  await expectAnswered(it, [ADDRESS]);
});

test('after a start without the store the group decides by the saved verdicts', async () => {
  const path = join(directory, 'last-good.sqlite');
  const failed = vi.fn();
  const before = openLastGood(path, failed);
  const first = node(store, before);
  await commit(first, A, B, groupOf(member(A), member(B)), grouped);
  await report(first, observed(A, false), observed(B, false));
  await report(first, observed(A, true));
  await expectAnswered(first, [ADDRESS]);
  await first.refresh.stop();
  before.close();

  const after = openLastGood(path, failed);
  open.push({ stop: () => after.close() });
  const away = () => Promise.reject(new StoreUnavailable('away'));
  const later = node({ ...store, read: away, workers: away }, after);
  await expectAnswered(later, [ADDRESS]);
  expect(failed).not.toHaveBeenCalled();
});

test('a host name has the addresses of the newest change, whichever monitor found them', async () => {
  const it = node();
  const name = makeEndpoint({ address: 'www.example.net' });
  const of = (monitor: Monitor, addresses: string[], atMs: number) =>
    observed(monitor, true, { check: checkKeyOf(monitor, name), addresses, atMs });
  await commit(it, A, B, groupOf(member(A), member(B)), { ...grouped, endpoints: [name] });
  await report(it, of(B, ['192.0.2.2'], 1));
  await expectAnswered(it, ['192.0.2.2']);
  await report(it, of(A, ['192.0.2.3'], 2));
  await expectAnswered(it, ['192.0.2.3']);
  await report(it, of(B, ['192.0.2.4'], 3));
  await expectAnswered(it, ['192.0.2.4']);
});

test('the API shows the verdict of the group on an endpoint, its reason, and the results by region', async () => {
  const it = node();
  await commit(it, A, B, C, groupOf(member(A), member(B), member(C, { monitoringOnly: true })), grouped);
  expect(it.source.of(grouped).endpoints[0]).toEqual({});
  expect(it.source.of(grouped).healthy).toBeUndefined();
  await report(
    it,
    observed(A, true, { rttMs: 10, responseCode: 200, atMs: 1 }),
    observed(B, false, { rttMs: 30, reason: 'TCP Timeout', atMs: 2 }),
    observed(C, false, { rttMs: 500, reason: 'DNS Unknown Host', atMs: 3 }),
  );
  expect(it.source.of(grouped).endpoints[0]).toEqual({ healthy: true, failureReason: 'No failures' });
  expect(it.source.of(grouped).healthy).toBe(true);
  const inEu = async () => (await it.source.regions(grouped)).get('eu');
  expect(await inEu()).toEqual([
    { address: ADDRESS, healthy: true, rttMs: 20, failureReason: 'No failures', responseCode: 200 },
  ]);
  await commit(
    it,
    groupOf(member(A), member(B, { mustBeHealthy: true }), member(C, { monitoringOnly: true })),
  );
  expect(it.source.of(grouped).endpoints[0]).toEqual({ healthy: false, failureReason: 'TCP Timeout' });
  expect(it.source.of(grouped).healthy).toBe(false);
  expect(await inEu()).toEqual([
    { address: ADDRESS, healthy: false, rttMs: 20, failureReason: 'TCP Timeout', responseCode: 0 },
  ]);
  await commit(it, groupOf(member(C, { monitoringOnly: true })));
  expect(it.source.of(grouped).endpoints[0]).toEqual({});
  expect(it.source.of(grouped).healthy).toBeUndefined();
  expect(await inEu()).toBeUndefined();
});

test('a region whose workers are all gone is not shown as reporting', async () => {
  const it = node();
  await commit(it, A, B, C, groupOf(member(A), member(B), member(C)), grouped);
  await report(it, observed(A, true));
  expect([...(await it.source.regions(grouped)).keys()]).toEqual(['eu']);
  await store.leave(await store.join({ id: 'w', region: 'eu', startedAtMs: 0 }));
  await vi.waitUntil(() => !it.refresh.health.isLive('w'), { timeout: 40_000 });
  expect([...(await it.source.regions(grouped)).keys()]).toEqual([]);
  expect(it.source.of(grouped).healthy).toBe(true);
});
