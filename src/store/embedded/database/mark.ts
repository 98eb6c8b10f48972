import type { StorePosition } from '../../contract/documents.ts';
import { StoreUnavailable } from '../../contract/failure.ts';
import { newEpoch } from '../../integrity/epoch.ts';
import type { AsideIn } from '../documents.ts';
import { continuesFrom } from '../follow.ts';
import { isDecided, readTally } from '../integrity/tally.ts';
import { countersIn } from './counters.ts';
import type { Database } from './database.ts';
import { keptLog, markPath } from './file-faults.ts';
import { type MarkText, readMark, writeMark } from './mark-text.ts';
import { newestObserved, newestRevision, readMeta } from './meta.ts';

/** The position of a file, and whether its epoch is one that a person decided for. */
interface FilePosition extends StorePosition {
  readonly isDecided: boolean;
}

/** The position of a file after a commit. */
export interface MarkedPosition extends MarkText {
  /** Numbers the positions in the order in which they were taken. */
  readonly number: number;
}

/**
 * Keeps beside an open file what it has acknowledged last. That is not forced to the disk: after a loss of power the mark may be
 * behind the file. It is never ahead of the file: a position is taken when it is committed, and noted when it has reached the
 * disk, by when the file may have been written to again.
 */
export interface Mark {
  /** The position of the file, right after a commit and before anything else uses the file; undefined: it cannot be read. */
  take(): MarkedPosition | undefined;
  /** Where no mark can be read, makes one; brings one that is behind the file forward once the file has reached the disk. */
  begin(): void;
  /**
   * Notes a position that has reached the disk, unless one that was taken later is noted. Where that fails, the store
   * works all the same.
   */
  note(position: MarkedPosition | undefined): void;
}

/** The mark of a file that is open. */
export function createMark(path: string, database: Database, aside: AsideIn): Mark {
  let taken = 0;
  let noted = 0;
  let { base = 0, epoch: baseEpoch } = readMark(path) ?? {};
  /** The counters when a position was taken last, and how often the file itself had been written to by then. */
  let counters = 0;
  let checkpoints = database.checkpoints;

  function take(): MarkedPosition | undefined {
    try {
      const { epoch, revision } = readMeta(database, aside);
      if (epoch === '') return undefined;
      const link = readTally(database, revision)?.link;
      taken += 1;
      // What was written to the file itself since has at least what there was before.
      if (baseEpoch !== epoch) base = 0;
      else if (database.checkpoints !== checkpoints) base = counters;
      baseEpoch = epoch;
      checkpoints = database.checkpoints;
      counters = countersIn(database.all) ?? 0;
      const log = database.logEnd;
      return { epoch, revision, ...(link !== undefined && { link }), base, log, number: taken };
    } catch (error) {
      if (error instanceof StoreUnavailable) return undefined;
      throw error;
    }
  }

  function note(position: MarkedPosition | undefined): void {
    if (position === undefined || position.number <= noted) return;
    try {
      writeMark(path, position);
      noted = position.number;
    } catch {
      // The mark stays as it was, behind the file.
    }
  }

  return {
    begin() {
      const marked = readMark(path);
      const found = take();
      if (marked === undefined) note(found);
      else if (marked.epoch !== found?.epoch || marked.revision !== found.revision)
        // Where the disk fails, the mark stays behind, and the next write reports it.
        database.reached().then(
          () => note(found),
          () => {},
        );
    },
    take,
    note,
  };
}

/**
 * Throws StoreUnavailable where the file lacks what was acknowledged, or is another than the one that was there: parts of
 * its log that cannot be read are passed over by SQLite without a word. The log is kept aside then.
 */
export function checkHistory(path: string, database: Database, aside: AsideIn): void {
  const marked = readMark(path);
  const found = marked && positionIn(database, aside);
  if (marked === undefined || found === undefined) return;
  const why = flawOf(marked, found, () => continuesFrom(database, aside, marked));
  if (why === undefined) return;
  const log = keptLog(path);
  throw new StoreUnavailable(
    `cannot open ${path}: ${why}. ${log === undefined ? '' : `Its log is kept as ${log}. `}Put the file back, from a backup for instance; to go on with what it has, remove ${markPath(path)}`,
  );
}

function flawOf(marked: StorePosition, found: FilePosition, continues: () => boolean): string | undefined {
  // By a person's decision a store begins anew (Store.adopt), and the process may have ended before it was noted.
  if (found.epoch !== marked.epoch)
    return found.isDecided ? undefined : 'it is another store than the one that was here';
  if (found.revision < marked.revision)
    return `it went back in time: it is at revision ${found.revision}, and revision ${marked.revision} was acknowledged`;
  return continues() ? undefined : `its revision ${marked.revision} is not the one that was acknowledged`;
}

/**
 * Names the history of a file whose table meta does not, by the mark beside it, by what a person decided for last, or anew; a revision that
 * nothing says is the one that was acknowledged last, or the newest that is in the file.
 */
export function restoreMeta(path: string, database: Database): void {
  if (database.flaws.some(({ table }) => table === 'meta')) nameHistory(database, readMark(path));
}

/** Names the history of a file in its table meta, by what its mark says. See restoreMeta. */
export function nameHistory(database: Database, marked: StorePosition | undefined): void {
  const put = (name: string, value: string | number) =>
    database.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', name, value);
  const decided = database.one(`SELECT value FROM meta WHERE name = 'decided'`)?.value;
  put('epoch', marked?.epoch ?? (String(decided ?? '') || newEpoch()));
  if (database.one(`SELECT value FROM meta WHERE name = 'revision'`) !== undefined) return;
  put('revision', Math.max(marked?.revision ?? 0, newestRevision(database)));
  put('observed', newestObserved(database));
}

/** The position of the file; undefined: its record of it is damaged, which the reader of it reports. */
function positionIn(database: Database, aside: AsideIn): FilePosition | undefined {
  try {
    const { epoch, revision } = readMeta(database, aside);
    return epoch === '' ? undefined : { epoch, revision, isDecided: isDecided(database, epoch) };
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  }
}
