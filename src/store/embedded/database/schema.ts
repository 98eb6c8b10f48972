import { DatabaseSync } from 'node:sqlite';

/** Made in the file one after the other. */
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

/** How many steps a file has that this program made; one that has more is refused. */
export const SCHEMA = STEPS.length;

/** A table that is not what it must be. `rule` follows its name in a sentence. */
export interface TableFlaw {
  readonly table: string;
  readonly rule: string;
}

/** A table or an index of a file. */
interface Part {
  readonly type: 'table' | 'index';
  readonly name: string;
  readonly sql: string;
}

/** Brings the schema of a file forward from the first `found` steps, and makes indexes that are missing. In a transaction. */
export function makeSchema(sqlite: DatabaseSync, found: number): void {
  for (const step of STEPS.slice(found)) sqlite.exec(step);
  // Nothing is written where nothing changes.
  if (found < SCHEMA) sqlite.exec(`PRAGMA user_version = ${SCHEMA}`);
}

/** Makes the indexes that are missing, of tables that are there; finds the tables that are not, or lack a column. */
export function tableFlaws(sqlite: DatabaseSync): TableFlaw[] {
  const flaws: TableFlaw[] = [];
  const wanted = wantedParts();
  const there = new Set(partsOf(sqlite).map(({ name }) => name));
  for (const { name, columns } of wanted.tables) {
    const found = columnsOf(sqlite, name);
    const lacking = columns.filter((column) => !found.includes(column));
    if (found.length === 0) flaws.push({ table: name, rule: 'is missing' });
    else if (lacking.length > 0)
      flaws.push({ table: name, rule: `lacks the column ${lacking.join(' and the column ')}` });
  }
  if (flaws.length === 0) for (const { name, sql } of wanted.indexes) if (!there.has(name)) sqlite.exec(sql);
  return flaws;
}

/** Finds that a table meta, which is there, does not name the history of the file. */
export function metaFlaws(sqlite: DatabaseSync, flaws: readonly TableFlaw[]): TableFlaw[] {
  if (flaws.some(({ table }) => table === META)) return [];
  const epoch = sqlite.prepare(`SELECT value FROM meta WHERE name = 'epoch'`).get()?.value;
  return typeof epoch === 'string' && epoch !== '' ? [] : [UNNAMED];
}

const META = 'meta';
const UNNAMED: TableFlaw = { table: META, rule: 'does not name the history of the store (epoch)' };

/** Has tables stand in for those that are flawed, in the memory of this connection: the file stays as it is. They are empty, but for rows of meta. */
export function standIn(sqlite: DatabaseSync, flaws: readonly TableFlaw[]): void {
  if (flaws.length === 0) return;
  sqlite.exec('PRAGMA temp_store = MEMORY');
  for (const { sql } of flawed(flaws)) sqlite.exec(sql.replace(/^CREATE TABLE/, 'CREATE TEMP TABLE'));
  if (flaws.includes(UNNAMED)) sqlite.exec('INSERT INTO temp.meta SELECT * FROM main.meta');
}

/** Makes flawed tables anew in the file, with what the ones hold that stand in for them. In a transaction. */
export function makeAnew(sqlite: DatabaseSync, flaws: readonly TableFlaw[]): void {
  for (const { name, sql } of flawed(flaws)) {
    sqlite.exec(`DROP TABLE IF EXISTS main.${name}`);
    sqlite.exec(sql.replace(/^CREATE TABLE /, 'CREATE TABLE main.'));
    sqlite.exec(`INSERT INTO main.${name} SELECT * FROM temp.${name}`);
    sqlite.exec(`DROP TABLE temp.${name}`);
  }
  tableFlaws(sqlite);
}

function flawed(flaws: readonly TableFlaw[]): Part[] {
  const names = new Set(flaws.map(({ table }) => table));
  return wantedParts().tables.filter(({ name }) => names.has(name));
}

/** The tables and indexes that all steps make. */
function wantedParts(): {
  readonly tables: readonly (Part & { readonly columns: readonly string[] })[];
  readonly indexes: readonly Part[];
} {
  const empty = new DatabaseSync(':memory:');
  try {
    makeSchema(empty, 0);
    const parts = partsOf(empty);
    const tables = parts.filter(({ type }) => type === 'table');
    return {
      tables: tables.map((table) => ({ ...table, columns: columnsOf(empty, table.name) })),
      indexes: parts.filter(({ type }) => type === 'index'),
    };
  } finally {
    empty.close();
  }
}

/** The parts of a file; those that SQLite makes by itself have no text. */
function partsOf(sqlite: DatabaseSync): Part[] {
  return sqlite
    .prepare('SELECT type, name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL')
    .all() as unknown as Part[];
}

function columnsOf(sqlite: DatabaseSync, table: string): string[] {
  const rows = sqlite.prepare('SELECT name FROM pragma_table_info(?, ?)').all(table, 'main');
  return rows.map(({ name }) => String(name));
}
