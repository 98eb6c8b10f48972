import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreDamaged } from '../../../src/store/contract/failure.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { describeDamage } from '../../../src/store/integrity/damage.ts';
import type { RepairableStore } from '../../../src/store/integrity/repair.ts';
import { audit, observation, publish, putMonitor, putPool, remove } from '../contract/samples.ts';

/** Octets of a page, unless a file says another number (https://sqlite.org/fileformat2.html). */
const PAGE_OCTETS = 4_096;
let directory: string;
let path: string;
let store: RepairableStore | undefined;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-pages-'));
  path = join(directory, 'lifeguard.sqlite');
  const first = openEmbeddedStore(path);
  for (let i = 0; i < 12; i += 1)
    await first.commit(
      [putPool(`p${i}`, { unique: [`p${i}`] }, { description: 'x'.repeat(900) })],
      [audit('a')],
    );
  await publish(first, { put: [{ observation: observation('c'), changed: true }] });
  await first.close();
});
afterEach(async () => {
  await store?.close();
  rmSync(directory, { recursive: true });
});

/** Overwrites the first page of a table, or an index, with what nobody wrote. */
function damageRoot(name: string): void {
  const file = new DatabaseSync(path);
  const page = Number(file.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(name)!.rootpage);
  file.close();
  const octets = readFileSync(path);
  writeFileSync(path, octets.fill(0xa5, (page - 1) * PAGE_OCTETS, page * PAGE_OCTETS));
}
async function examined(from: RepairableStore): Promise<string[]> {
  const found: string[] = [];
  await from.examine!((each) => found.push(describeDamage(each)));
  return found;
}
const WHAT_TO_DO =
  /^cannot open .*Put the file back, from a backup for instance, or see with "lifeguard store repair" what is left$/;
const RULE =
  'has pages that cannot be read. Put the file back, from a backup for instance, or see with "lifeguard store repair" what is left';

test.each(['document', 'unique_value', 'change', 'event'])(
  'a damaged page of %s was told as a store that is unreachable, and no alarm said so: it is damage, and is told',
  async (table) => {
    damageRoot(table);
    store = openEmbeddedStore(path);
    const lost = new StoreDamaged(
      `the file ${path} has pages that cannot be read (database disk image is malformed)`,
    );
    await expect(store.commit([putPool('new', { unique: ['new'] })], [audit('b')])).rejects.toThrow(lost);
    expect([...store.damage!.records.values()].map(describeDamage)).toEqual([`${table}: ${RULE}`]);
    // It does not end as long as the process runs, and the check names the table.
    await store.damage!.examine((found) => store!.examine!(found));
    expect([...store.damage!.records.values()].map(describeDamage).join()).toContain(RULE);
    await store.close();
    store = openEmbeddedStore(path, { isForRepair: true });
    expect(await examined(store)).toContain(`${table}: ${RULE}`);
  },
);

test('references on a damaged page let a monitor in use be deleted: the deletion is refused, as a new reference is', async () => {
  const reference = { kind: 'monitor', id: 'm' } as const;
  const first = openEmbeddedStore(path);
  await first.commit([putMonitor('m'), putPool('user', { references: [reference] })]);
  await first.close();
  damageRoot('reference');
  store = openEmbeddedStore(path);
  const pool = { description: 'new' };
  await expect(store.commit([remove('monitor', 'm')])).rejects.toThrow(StoreDamaged);
  await expect(store.commit([putPool('user', { references: [reference] }, pool)])).rejects.toThrow(
    StoreDamaged,
  );
  expect((await store.read()).documents).toHaveLength(14);
  expect([...store.damage!.records.values()].map(describeDamage)).toEqual([`reference: ${RULE}`]);
});

test.each(['unique_value_of', 'reference_of', 'event_of'])(
  'a damaged page of the index %s was no damage',
  async (index) => {
    damageRoot(index);
    store = openEmbeddedStore(path, { isForRepair: true });
    expect(await examined(store)).toEqual([`${index.replace(/_of$/, '')}: ${RULE}`]);
  },
);

test('a whole file has no damaged pages', async () => {
  store = openEmbeddedStore(path, { isForRepair: true });
  expect(await examined(store)).toEqual([]);
});

test('a damaged page of meta is damage too, and no repair opens such a file', async () => {
  damageRoot('meta');
  store = openEmbeddedStore(path);
  await expect(store.commit([putPool('new')])).rejects.toThrow(StoreDamaged);
  await expect(store.read()).rejects.toThrow(StoreDamaged);
  await store.close();
  expect(() => openEmbeddedStore(path, { isForRepair: true })).toThrow(WHAT_TO_DO);
});

test('a file whose first page is damaged does not open, and says what to do', () => {
  writeFileSync(path, readFileSync(path).fill(0xa5, 0, 100));
  expect(() => openEmbeddedStore(path)).toThrow(WHAT_TO_DO);
});
