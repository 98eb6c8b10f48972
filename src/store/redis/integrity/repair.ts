import { TRAILS } from '../../../event/event.ts';
import { documentName, type StoredDocument } from '../../contract/documents.ts';
import { StoreUnavailable } from '../../contract/failure.ts';
import { newDecidedEpoch, newLink } from '../../integrity/epoch.ts';
import { MOVED, type Repair, repairedRevision } from '../../integrity/repair.ts';
import { formatTally, tallied } from '../../integrity/tally.ts';
import type { Connection } from '../connection/connection.ts';
import { streamEntries } from '../connection/reply.ts';
import type { Scripts } from '../connection/scripts.ts';
import { type Keys, trailKeys } from '../keys.ts';
import { readPosition, sizedKeys } from '../position.ts';
import type { AsideIn } from '../records.ts';
import { FIRST_BEYOND, isBeyond, lastIdentifier } from './stream-end.ts';

/** Documents, or entries of a stream, in one step, so that Redis is never held up for long. */
export const STEP_DOCUMENTS = 500;
/** Characters of values in one step; one that has more has a step to itself. */
export const STEP_CHARACTERS = 1024 * 1024;

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
  const all = [keys.documents, keys.claims, keys.unique, keys.references, keys.meta];
  let begins = '1';
  for (const step of repairSteps(documents, repair)) {
    const args = [begins, `${epoch} ${present}`, step.length, ...step.flat()];
    mustNotHaveMoved(await connection.script(scripts.rebuild, all, args));
    begins = '0';
  }
  for (const stream of [...trailKeys(keys), keys.observed]) {
    await dropBeyond(connection, stream);
    await setBack(connection, stream);
  }
  await forgetLost(connection, keys);
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

/** What rebuild.lua takes of each document that is kept, as the repair leaves it, and of each that is deleted, in steps; at least one. */
export function* repairSteps(
  documents: readonly StoredDocument[],
  { kept, deleted }: Pick<Repair, 'kept' | 'deleted'>,
): Generator<(string | number)[][]> {
  let step: (string | number)[][] = [];
  let characters = 0;
  for (const part of partsOf(documents, kept, deleted)) {
    const more = String(part[2]).length;
    const isFull = step.length === STEP_DOCUMENTS || characters + more > STEP_CHARACTERS;
    if (isFull && step.length > 0) {
      yield step;
      step = [];
      characters = 0;
    }
    step.push(part);
    characters += more;
  }
  yield step;
}

function* partsOf(
  documents: readonly StoredDocument[],
  kept: Repair['kept'],
  deleted: Repair['deleted'],
): Generator<(string | number)[]> {
  for (const [at, { unique, references }] of kept.entries()) {
    const document = documents[at]!;
    const targets = references.map(documentName);
    const claimed = [unique.length, ...unique, targets.length, ...targets];
    yield [documentName(document), document.revision, JSON.stringify(document.value), ...claimed];
  }
  for (const ref of deleted) yield [documentName(ref), '', ''];
}

function mustNotHaveMoved(answer: unknown): void {
  if (answer === 'moved') throw new StoreUnavailable(MOVED);
}

/** Forgets which keys lost what they had, and the witnesses of it, which come back with the next write. */
async function forgetLost(connection: Connection, keys: Keys): Promise<void> {
  const lost = [...trailKeys(keys), keys.reported, keys.cursors].map((key) => `lost_${key}`);
  const witnesses = [...TRAILS.map((trail) => `octets_${trail}`), 'has_reported', 'has_cursors'];
  await connection.command('HDEL', keys.meta, ...lost, ...witnesses);
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
