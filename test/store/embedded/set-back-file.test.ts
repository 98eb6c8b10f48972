import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Write } from '../../../src/store/contract/documents.ts';
import { StoreDamaged } from '../../../src/store/contract/failure.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { MOVED } from '../../../src/store/integrity/repair.ts';
import { putPool } from '../contract/samples.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-set-back-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const put = (id: string): Write => putPool(id.repeat(32), { unique: [id] });

/** What a process leaves behind that is killed after these writes, in a directory of its own. */
async function killedAfter(name: string, ids: string): Promise<string> {
  const from = join(directory, `${name}-live.sqlite`);
  const to = join(directory, `${name}.sqlite`);
  const store = openEmbeddedStore(from);
  for (const id of ids) await store.commit([put(id)]);
  for (const ending of ['', '-wal', '.epoch']) copyFileSync(from + ending, to + ending);
  await store.close();
  return to;
}

describe('a log whose last part is damaged was ignored, and acknowledged writes were lost silently', () => {
  test.each([
    { name: 'half', from: (size: number) => size >> 1 },
    { name: 'last', from: (size: number) => size - 20_000 },
  ])('$name', async ({ name, from }) => {
    const path = await killedAfter(name, 'abcdef');
    const log = readFileSync(`${path}-wal`);
    writeFileSync(`${path}-wal`, Buffer.from(log).fill(0xab, from(log.length)));
    const refused = /its log is damaged: 181312 octets of it were acknowledged, and \d+ can be read/;
    expect(() => openEmbeddedStore(path)).toThrow(refused);
    expect(existsSync(`${path}-wal.damaged`)).toBe(true);
    expect(() => openEmbeddedStore(path)).toThrow(`remove ${path}.epoch`);
    // A person decides.
    rmSync(`${path}.epoch`);
    const store = openEmbeddedStore(path);
    expect((await store.read()).revision).toBeLessThan(6);
    expect(await store.commit([put('0')])).toMatchObject({ ok: true });
    await store.close();
    await openEmbeddedStore(path).close();
  });
});

test('a killed process loses nothing, and its mark does not prevent the start', async () => {
  const path = await killedAfter('whole', 'abc');
  const store = openEmbeddedStore(path);
  expect((await store.read()).revision).toBe(3);
  await store.close();
});

test('a file of another store or of another history is refused', async () => {
  const path = await killedAfter('mine', 'abc');
  const other = await killedAfter('other', 'abcd');
  copyFileSync(`${path}.epoch`, `${other}.epoch`);
  expect(() => openEmbeddedStore(other)).toThrow('it is another store than the one that was here');
  const twin = await killedAfter('twin', 'ab');
  const [epoch] = readFileSync(`${twin}.epoch`, 'utf8').split(' ');
  writeFileSync(`${twin}.epoch`, `${epoch} 2 another-link`.padEnd(127).concat('\n'));
  expect(() => openEmbeddedStore(twin)).toThrow('its revision 2 is not the one that was acknowledged');
});

test('an adopted store is opened even if the process ended before it was noted', async () => {
  const path = await killedAfter('decided', 'ab');
  const before = readFileSync(`${path}.epoch`);
  const store = openEmbeddedStore(path);
  await store.adopt();
  await store.close();
  writeFileSync(`${path}.epoch`, before);
  await openEmbeddedStore(path).close();
  // A program of before notes no revision.
  writeFileSync(`${path}.epoch`, 'some-epoch\n');
  await openEmbeddedStore(path).close();
});

test('a record of changes ahead of the revision refused all writes, without saying why, until a repair', async () => {
  const path = await killedAfter('ahead', 'ab');
  const file = new DatabaseSync(path);
  file.exec(`INSERT INTO change VALUES (9, '[]')`);
  file.close();
  const store = openEmbeddedStore(path);
  const read = await store.read();
  expect(read.documents).toHaveLength(2);
  expect([...store.damage!.records.values()]).toMatchObject([
    { place: 'change', rule: expect.stringContaining('lifeguard store repair') },
  ]);
  await expect(store.commit([put('c')])).rejects.toThrow(StoreDamaged);
  await store.repair({
    kept: read.documents.map((document) => ({ document, isChanged: false, unique: [], references: [] })),
    deleted: [],
  });
  expect(await store.commit([put('c')])).toMatchObject({ ok: true });
  await store.damage!.examine((found) => store.examine!(found));
  expect([...store.damage!.records.values()].filter(({ place }) => place === 'change')).toEqual([]);
  await store.close();
});

test('a repair planned from an older reading or another epoch is refused and changes nothing', async () => {
  const store = openEmbeddedStore(await killedAfter('planned', 'ab'));
  const older = await store.read();
  await store.commit([put('c')]);
  const newer = await store.read();
  const plan = { kept: [], deleted: older.documents };
  await expect(store.repair({ ...plan, readAt: older })).rejects.toThrow(MOVED);
  await store.adopt();
  await expect(store.repair({ ...plan, readAt: newer })).rejects.toThrow(MOVED);
  expect((await store.read()).documents).toEqual(newer.documents);
  await store.close();
});
