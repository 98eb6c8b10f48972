import { newDecidedEpoch, newLink } from '../../integrity/epoch.ts';
import { type Repair, repairedRevision } from '../../integrity/repair.ts';
import type { Database } from '../database/database.ts';
import { keepTally } from './tally.ts';

/** See RepairableStore. */
export function repairFile(database: Database, present: number, repair: Repair): number {
  const revision = repairedRevision(present, repair);
  const documents = repair.kept.map(({ document, isChanged }) =>
    isChanged ? { ...document, revision } : document,
  );
  database.transaction(() => {
    database.makeAnew();
    for (const table of ['unique_value', 'reference', 'change']) database.run(`DELETE FROM ${table}`);
    for (const { kind, id } of repair.deleted)
      database.run('DELETE FROM document WHERE kind = ? AND id = ?', kind, id);
    for (const [at, { unique, references }] of repair.kept.entries()) {
      const document = documents[at]!;
      const { kind, id } = document;
      // The row may be damaged, and the record of changes, which had the copy that was read, is gone by now.
      database.run(
        'INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?)',
        kind,
        id,
        document.revision,
        JSON.stringify(document.value),
      );
      for (const name of unique)
        database.run('INSERT OR IGNORE INTO unique_value VALUES (?, ?, ?)', kind, name, id);
      for (const to of references)
        database.run('INSERT OR IGNORE INTO reference VALUES (?, ?, ?, ?)', to.kind, to.id, kind, id);
    }
    const before = String(database.one(`SELECT value FROM meta WHERE name = 'epoch'`)?.value ?? '');
    const epoch = newDecidedEpoch(before, Date.now());
    for (const [name, value] of [
      ['epoch', epoch],
      ['decided', epoch],
      ['revision', revision],
    ] as const)
      database.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', name, value);
    keepTally(database, revision, newLink(), documents);
  });
  return revision;
}
