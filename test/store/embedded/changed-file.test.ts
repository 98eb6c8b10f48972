import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreRefused } from '../../../src/store/contract/failure.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import type { RepairableStore } from '../../../src/store/integrity/repair.ts';
import { node, publish, putPool, worker } from '../contract/samples.ts';

let directory: string;
let path: string;
let backup: string;
let store: RepairableStore;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-changed-'));
  path = join(directory, 'lifeguard.sqlite');
  backup = join(directory, 'backup.sqlite');
  const first = openEmbeddedStore(path);
  await first.commit([putPool('a')]);
  await first.close();
  copyFileSync(path, backup);
  store = openEmbeddedStore(path);
  await store.commit([putPool('b')]);
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

test.each([
  { how: 'overwritten by a backup', change: () => copyFileSync(backup, path), what: '' },
  { how: 'overwritten by garbage', change: () => writeFileSync(path, Buffer.alloc(50_000, 7)), what: '' },
  { how: 'cut short', change: () => truncateSync(path, 4_096), what: '' },
  { how: 'emptied', change: () => truncateSync(path, 0), what: '' },
  { how: 'made longer', change: () => appendFileSync(path, 'x'), what: '' },
  { how: 'left with an empty log', change: () => truncateSync(`${path}-wal`, 0), what: '-wal' },
  {
    how: 'left with a log that is cut short',
    change: () => truncateSync(`${path}-wal`, 8_000),
    what: '-wal',
  },
  { how: 'left with another log', change: () => overwriteLog(), what: '-wal' },
  { how: 'left with a longer log', change: () => appendFileSync(`${path}-wal`, 'x'), what: '-wal' },
])(
  'a file that was $how while it is open took writes that were lost: they are refused, and the next start says why',
  async ({ change, what }) => {
    change();
    const changed = readFileSync(path);
    const why = `the file ${path}${what} was changed by another program while the server runs. Stop the server and put the file back`;
    for (let time = 0; time < 2; time += 1) {
      await expect(store.commit([putPool('c')])).rejects.toThrow(new StoreRefused(why));
      await expect(publish(store, {})).rejects.toThrow(StoreRefused);
      await expect(store.join(worker('w'))).rejects.toThrow(StoreRefused);
      await expect(store.adopt()).rejects.toThrow(StoreRefused);
    }
    expect(readFileSync(path).equals(changed)).toBe(true);
    // What was put there stays as it is.
    await store.close();
    expect(readFileSync(path).equals(changed)).toBe(true);
    expect(() => openEmbeddedStore(path)).toThrow(
      `cannot open ${path}: another program changed it, or its log, while a server used it. Put the file back, from a backup for instance, and remove ${path}-wal and ${path}.changed; to go on with what is there, remove ${path}.changed only`,
    );
  },
);

/** A log of the same size and time with another header, as a copy of another store's is. */
function overwriteLog(): void {
  const log = readFileSync(`${path}-wal`);
  log.writeUInt32BE((log.readUInt32BE(16) ^ 0x5a5a5a5a) >>> 0, 16);
  writeFileSync(`${path}-wal`, log);
}

test('a log with the size and the time of its own, and another header, is noticed', async () => {
  const time = new Date('2026-01-01T00:00:00Z');
  utimesSync(`${path}-wal`, time, time);
  await store.close();
  store = openEmbeddedStore(path);
  await store.commit([putPool('c')]);
  overwriteLog();
  await expect(store.commit([putPool('d')])).rejects.toThrow(/-wal was changed by another program/);
});

test('a file that was changed in the middle of a large change is noticed before that is acknowledged', async () => {
  const many = Array.from({ length: 400 }, (_, i) =>
    putPool(`p${i}`, {}, { description: 'x'.repeat(2_000) }),
  );
  const committing = store.commit(many);
  copyFileSync(backup, path);
  await expect(committing).rejects.toThrow(/lifeguard.sqlite was changed by another program/);
});

test('a file that was changed is noticed by a node that writes nothing, and not while a change of its own is under way', async () => {
  const many = Array.from({ length: 400 }, (_, i) =>
    putPool(`p${i}`, {}, { description: 'x'.repeat(4_000) }),
  );
  const committing = store.commit(many);
  let announced = 0;
  for (let isDone = false; !isDone; announced += 1) {
    await store.announce(node('n'));
    isDone = await Promise.race([
      committing.then(() => true),
      new Promise<boolean>((resolve) => setImmediate(resolve, false)),
    ]);
  }
  expect(announced).toBeGreaterThan(1);
  expect(await committing).toMatchObject({ ok: true });
  await store.announce(node('n'));
  copyFileSync(backup, path);
  await expect(store.announce(node('n'))).rejects.toThrow(StoreRefused);
  expect(existsSync(`${path}.changed`)).toBe(true);
  expect(await store.nodes()).toHaveLength(1);
});

test('what the program writes itself, through several checkpoints and undone transactions, is no change by another', async () => {
  for (let round = 0; round < 12; round += 1) {
    const many = Array.from({ length: 400 }, (_, i) =>
      putPool(`p${i}`, {}, { description: `${round}`.padEnd(4_000, 'x') }),
    );
    expect(await store.commit(many)).toMatchObject({ ok: true });
    expect(
      await store.commit([...many, putPool('z', { references: [{ kind: 'monitor', id: 'none' }] })]),
    ).toMatchObject({ ok: false });
    await store.join(worker('w'));
  }
  expect(existsSync(`${path}.changed`)).toBe(false);
});
