import { newDecidedEpoch, newLink } from '../../integrity/epoch.ts';
import { MOVED, type Repair, repairedRevision } from '../../integrity/repair.ts';
import { formatTally, tallied } from '../../integrity/tally.ts';
import { StoreUnavailable } from '../../store.ts';
import { documentKey } from '../change.ts';
import type { Connection } from '../connection/connection.ts';
import { streamEntries } from '../connection/reply.ts';
import type { Scripts } from '../connection/scripts.ts';
import { type Keys, trailKeys } from '../keys.ts';
import { readPosition, sizedKeys } from '../position.ts';
import type { AsideIn } from '../records.ts';
import { FIRST_BEYOND, isBeyond, lastIdentifier } from './stream-end.ts';

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
  const state = await readPosition(connection, scripts, keys, aside);
  const { epoch, revision: present } = repair.readAt ?? state;
  const revision = repairedRevision(state.revision, repair);
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
  const all = [keys.documents, keys.claims, keys.unique, keys.references, keys.meta];
  for (let at = 0; at === 0 || at < steps.length; at += STEP_DOCUMENTS) {
    const some = steps.slice(at, at + STEP_DOCUMENTS);
    const args = [at === 0 ? '1' : '0', `${epoch} ${present}`, some.length, ...some.flat()];
    mustNotHaveMoved(await connection.script(scripts.rebuild, all, args));
  }
  for (const stream of [...trailKeys(keys), keys.observed]) {
    await dropBeyond(connection, stream);
    await setBack(connection, stream);
  }
  const link = newLink();
  const sums = { ...tallied(documents), documents: 0, uniques: 0, references: 0 };
  const [, , , , , digest = '-', kinds = ''] = formatTally({ revision, link, ...sums }).split(' ');
  const args = [
    newDecidedEpoch(state.lastEpoch, Date.now()),
    String(revision),
    link,
    digest,
    kinds,
    epoch,
    state.observed,
  ];
  mustNotHaveMoved(await connection.script(scripts.finish, [...sizedKeys(keys), keys.changes], args));
  return revision;
}

function mustNotHaveMoved(answer: unknown): void {
  if (answer === 'moved') throw new StoreUnavailable(MOVED);
}

/** Deletes entries whose identifiers are after all that may follow. */
async function dropBeyond(connection: Connection, stream: string): Promise<void> {
  for (;;) {
    const answer = await connection.command('XRANGE', stream, FIRST_BEYOND, '+', 'COUNT', STEP_DOCUMENTS);
    const entries = connection.read(answer, streamEntries);
    if (entries.length === 0) return;
    await connection.command('XDEL', stream, ...entries.map(([id]) => id));
  }
}

/** Has a stream go on after its newest entry, where its last identifier is after all that may follow: it keeps that of a deleted entry. */
async function setBack(connection: Connection, stream: string): Promise<void> {
  if (!isBeyond(await lastIdentifier(connection, stream))) return;
  const answer = await connection.command('XREVRANGE', stream, '+', '-', 'COUNT', 1);
  const [newest] = connection.read(answer, streamEntries);
  await connection.command('XSETID', stream, newest?.[0] ?? '0-0');
}
