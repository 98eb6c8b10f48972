import { existsSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { isBusy, sqliteRefusal } from '../../sqlite-code.ts';
import { StoreRefused, StoreUnavailable } from '../../store.ts';
import { checkBeginning, checkLog, type FileWatch, watchFile } from './file-faults.ts';

/** Made in the file one after the other. A file's schema is how many of them it has; one that has more is refused. */
const STEPS = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE document (
    kind TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE unique_value (
    kind TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (kind, value)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX unique_value_of ON unique_value (kind, id);
  CREATE TABLE reference (
    to_kind TEXT NOT NULL, to_id TEXT NOT NULL, from_kind TEXT NOT NULL, from_id TEXT NOT NULL,
    PRIMARY KEY (to_kind, to_id, from_kind, from_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reference_of ON reference (from_kind, from_id);
  CREATE TABLE change (revision INTEGER PRIMARY KEY, entries TEXT NOT NULL) STRICT;
  CREATE TABLE observation (
    check_key TEXT NOT NULL, region TEXT NOT NULL, worker TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (check_key, region, worker)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE observed (number INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE event (number INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;
  `,
  `
  ALTER TABLE event ADD COLUMN trail TEXT NOT NULL DEFAULT 'health';
  UPDATE event SET trail = 'audit' WHERE value ->> '$.kind' = 'audit';
  CREATE INDEX event_of ON event (trail, number);
  CREATE TABLE told (subject TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE notified (
    destination TEXT PRIMARY KEY, cursor TEXT NOT NULL, move INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

/** A value SQLite takes or gives. */
export type Cell = string | number | null;
/** A row of a result, by column. */
export type Row = Record<string, Cell>;

/** An open file. Every method throws StoreUnavailable on any failure of SQLite's, and after close; StoreRefused where the disk is full and the like. */
export interface Database {
  /** Runs the statement for its effect. */
  run(sql: string, ...values: Cell[]): void;
  /** The first row. */
  one(sql: string, ...values: Cell[]): Row | undefined;
  all(sql: string, ...values: Cell[]): Row[];
  /** The same, one after the other as they are asked for, so that they need not be held together. */
  each(sql: string): Iterable<Row>;
  /** All of `body` or nothing: when it throws, or `keep` says no to its result, everything is undone. */
  transaction<T>(body: () => T, keep?: (result: T) => boolean): T;
  /** The same for a body that goes on in later turns of the event loop, in which nobody else may use the file. */
  longTransaction<T>(body: () => Promise<T>, keep: (result: T) => boolean): Promise<T>;
  close(): void;
}

/**
 * Opens or makes the file and takes it for this process alone: a second opener, in whatever process, is refused at
 * once. The lock is the kernel's and ends with the process, so a killed one leaves nothing behind. Throws
 * StoreUnavailable naming the path; so it does where the file is to be made although `evidence` shows that there was one.
 */
export function openDatabase(path: string, epoch: () => string, evidence: readonly string[] = []): Database {
  let sqlite: DatabaseSync;
  if (!existsSync(path)) checkBeginning(path, false, evidence);
  checkLog(path);
  try {
    sqlite = new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw new StoreUnavailable(`cannot open ${path}: ${messageOf(error)}`);
  }
  try {
    prepareFile(sqlite, path, epoch, evidence);
  } catch (error) {
    sqlite.close();
    if (error instanceof StoreUnavailable) throw error;
    throw new StoreUnavailable(
      isBusy(error)
        ? `cannot open ${path}: it is in use by another process`
        : `cannot open ${path}: ${messageOf(error)}`,
    );
  }
  return wrap(sqlite, path, watchFile(path));
}

function prepareFile(
  sqlite: DatabaseSync,
  path: string,
  epoch: () => string,
  evidence: readonly string[],
): void {
  // EXCLUSIVE before the first access in WAL mode: the index of the log is then kept in this process's memory, and
  // the lock is held from the first transaction until the file is closed.
  sqlite.exec('PRAGMA locking_mode = EXCLUSIVE');
  sqlite.exec('PRAGMA journal_mode = WAL');
  // FULL: what was acknowledged has reached the disk, and survives loss of power too.
  sqlite.exec('PRAGMA synchronous = FULL');
  sqlite.exec('BEGIN EXCLUSIVE');
  const found = Number(sqlite.prepare('PRAGMA user_version').get()?.user_version);
  if (found > STEPS.length)
    throw new StoreUnavailable(
      `cannot open ${path}: it has schema ${found}, this program knows ${STEPS.length}`,
    );
  if (found === 0) checkBeginning(path, true, evidence);
  for (const step of STEPS.slice(found)) sqlite.exec(step);
  // Nothing is written where nothing changes.
  if (found < STEPS.length) sqlite.exec(`PRAGMA user_version = ${STEPS.length}`);
  if (found === 0) {
    const insert = sqlite.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
    insert.run('epoch', epoch());
    for (const counter of ['revision', 'observed', 'event', 'token']) insert.run(counter, 0);
  }
  sqlite.exec('COMMIT');
}

function wrap(sqlite: DatabaseSync, path: string, file: FileWatch): Database {
  const prepared = new Map<string, StatementSync>();
  const failing = <T>(body: () => T): T => {
    if (!sqlite.isOpen) throw new StoreUnavailable(`${path} is closed`);
    try {
      return body();
    } catch (error) {
      const refusal = sqliteRefusal(error);
      const message = `${path}: ${messageOf(error)}`;
      throw refusal === undefined ? new StoreUnavailable(message) : new StoreRefused(refusal, message);
    }
  };
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const fresh = sqlite.prepare(sql);
    prepared.set(sql, fresh);
    return fresh;
  };
  const begin = () => {
    file.check();
    failing(() => statement('BEGIN IMMEDIATE').run());
  };
  const commit = () => failing(() => void statement('COMMIT').run());
  /** Undoes what was not committed. After some failures SQLite has done so by itself. */
  const undo = () => {
    if (sqlite.isOpen && sqlite.isTransaction) failing(() => statement('ROLLBACK').run());
  };
  return {
    run: (sql, ...values) => failing(() => void statement(sql).run(...values)),
    one: (sql, ...values) =>
      failing(() => reading(statement(sql), (from) => from.get(...values) as Row | undefined)),
    all: (sql, ...values) => failing(() => reading(statement(sql), (from) => from.all(...values) as Row[])),
    each: (sql) => rowsOf(sqlite, sql, failing),
    transaction: (body, keep = () => true) => {
      begin();
      try {
        const result = body();
        if (keep(result)) commit();
        return result;
      } finally {
        undo();
      }
    },
    longTransaction: async (body, keep) => {
      begin();
      try {
        const result = await body();
        if (keep(result)) commit();
        return result;
      } finally {
        undo();
      }
    },
    close: () => {
      if (sqlite.isOpen) sqlite.close();
    },
  };
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
  for (;;) {
    const next = failing(() => rows.next());
    if (next.done) return;
    yield withNumbers(next.value);
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
