import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import {
  event,
  monitor,
  observation,
  pool,
  publish,
  putMonitor,
  putPool,
} from '../../store/contract/samples.ts';
import { type StoreCommands, storeCommands } from './store-commands.ts';

let commands: StoreCommands;
let path: string;
/** A file with a monitor, and a pool that refers to it, of which statements then make what they are told. */
async function damaged(...statements: string[]): Promise<void> {
  const store = openEmbeddedStore(path);
  const references = [{ kind: 'monitor', id: 'm' }] as const;
  await store.commit([putMonitor('m'), putPool('a', { unique: ['a'], references }, { monitor: 'm' })]);
  await store.commit([putPool('b', { unique: ['b'] })]);
  await publish(store, { put: [{ observation: observation('c'), changed: true }], events: [event('e')] });
  await store.close();
  const file = new DatabaseSync(path);
  for (const each of statements) file.exec(each);
  file.close();
}
beforeEach(() => {
  commands = storeCommands();
  path = join(commands.directory, 'lifeguard.sqlite');
});
afterEach(() => commands.remove());

test.each([
  { table: 'document', lost: '1 of 1 monitors, 2 of 2 pools are missing' },
  { table: 'meta' },
  { table: 'unique_value' },
  { table: 'reference' },
  { table: 'change' },
  { table: 'observation' },
  { table: 'observed' },
  { table: 'event' },
  { table: 'told' },
  { table: 'notified' },
])(
  'a file without its table $table was reported as unreadable, and could not be repaired',
  async ({ table, lost = 'nothing that Lifeguard can see' }) => {
    await damaged(`DROP TABLE ${table}`);
    expect(() => openEmbeddedStore(path)).toThrow(
      `cannot open ${path}: its table ${table} is missing. Put the file back, from a backup for instance, or see with "lifeguard store repair" what is left`,
    );
    expect(await commands.check()).toContain(`${table}: is missing`);
    const shown = await commands.repair({ putsBack: true });
    expect(shown).toContain(`Lost: ${lost}.`);
    expect(shown).toContain(`Damaged: ${table}: is missing.`);
    // Nothing was changed.
    expect(await commands.repair({ putsBack: true })).toEqual(shown);
    const repaired = await commands.repair({ putsBack: true, isSure: true });
    expect(repaired.at(-1)).toBe('Repaired the store. It is at revision 3 and has 3 documents.');
    expect((await commands.check()).join()).toMatch(/^\d+ records examined, 0 damaged$/);

    const store = openEmbeddedStore(path);
    const read = await store.read();
    expect(read.documents.map(({ id, value }) => [id, value])).toEqual([
      ['m', monitor('m')],
      ['a', pool('a', { monitor: 'm' })],
      ['b', pool('b')],
    ]);
    expect(await store.commit([putPool('c', { unique: ['a'] })])).toMatchObject({
      refusal: { kind: 'not_unique', id: 'a' },
    });
    expect(await store.commit([{ op: 'delete', kind: 'monitor', id: 'm' }])).toMatchObject({
      refusal: { kind: 'referenced' },
    });
    expect(await store.commit([putPool('c', { unique: ['c'] })])).toEqual({ ok: true, revision: 4 });
    await publish(store, { put: [{ observation: observation('d'), changed: true }], events: [event('f')] });
    expect((await store.observations()).observations.length).toBe(table === 'observation' ? 1 : 2);
    await store.close();
    expect((await commands.check()).join()).toMatch(/0 damaged$/);
  },
);

test('if only the record of changes is left, a repair restores the documents from it', async () => {
  await damaged(
    ...['document', 'meta', 'unique_value', 'reference', 'observation', 'event', 'told'].map(
      (table) => `DROP TABLE ${table}`,
    ),
  );
  const repaired = await commands.repair({ putsBack: true, isSure: true });
  expect(repaired).toContain('pool "a" (a) is lost, and is put back from the record of changes.');
  expect(repaired.at(-1)).toBe('Repaired the store. It is at revision 3 and has 3 documents.');
});

test('a table without a column is named, and a repair creates it again', async () => {
  await damaged('ALTER TABLE told DROP COLUMN state', 'DROP INDEX reference_of');
  expect(() => openEmbeddedStore(path)).toThrow('its table told lacks the column state');
  expect(await commands.check()).toContain('told: lacks the column state');
  expect((await commands.repair({ isSure: true })).at(-1)).toMatch(/^Repaired/);
  expect((await commands.check()).join()).toMatch(/0 damaged$/);
  const file = new DatabaseSync(path);
  expect(file.prepare(`SELECT name FROM sqlite_schema WHERE name = 'reference_of'`).all()).toHaveLength(1);
  file.close();
});

test.each([`DELETE FROM meta WHERE name = 'epoch'`, `UPDATE meta SET value = '' WHERE name = 'epoch'`])(
  'a file without its epoch could not be repaired (%s)',
  async (damage) => {
    await damaged(damage);
    const shown = await commands.repair();
    expect(shown).toContain('Damaged: meta: does not name the history of the store (epoch).');
    expect(await commands.repair()).toEqual(shown);
    expect((await commands.repair({ isSure: true })).at(-1)).toMatch(/^Repaired .* has 3 documents/);
    const store = openEmbeddedStore(path);
    expect(await store.commit([putPool('c')])).toEqual({ ok: true, revision: 4 });
    await store.close();
  },
);
