import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { audit, putPool } from '../../store/contract/samples.ts';
import { type StoreCommands, storeCommands } from './store-commands.ts';

/** Octets of a page, unless a file says another number (https://sqlite.org/fileformat2.html). */
const PAGE_OCTETS = 4_096;
let commands: StoreCommands;
beforeEach(() => {
  commands = storeCommands();
});
afterEach(() => commands.remove());

test.each(['document', 'unique_value', 'change'])(
  'the check found nothing in a file with a damaged page of %s, and a repair said that nothing was lost',
  async (table) => {
    const path = join(commands.directory, 'lifeguard.sqlite');
    const store = openEmbeddedStore(path);
    for (let i = 0; i < 12; i += 1)
      await store.commit(
        [putPool(`p${i}`, { unique: [`p${i}`] }, { description: 'x'.repeat(900) })],
        [audit('a')],
      );
    await store.close();
    const file = new DatabaseSync(path);
    const page = Number(
      file.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table)!.rootpage,
    );
    file.close();
    const octets = readFileSync(path).fill(0xa5, (page - 1) * PAGE_OCTETS, page * PAGE_OCTETS);
    writeFileSync(path, octets);
    const unread = `the file ${path} has pages that cannot be read (database disk image is malformed)`;
    expect(await commands.check()).toContain(
      `${table}: has pages that cannot be read. Put the file back, from a backup for instance`,
    );
    expect((await commands.repair({ isSure: true })).at(-1)).toBe(
      `The store has lost data: ${unread}. A repair cannot mend that. Restore the store from a backup.`,
    );
    expect(readFileSync(path).equals(octets)).toBe(true);
  },
);
