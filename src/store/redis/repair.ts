import { newEpoch, newLink } from '../epoch.ts';
import { type Repair, repairedRevision } from '../repair.ts';
import { formatTally, tallied } from '../tally.ts';
import { documentKey } from './change.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import { readStanding, sizedKeys } from './position.ts';
import type { AsideIn } from './records.ts';
import type { Scripts } from './scripts.ts';

/** Documents in one step, so that Redis is never held up for long. */
const STEP_DOCUMENTS = 500;

/** See RepairableStore. */
export async function repairRedis(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  aside: AsideIn,
  repair: Repair,
): Promise<number> {
  const standing = await readStanding(connection, scripts, keys, aside);
  const revision = repairedRevision(standing.revision, repair);
  const documents = repair.kept.map(({ document, isChanged }) =>
    isChanged ? { ...document, revision } : document,
  );
  const steps = [
    ...repair.kept.map(({ isChanged, unique, references }, at) => {
      const document = documents[at]!;
      const value = isChanged ? JSON.stringify(document.value) : '';
      const targets = references.map(documentKey);
      const claimed = [unique.length, ...unique, targets.length, ...targets];
      return [documentKey(document), document.revision, value, ...claimed];
    }),
    ...repair.deleted.map((ref) => [documentKey(ref), '', '']),
  ];
  const all = [keys.documents, keys.claims, keys.unique, keys.references];
  for (let at = 0; at === 0 || at < steps.length; at += STEP_DOCUMENTS) {
    const some = steps.slice(at, at + STEP_DOCUMENTS);
    await connection.script(scripts.rebuild, all, [at === 0 ? '1' : '0', some.length, ...some.flat()]);
  }
  const link = newLink();
  const sums = { ...tallied(documents), documents: 0, uniques: 0, references: 0 };
  const [, , , , , digest = '-', kinds = ''] = formatTally({ revision, link, ...sums }).split(' ');
  const args = [newEpoch(), String(revision), link, digest, kinds];
  await connection.script(scripts.finish, [...sizedKeys(keys), keys.changes], args);
  return revision;
}
