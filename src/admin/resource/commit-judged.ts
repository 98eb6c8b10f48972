import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration, DocumentStore, Write } from '../../store/contract/documents.ts';
import { NOTHING_DRAFTED, refused, writeContention } from './write.ts';

/** Maximum number of attempts at a change of documents that are judged together, when others write in between. */
export const JUDGED_ATTEMPTS_MAX = 16;
/** Longest pause before another attempt, milliseconds. It is drawn, so that two servers do not stay in step. */
const PAUSE_MS_MAX = 32;

/** What was decided at one reading. */
export interface Judgement<T> {
  /** None: nothing is to be written. */
  readonly writes: readonly Write[];
  /** Given back where these writes were made. */
  readonly result: T;
}

/** The commits of this process that wait for one another, so that they are not in each other's way. */
const last = new WeakMap<DocumentStore, Promise<unknown>>();

/**
 * Commits what `judge` decides about a reading of the whole store, and only at the revision of that reading: rules about several
 * documents hold, also when others write at the same time. Where somebody wrote in between, it reads and judges again. `judge` throws
 * ApiError for what it refuses. The revision is undefined when nothing was written. Throws ApiError when the store refuses, and after
 * JUDGED_ATTEMPTS_MAX.
 */
export async function commitJudged<T>(
  store: DocumentStore,
  judge: (read: Configuration) => Judgement<T> | Promise<Judgement<T>>,
): Promise<{ readonly result: T; readonly revision: number | undefined }> {
  const turn = (last.get(store) ?? Promise.resolve()).then(() => attempts(store, judge));
  last.set(
    store,
    turn.catch(() => undefined),
  );
  return turn;
}

async function attempts<T>(
  store: DocumentStore,
  judge: (read: Configuration) => Judgement<T> | Promise<Judgement<T>>,
): Promise<{ readonly result: T; readonly revision: number | undefined }> {
  for (let attempt = 0; attempt < JUDGED_ATTEMPTS_MAX; attempt += 1) {
    if (attempt > 0) await sleep(Math.random() * Math.min(PAUSE_MS_MAX, 2 ** attempt));
    const read = await store.read();
    const { writes, result } = await judge(read);
    if (writes.length === 0) return { result, revision: undefined };
    const committed = await store.commit(writes, undefined, read.revision);
    if (committed.ok) return { result, revision: committed.revision };
    const { kind } = committed.refusal;
    if (kind !== 'behind' && kind !== 'conflict') throw refused(committed.refusal, NOTHING_DRAFTED);
  }
  throw writeContention();
}
