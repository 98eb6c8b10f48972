import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import { LEASE_MS } from '../../../src/store/contract/workers.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import type { Store } from '../../../src/store/store.ts';
import { here, record } from '../contract/recorder.ts';
import {
  audit,
  event,
  observation,
  pool,
  publish,
  putMonitor,
  putPool,
  remove,
  worker,
} from '../contract/samples.ts';

let directory: string;
let path: string;
const stores: Store[] = [];
const open = (options?: { monotonicMs: () => number }): Store => {
  const store = openEmbeddedStore(path, options);
  stores.push(store);
  return store;
};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-store-'));
  path = join(directory, 'store.db');
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  rmSync(directory, { recursive: true });
});

describe('a store that is opened again', () => {
  test('has all its data, and its feed goes back', async () => {
    const first = open();
    const start = await here(first);
    await first.commit([putMonitor('m')]);
    await first.commit([putPool('p', { unique: ['n'], references: [{ kind: 'monitor', id: 'm' }] })]);
    const old = await first.join(worker('w1'));
    const put = [{ observation: observation('c'), changed: true }];
    await first.publish(old, { put, drop: [], events: [event('e')] });
    const [configuration, observations, events] = [
      await first.read(),
      await first.observations(),
      await first.events(9),
    ];
    await first.close();

    const again = open();
    expect(await again.read()).toEqual(configuration);
    expect(await again.observations()).toEqual(observations);
    expect(await again.events(9)).toEqual(events);
    expect(await again.commit([putPool('q', { unique: ['n'] })])).toMatchObject({
      refusal: { kind: 'not_unique' },
    });
    expect(await again.commit([remove('monitor', 'm')])).toMatchObject({ refusal: { kind: 'referenced' } });
    const seen = record(again, start);
    await seen.until(() => seen.changes.length === 2 && seen.observations.length === 1);
    // The workers of the process before are gone with it.
    expect(await again.workers()).toEqual([]);
    expect(await again.publish(old, { put: [], drop: [], events: [] })).toBe('fenced');
    expect((await again.join(worker('w1'))).token).toBeGreaterThan(old.token);
    expect(await again.commit([putPool('q')])).toEqual({ ok: true, revision: 3 });
  });

  test('after close every call fails with StoreUnavailable', async () => {
    const store = open();
    const at = await here(store);
    const seen = record(store, at);
    await store.close();
    await store.close();
    await expect(store.read()).rejects.toThrow(StoreUnavailable);
    await expect(store.commit([putPool('p')])).rejects.toThrow(StoreUnavailable);
    await expect(store.join(worker('w'))).rejects.toThrow(StoreUnavailable);
    expect(() => record(store, at)).toThrow(StoreUnavailable);
    await seen.following.stop();
  });
});

test(`a lease ends ${LEASE_MS} ms after it was last renewed, and not before`, async () => {
  let now = 5;
  const store = open({ monotonicMs: () => now });
  const lease = await store.join(worker('w1'));
  now += LEASE_MS - 1;
  expect(await store.workers()).toEqual([worker('w1')]);
  expect(await store.renew(lease)).toBe('renewed');
  now += LEASE_MS - 1;
  expect(await store.publish(lease, { put: [], drop: [], events: [] })).toBe('published');
  now += 1;
  expect(await store.workers()).toEqual([]);
  expect(await store.renew(lease)).toBe('lost');
});

describe('refuses to open', () => {
  const message = () => {
    try {
      open();
    } catch (error) {
      expect(error).toBeInstanceOf(StoreUnavailable);
      return (error as Error).message;
    }
    return 'opened';
  };

  test('a file that this process has open', async () => {
    const first = open();
    expect(message()).toBe(`cannot open ${path}: it is in use by another process`);
    await first.commit([putPool('p')]);
    await first.close();
    expect(await open().get('pool', 'p')).toBeDefined();
  });

  test('a file that another process has open, until that process is killed', async () => {
    const child = startWriter();
    await acknowledged(child, 1);
    expect(message()).toBe(`cannot open ${path}: it is in use by another process`);
    await kill(child);
    expect(message()).toBe('opened');
  });

  test('a file in a missing directory', () => {
    path = join(directory, 'none', 'store.db');
    expect(message()).toBe(`cannot open ${path}: unable to open database file`);
  });

  test('a file that is not a database', () => {
    writeFileSync(path, 'zone "example.org" {}\n'.repeat(500));
    expect(message()).toBe(
      `cannot open ${path}: file is not a database. Put the file back, from a backup for instance, or see with "lifeguard store repair" what is left`,
    );
    expect(readFileSync(path, 'utf8')).toMatch(/^zone/);
  });

  test('a file of another schema', () => {
    const other = new DatabaseSync(path);
    other.exec('PRAGMA user_version = 99');
    other.close();
    expect(message()).toBe(`cannot open ${path}: it has schema 99, this program knows 2`);
  });
});

test('the reported status and the cursors survive the process, but the lead does not', async () => {
  const before = open();
  const lead = (await before.lead('n1'))!;
  const put = [{ subject: 'region/a', state: { kind: 'region', presence: 'live' } }] as const;
  await before.report(lead, { events: [], put, drop: [] });
  await before.moveCursor(lead, 'd', '7');
  await before.close();
  const after = open();
  expect(await after.reported()).toEqual(new Map([['region/a', put[0].state]]));
  expect(await after.cursor('d')).toBe('7');
  expect((await after.lead('n2'))!.token).toBeGreaterThan(lead.token);
  await after.close();
});

test('a file of the first schema is upgraded without loss', async () => {
  const before = open();
  await before.commit([putPool('a')], [audit('a')]);
  await publish(before, { events: [event('e')] });
  await before.close();
  const old = new DatabaseSync(path);
  old.exec(
    `DROP TABLE told; DROP TABLE notified; DROP INDEX event_of; ALTER TABLE event DROP COLUMN trail;
     PRAGMA user_version = 1`,
  );
  old.close();
  const after = open();
  expect((await after.read()).documents.map(({ id }) => id)).toEqual(['a']);
  expect((await after.events(5)).map(({ kind }) => kind)).toEqual(['health', 'audit']);
  expect(await after.events(5, undefined, 'audit')).toHaveLength(1);
  expect(await after.reported()).toEqual(new Map());
  await after.close();
});

test('a writer killed with -9 loses no acknowledged write', async () => {
  let reached = 0;
  for (const stopAt of [1, 40, 120]) {
    const child = startWriter();
    const revision = await acknowledged(child, reached + stopAt);
    await kill(child);
    const store = open();
    const read = await store.read();
    expect(read.revision).toBeGreaterThanOrEqual(revision);
    const ids = Array.from({ length: read.revision }, (_, i) => `p${i + 1}`);
    expect(new Map(read.documents.map(({ id, value }) => [id, value]))).toEqual(
      new Map(ids.map((id) => [id, pool(id, { description: 'x'.repeat(2_000) })])),
    );
    expect((await store.observations()).observations).toHaveLength(1);
    const seen = record(store, { ...(await here(store)), revision: 0 });
    await seen.until(() => seen.changes.length === read.revision);
    reached = read.revision;
    await store.close();
  }
});

test('a follower waits for a file that cannot be read, and misses nothing', async () => {
  const REVISIONS = 2_000;
  const writer = open();
  const start = await here(writer);
  for (let i = 0; i < REVISIONS; i += 1)
    await writer.commit([putPool('p', {}, { description: 'x'.repeat(3_000) })]);
  await writer.close();

  const store = open();
  const saved = join(directory, 'saved');
  copyFileSync(path, saved);
  truncateSync(path, 8_192);
  const seen = record(store, start);
  await seen.until(() => seen.connected.length === 1);
  expect(seen.connected).toEqual([false]);
  expect(seen.changes.length).toBeLessThan(REVISIONS);
  writeFileSync(path, readFileSync(saved), { flag: 'r+' });
  await seen.until(() => seen.changes.length === REVISIONS);
  expect(seen.connected).toEqual([false, true]);
  expect(seen.changes.every(({ revision }, at) => revision === at + 1)).toBe(true);
});

/** A process that commits without end and prints each revision once it is acknowledged. */
function startWriter(): ChildProcess {
  const script = fileURLToPath(new URL('./endless-writer.ts', import.meta.url));
  return spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Waits until the writer has had revision `wanted` acknowledged. */
async function acknowledged(child: ChildProcess, wanted: number): Promise<number> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const revision = Number(line);
    if (revision >= wanted) return revision;
  }
  throw new Error('the writer ended');
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
