import type { Configuration } from '../../contract/documents.ts';
import { addTrace, gatherChanges, lastRevisionOf, type Trace, type Traces } from '../../integrity/lost.ts';
import { knownRefOf, numberOf, stepsOf } from '../change.ts';
import type { Connection } from '../connection/connection.ts';
import { streamEntries } from '../connection/reply.ts';
import { scanHash } from '../connection/scan.ts';
import type { Scripts } from '../connection/scripts.ts';
import type { Keys } from '../keys.ts';
import { claimsIn, referencesIn } from './claims.ts';
import { typeFlaws } from './examine.ts';

/** Changes looked at in one step, so that Redis is never held up for long. */
const STEP_CHANGES = 64;

/** See RepairableStore. Keys of another type than theirs say nothing. */
export async function tracesInRedis(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  read: Configuration,
): Promise<Traces> {
  const sound = await typeFlaws(connection, keys, () => {});
  const claimed = new Map<string, Trace>();
  const changes = gatherChanges(read);
  const last = lastRevisionOf(read);
  if (sound.has(keys.claims)) await readClaims();
  if (sound.has(keys.unique))
    for await (const [name, id] of scanHash(connection, keys.unique)) {
      const slash = name.indexOf('/');
      const ref = knownRefOf(`${name.slice(0, slash)}/${id}`);
      if (ref) addTrace(claimed, { ref, names: [name.slice(slash + 1)], revision: undefined });
    }
  if (sound.has(keys.references)) await readReferences();
  if (sound.has(keys.changes)) await readChanges();
  return { claimed, ...changes.done() };

  async function readClaims(): Promise<void> {
    for await (const claim of claimsIn(connection, scripts, keys.claims)) {
      const ref = knownRefOf(claim.document);
      if (ref === undefined || claim.revision > last) continue;
      addTrace(claimed, { ref, names: claim.unique, revision: claim.revision });
    }
  }

  async function readReferences(): Promise<void> {
    for await (const [, ends] of referencesIn(connection, keys.references))
      for (const ref of ends.flatMap((each) => knownRefOf(each) ?? []))
        addTrace(claimed, { ref, names: [], revision: undefined });
  }

  async function readChanges(): Promise<void> {
    for (let from = '-'; ; ) {
      const args = [keys.changes, from, last === Infinity ? '+' : `${last}-0`, 'COUNT', STEP_CHANGES];
      const entries = connection.read(await connection.command('XRANGE', ...args), streamEntries);
      for (const entry of entries)
        changes.add(
          numberOf(entry),
          stepsOf(entry, () => {}),
        );
      if (entries.length < STEP_CHANGES) return;
      from = `(${entries.at(-1)![0]}`;
    }
  }
}
