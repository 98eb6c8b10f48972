import type { Configuration, Kind, Ref } from '../../contract/documents.ts';
import { addTrace, gatherChanges, lastRevisionOf, type Trace, type Traces } from '../../integrity/lost.ts';
import { refFlaw } from '../../record/record.ts';
import { stepsOf } from '../change.ts';
import type { Cell, Database } from '../database/database.ts';

/** See RepairableStore. */
export function tracesInFile(database: Database, read: Configuration): Traces {
  const claimed = new Map<string, Trace>();
  const claims = (kind: Cell | undefined, id: Cell | undefined, names: readonly string[]) => {
    const ref = { kind: String(kind) as Kind, id: String(id) } satisfies Ref;
    if (refFlaw(ref) === undefined) addTrace(claimed, { ref, names, revision: undefined });
  };
  for (const { kind, value, id } of database.each('SELECT kind, value, id FROM unique_value'))
    claims(kind, id, [String(value)]);
  for (const row of database.each('SELECT to_kind, to_id, from_kind, from_id FROM reference')) {
    claims(row.to_kind, row.to_id, []);
    claims(row.from_kind, row.from_id, []);
  }
  const changes = gatherChanges(read);
  for (const row of database.each('SELECT revision, entries FROM change ORDER BY revision')) {
    const number = Number(row.revision);
    if (number > lastRevisionOf(read)) break;
    changes.add(
      number,
      stepsOf(number, row.entries, () => {}),
    );
  }
  return { claimed, ...changes.done() };
}
