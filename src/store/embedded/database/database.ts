import { existsSync, statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StoreDamaged, StoreRefused, StoreUnavailable } from '../../contract/failure.ts';
import { kindFlaw } from '../../integrity/file-kind.ts';
import { isBusy, isCorrupt, sqliteRefusal } from '../../sqlite-code.ts';
import { createDisk, type Sync } from './disk.ts';
import { checkTogether } from './file-and-log.ts';
import { changedPath, checkBeginning, checkLog, checkUnchanged, markPath } from './file-faults.ts';
import { type FileWatch, watchFile } from './file-watch.ts';
import type { LogEnd } from './log-frames.ts';
import { makeAnew, makeSchema, metaFlaws, SCHEMA, standIn, type TableFlaw, tableFlaws } from './schema.ts';

/** A value SQLite takes or gives. */
export type Cell = string | number | null;
/** A row of a result, by column. */
export type Row = Record<string, Cell>;

/** An open file. Every method throws StoreUnavailable on any failure of SQLite's, and after close; StoreRefused where the disk is full and the like, StoreDamaged where pages of it cannot be read. */
export interface Database {
  /** Runs the statement for its effect; outside of a transaction in one of its own. */
  run(sql: string, ...values: Cell[]): void;
  /** The first row; outside of a transaction of a statement that only reads. */
  one(sql: string, ...values: Cell[]): Row | undefined;
  all(sql: string, ...values: Cell[]): Row[];
  /** The same, one after the other as they are asked for, so that they need not be held together. */
  each(sql: string): Iterable<Row>;
  /** All of `body` or nothing: when it throws, or `keep` returns false for its result, everything is undone. */
  transaction<T>(body: () => T, keep?: (result: T) => boolean): T;
  /** The same for a body that goes on in later turns of the event loop, in which nobody else may use the file. */
  longTransaction<T>(body: () => Promise<T>, keep: (result: T) => boolean): Promise<T>;
  /** Runs a body that reads with `each` in later turns of the event loop, in which nobody else may use the file: no checkpoint comes in between. */
  steadily<T>(body: () => Promise<T>): Promise<T>;
  /** Tables that are missing or not what they must be. Only a file that was opened for its repair has any: empty ones stand in for them. */
  readonly flaws: readonly TableFlaw[];
  /** What it could not read of its pages so far, in a sentence without a final stop; undefined: nothing. */
  readonly unreadPages: string | undefined;
  /** How far its log goes by what this process has written; undefined: there is none. */
  readonly logEnd: LogEnd | undefined;
  /** How often something of the log was moved to the file itself. */
  readonly checkpoints: number;
  /** Between transactions: throws StoreRefused where another program changed the file since this process wrote to it. */
  checkFile(): void;
  /** Makes these tables anew, with the rows of those that stand in for them. In a transaction. */
  makeAnew(): void;
  /** Resolves when all that was committed before the call has reached the disk, and survives loss of power too. Rejects with StoreUncertain. */
  reached(): Promise<void>;
  close(): void;
}

/** What to do about a file that is damaged. */
export const PUT_BACK =
  'Put the file back, from a backup for instance, or see with "lifeguard store repair" what is left';

/** How a file is opened. */
export interface OpeningOptions {
  /** Names the history of a file that is made. */
  readonly epoch: () => string;
  /** Files that only a server with a store leaves behind. */
  readonly evidence?: readonly string[];
  /** Called when pages of the file turn out to be damaged, once. */
  readonly unreadable?: () => void;
  /** Opens the file although tables are missing. */
  readonly isForRepair?: boolean;
  /** fsync(2), unless given. */
  readonly sync?: Sync;
}

/**
 * Opens or makes the file and takes it for this process alone: a second opener, in whatever process, is refused at
 * once. The lock is the kernel's and ends with the process, so a killed one leaves nothing behind. Throws
 * StoreUnavailable naming the path. So it does where the file is to be made although `evidence` shows that there was one, and
 * where a table is missing.
 */
export function openDatabase(path: string, opening: OpeningOptions): Database {
  const { evidence = [], isForRepair = false } = opening;
  let sqlite: DatabaseSync;
  const flaw = kindFlaw(path, [markPath(path), changedPath(path)]);
  if (flaw !== undefined) throw new StoreUnavailable(`cannot open ${path}: ${flaw}`);
  if (!existsSync(path)) checkBeginning(path, false, evidence);
  checkUnchanged(path);
  // SQLite would remove the log beside an empty file.
  if (existsSync(path) && statSync(path).size === 0) checkBeginning(path, true, evidence);
  checkLog(path);
  if (!isForRepair) checkTogether(path);
  try {
    sqlite = new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw new StoreUnavailable(`cannot open ${path}: ${messageOf(error)}`);
  }
  let flaws: readonly TableFlaw[];
  try {
    flaws = prepareFile(sqlite, path, opening);
  } catch (error) {
    sqlite.close();
    if (error instanceof StoreUnavailable) throw error;
    throw new StoreUnavailable(
      isBusy(error)
        ? `cannot open ${path}: it is in use by another process`
        : `cannot open ${path}: ${messageOf(error)}${isCorrupt(error) ? `. ${PUT_BACK}` : ''}`,
    );
  }
  return wrap(sqlite, path, watchFile(path), flaws, opening);
}

function prepareFile(
  sqlite: DatabaseSync,
  path: string,
  { epoch, evidence = [], isForRepair = false }: OpeningOptions,
): readonly TableFlaw[] {
  // EXCLUSIVE before the first access in WAL mode: the index of the log is then kept in this process's memory, and
  // the lock is held from the first transaction until the file is closed.
  sqlite.exec('PRAGMA locking_mode = EXCLUSIVE');
  sqlite.exec('PRAGMA journal_mode = WAL');
  // Not FULL: the thread does not wait for the disk at each commit. The acknowledgement of a commit does (disk.ts).
  sqlite.exec('PRAGMA synchronous = NORMAL');
  sqlite.exec('BEGIN EXCLUSIVE');
  const found = Number(sqlite.prepare('PRAGMA user_version').get()?.user_version);
  if (found > SCHEMA)
    throw new StoreUnavailable(`cannot open ${path}: it has schema ${found}, this program knows ${SCHEMA}`);
  if (found === 0) checkBeginning(path, true, evidence);
  makeSchema(sqlite, found);
  if (found === 0) {
    const insert = sqlite.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
    insert.run('epoch', epoch());
    for (const counter of ['revision', 'observed', 'event', 'token']) insert.run(counter, 0);
  }
  const flaws = tableFlaws(sqlite);
  if (flaws.length > 0 && !isForRepair)
    throw new StoreUnavailable(
      `cannot open ${path}: ${flaws.map(({ table, rule }) => `its table ${table} ${rule}`).join(', and ')}. ${PUT_BACK}`,
    );
  if (isForRepair) flaws.push(...metaFlaws(sqlite, flaws));
  sqlite.exec('COMMIT');
  standIn(sqlite, flaws);
  return flaws;
}

function wrap(
  sqlite: DatabaseSync,
  path: string,
  file: FileWatch,
  found: readonly TableFlaw[],
  { unreadable = () => {}, sync }: Pick<OpeningOptions, 'unreadable' | 'sync'>,
): Database {
  let flaws = found;
  /** The end of the long transaction, or reading, that is under way. */
  let longEnd: Promise<void> | undefined;
  const disk = createDisk(
    path,
    async () => {
      // Inside a transaction, or while rows are read, SQLite refuses it, which says nothing of the disk.
      while (longEnd !== undefined) await longEnd;
      checkpoint(sqlite);
      file.left();
    },
    sync,
  );
  const statements = createStatements(sqlite, path, unreadable);
  const { failing, statement } = statements;
  /** A transaction was begun, and neither committed nor undone. */
  let isUnderWay = false;
  const begin = () => {
    file.check();
    disk.check();
    failing(() => statement('BEGIN IMMEDIATE').run());
    isUnderWay = true;
  };
  const commit = () => {
    file.checkWritten();
    failing(() => void statement('COMMIT').run());
    isUnderWay = false;
    file.left(true);
    disk.written();
  };
  /** Undoes what was not committed. After some failures, as on a full disk, SQLite has done so by itself. */
  const undo = () => {
    if (!isUnderWay) return;
    isUnderWay = false;
    if (!sqlite.isOpen) return;
    if (sqlite.isTransaction) failing(() => statement('ROLLBACK').run());
    // What was written to the log stays there: all of a large transaction, or as much as had room.
    if (!file.isChanged) file.left();
  };
  const transaction = <T>(body: () => T, keep: (result: T) => boolean = () => true): T => {
    begin();
    try {
      const result = body();
      if (keep(result)) commit();
      return result;
    } finally {
      undo();
    }
  };
  const steadily = async <T>(body: () => Promise<T>): Promise<T> => {
    const end = Promise.withResolvers<void>();
    longEnd = end.promise;
    try {
      return await body();
    } finally {
      longEnd = undefined;
      end.resolve();
    }
  };
  return {
    run: (sql, ...values) => {
      const run = () => failing(() => void statement(sql).run(...values));
      if (sqlite.isOpen && !sqlite.isTransaction) transaction(run);
      else run();
    },
    one: (sql, ...values) =>
      failing(() => reading(statement(sql), (from) => from.get(...values) as Row | undefined)),
    all: (sql, ...values) => failing(() => reading(statement(sql), (from) => from.all(...values) as Row[])),
    each: (sql) => rowsOf(sqlite, sql, failing),
    transaction,
    longTransaction: async (body, keep) => {
      begin();
      return steadily(async () => {
        try {
          const result = await body();
          if (keep(result)) commit();
          return result;
        } finally {
          undo();
        }
      });
    },
    steadily,
    get flaws() {
      return flaws;
    },
    checkFile: () => {
      if (sqlite.isOpen && !sqlite.isTransaction) file.check();
    },
    get logEnd() {
      return file.logEnd;
    },
    get checkpoints() {
      return file.checkpoints;
    },
    get unreadPages() {
      return statements.unreadPages;
    },
    makeAnew: () =>
      failing(() => {
        makeAnew(sqlite, flaws);
        flaws = [];
      }),
    reached: disk.reached,
    close: () => {
      disk.close();
      file.close();
      // SQLite would move its log into a file that is not its own any more. The end of the process closes it without that.
      if (sqlite.isOpen && !file.isChanged) sqlite.close();
    },
  };
}

/** The statements of an open file, and the errors that they throw. */
interface Statements {
  /** Runs this, and throws the store's error for one of SQLite's. */
  failing<T>(body: () => T): T;
  /** Returns the statement for a text, which is prepared once. */
  statement(sql: string): StatementSync;
  /** As Database.unreadPages. */
  readonly unreadPages: string | undefined;
}

function createStatements(sqlite: DatabaseSync, path: string, unreadable: () => void): Statements {
  const prepared = new Map<string, StatementSync>();
  let unreadPages: string | undefined;
  return {
    failing(body) {
      if (!sqlite.isOpen) throw new StoreUnavailable(`${path} is closed`);
      try {
        return body();
      } catch (error) {
        if (isCorrupt(error)) {
          if (unreadPages === undefined) {
            unreadPages = `the file ${path} has pages that cannot be read (${messageOf(error)})`;
            unreadable();
          }
          throw new StoreDamaged(unreadPages);
        }
        const refusal = sqliteRefusal(error);
        const message = `${path}: ${messageOf(error)}`;
        throw refusal === undefined ? new StoreUnavailable(message) : new StoreRefused(refusal, message);
      }
    },
    statement(sql) {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const fresh = sqlite.prepare(sql);
      prepared.set(sql, fresh);
      return fresh;
    },
    get unreadPages() {
      return unreadPages;
    },
  };
}

/** Writes all that is in the log to the file, and waits for the disk; the log keeps its size (FileWatch). Throws where not all of it was. */
function checkpoint(sqlite: DatabaseSync): void {
  const done = sqlite.prepare('PRAGMA wal_checkpoint(RESTART)').get();
  if (done?.busy !== 0) throw new Error('the log is in use');
}

/** Reads rows; whole numbers that a number cannot hold come as the nearest that one can. */
function reading<T extends Row | Row[] | undefined>(
  from: StatementSync,
  read: (from: StatementSync) => T,
): T {
  try {
    return read(from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_OUT_OF_RANGE') throw error;
  }
  from.setReadBigInts(true);
  try {
    const found = read(from);
    for (const row of [found ?? []].flat() as Row[]) withNumbers(row);
    return found;
  } finally {
    from.setReadBigInts(false);
  }
}

/** Rows as they are read; each run has a statement of its own, so that one may be begun while another goes on. */
function* rowsOf(sqlite: DatabaseSync, sql: string, failing: <T>(body: () => T) => T): Generator<Row> {
  const rows = failing(() => {
    const statement = sqlite.prepare(sql);
    statement.setReadBigInts(true);
    return statement.iterate() as Iterator<Row>;
  });
  try {
    for (;;) {
      const next = failing(() => rows.next());
      if (next.done) return;
      yield withNumbers(next.value);
    }
  } finally {
    // Rows that nobody read to the end would keep their table from being made anew.
    rows.return?.();
  }
}

/** Has numbers in the place of whole numbers that are read as such; the nearest that there are. */
function withNumbers(row: Row): Row {
  for (const column in row) {
    const cell: unknown = row[column];
    if (typeof cell === 'bigint') row[column] = Number(cell);
  }
  return row;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
