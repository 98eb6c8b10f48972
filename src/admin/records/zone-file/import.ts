import { createPieces } from '../../../pace/next-turn.ts';
import {
  type Configuration,
  type DocumentStore,
  WRITES_MAX,
  type Write,
} from '../../../store/contract/documents.ts';
import { StoreNotReplicated } from '../../../store/contract/failure.ts';
import { ownerKeyOf, Records } from '../../../store/reading/records.ts';
import { RECORDS_AT_NAME_MAX } from '../../../zone/dns-record.ts';
import type { Caller } from '../../access/call.ts';
import type { Limiter } from '../../access/limiter.ts';
import { checkChanges } from '../../access/rights.ts';
import { ApiError, apiError } from '../../http/errors.ts';
import { gatherProblems, invalid, type Problem } from '../../http/problem.ts';
import { commitJudged } from '../../resource/commit-judged.ts';
import { flatteningProblems } from '../flattening.ts';
import { type ChangedRecord, dnameProblems, neighbourProblems, tooManyProblem } from '../neighbours.ts';
import { placeAt, type RecordsPlace, zoneKeyOf } from '../plan.ts';
import { type AllRecords, recordsAt } from '../zone-records.ts';
import type { DraftRecord } from './draft-records.ts';

/** The stores and rules that an import uses. */
export interface ImportContext {
  readonly store: DocumentStore;
  readonly limiter: Limiter;
}

/** The result of an import. */
export interface Imported {
  readonly added: number;
  /** Those that were there already, or twice in the file. */
  readonly present: number;
  readonly revision: number | undefined;
}

/** Records of one name, which are judged together. */
type ByName = ReadonlyMap<string, readonly DraftRecord[]>;

/**
 * Adds records to a zone, all of them or none. A record that is there already, with the same name, type and content, stays as it
 * is. All are judged before the first is written; then they are written in commits of WRITES_MAX, each judged anew at its revision. Where one is
 * refused, because somebody wrote in between, those before it are deleted again. Throws ApiError.
 */
export async function importRecords(
  { store, limiter }: ImportContext,
  caller: Caller,
  place: RecordsPlace,
  drafts: readonly DraftRecord[],
): Promise<Imported> {
  const byName = await groupedByName(drafts);
  const first = await store.read();
  const fresh = await judged(first, await placeAt(first, place), byName);
  const changes = fresh.map(({ record }) => ({ write: putOf({ record, path: '' }), before: undefined }));
  await checkChanges(caller, changes, store);
  await limiter.check(caller, changes);
  const written: string[] = [];
  let revision: number | undefined;
  /** The revision at which the rest is known to be right: nobody else wrote since. */
  let judgedAt = first.revision;
  /** What was made last, where replicas did not confirm it. They confirm all before what they confirm. */
  let unconfirmed: StoreNotReplicated | undefined;
  try {
    for (let at = 0; at < fresh.length; at += WRITES_MAX) {
      const some = fresh.slice(at, at + WRITES_MAX);
      for (const { record } of some) written.push(record.id);
      const committed = await commitJudged(store, async (read) => {
        const isJudged = read.revision === judgedAt;
        const now = isJudged ? place : await placeAt(read, place);
        const still = isJudged ? some : await judged(read, now, await groupedByName(some));
        return { writes: still.map(putOf), result: isJudged };
      }).catch((error: unknown) => {
        if (error instanceof StoreNotReplicated) return error;
        throw error;
      });
      if (committed instanceof StoreNotReplicated) unconfirmed = committed;
      if (committed instanceof StoreNotReplicated || committed.revision === undefined) continue;
      unconfirmed = undefined;
      revision = committed.revision;
      if (committed.result) judgedAt = revision;
    }
  } catch (error) {
    throw await undone(store, written, error);
  }
  // All of them are there.
  if (unconfirmed !== undefined) throw unconfirmed;
  return { added: fresh.length, present: drafts.length - fresh.length, revision };
}

/** Groups records by their names, without those that are there twice. */
async function groupedByName(drafts: readonly DraftRecord[]): Promise<ByName> {
  const isLong = createPieces();
  const seen = new Set<string>();
  const names = new Map<string, DraftRecord[]>();
  for (const draft of drafts) {
    const { name, type, content } = draft.record;
    const key = `${name} ${type} ${content}`;
    if (!seen.has(key)) names.getOrInsertComputed(name, () => []).push(draft);
    seen.add(key);
    const rest = isLong();
    if (rest) await rest;
  }
  return names;
}

/** Returns the records that are not there yet. Throws ApiError for those that break a rule with others. */
async function judged(
  { records = Records.NONE }: Configuration,
  { zone, own, hasZone }: RecordsPlace,
  byName: ByName,
): Promise<DraftRecord[]> {
  const all: AllRecords = { own, ofApi: records.inZone(zoneKeyOf(zone)) };
  const isLong = createPieces();
  const problems = gatherProblems();
  const fresh: DraftRecord[] = [];
  for (const [name, drafts] of byName) {
    const there = new Set(
      recordsAt(all, ownerKeyOf({ name })).map(({ type, content }) => `${type} ${content}`),
    );
    const news = drafts.filter(({ record }) => !there.has(`${record.type} ${record.content}`));
    fresh.push(...news);
    if (there.size + news.length > RECORDS_AT_NAME_MAX && news.length > 0)
      problems.add(
        problemAt(
          news[0]!.path,
          `"${name}" would have ${there.size + news.length} records; ${RECORDS_AT_NAME_MAX} at most.`,
        ),
      );
    else {
      const changed = changesBy(news);
      const found = [
        ...flatteningProblems(zone.name, changed, hasZone),
        ...(await neighbourProblems(all, changed)),
      ];
      problems.add(...found.map(ofLine));
    }
    const rest = isLong();
    if (rest) await rest;
  }
  const tooMany = tooManyProblem(all.ofApi, fresh.length);
  if (tooMany !== undefined) problems.add(tooMany);
  // Each name was judged by itself, but a DNAME concerns all names below it.
  else if (problems.count === 0 && fresh.some(({ record }) => record.type === 'DNAME'))
    problems.add(...(await dnameProblems(all, changesBy(fresh))).map(ofLine));
  if (problems.count > 0) throw invalid(problems.kept, 'recordRule', problems.count);
  return fresh;
}

function changesBy(drafts: readonly DraftRecord[]): ChangedRecord[] {
  return drafts.map(({ record, path }) => ({ before: undefined, after: record, at: path }));
}

/** Makes a problem of a line of one whose pointer is the line. */
function ofLine({ pointer, sentence, rule, error }: Problem): Problem {
  return { ...problemAt(pointer, sentence ?? rule), ...(error && { error }) };
}

/** Makes a problem of a line. `path` is its `file:line`. */
export function problemAt(path: string, sentence: string): Problem {
  return { pointer: '/file', rule: '', sentence: `${path}: ${sentence}` };
}

function putOf({ record }: DraftRecord): Write {
  return {
    op: 'put',
    kind: 'record',
    id: record.id,
    value: record,
    unique: [],
    references: [],
    ifRevision: 0,
  };
}

/** Deletes the records of an import that failed, and returns its error, or one that says what is left. */
async function undone(store: DocumentStore, ids: readonly string[], error: unknown): Promise<unknown> {
  try {
    for (let at = 0; at < ids.length; at += WRITES_MAX) {
      const some = ids.slice(at, at + WRITES_MAX);
      await commitJudged(store, ({ records = Records.NONE }) => ({
        writes: some.flatMap((id): Write[] => {
          const found = records.get(id);
          return found === undefined
            ? []
            : [{ op: 'delete', kind: 'record', id, ifRevision: found.revision }];
        }),
        result: undefined,
      })).catch((failure: unknown) => {
        if (!(failure instanceof StoreNotReplicated)) throw failure;
      });
    }
    return error;
  } catch {
    const { status, errors } = error instanceof ApiError ? error : apiError('storeUnwritten');
    const { errors: left } = apiError('importInPart', { max: ids.length });
    return new ApiError(status, [...left, ...errors]);
  }
}
