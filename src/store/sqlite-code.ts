/** SQLITE_BUSY. */
const BUSY = 5;

/** SQLite's result code that an error tells, the low octet of an extended one; undefined: the error is not SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  const { errcode } = error as { readonly errcode?: number };
  return errcode === undefined ? undefined : errcode & 0xff;
}

/** Whether a file could not be locked, since another has it. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === BUSY;
}
