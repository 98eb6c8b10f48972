/** SQLITE_BUSY. */
const BUSY = 5;
/** SQLITE_READONLY, SQLITE_IOERR and SQLITE_FULL: the file is there and takes no writes. */
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [8, 'The database file is read-only'],
  [10, 'The disk fails'],
  [13, 'The disk is full'],
]);

/** Returns SQLite's result code in an error, the low octet of an extended one; undefined: the error is not SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  const { errcode } = error as { readonly errcode?: number };
  return errcode === undefined ? undefined : errcode & 0xff;
}

/** Returns true where a file could not be locked, because another process has it. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === BUSY;
}

/** Returns why SQLite takes no writes; undefined: the error has another cause. */
export function sqliteRefusal(error: unknown): string | undefined {
  const code = sqliteCode(error);
  return code === undefined ? undefined : REFUSALS.get(code);
}

/** SQLITE_CORRUPT and SQLITE_NOTADB: the file is damaged. */
const DAMAGED = [11, 26];

/** Whether an error shows that the content of a file is wrong. */
export function isCorrupt(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && DAMAGED.includes(code);
}
