import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { CheckKey } from '../../check/check.ts';
import { listOf, text } from '../../pool/shape.ts';
import type { Configuration, Kind, Ref, StoredDocument, StorePosition } from '../contract/documents.ts';
import { boundHeap } from '../heap-bound.ts';
import { type Deletions, formatDeletions, parseDeletions } from '../integrity/deletions.ts';
import { kindFlaw } from '../integrity/file-kind.ts';
import { allDocuments, documentCount, gatherDocuments, type Holding } from '../reading/all-documents.ts';
import { parseDocument, parseRecord } from '../record/record.ts';
import type { HeldVerdict } from './held-verdict.ts';
import type { Waiting } from './waiting.ts';

/**
 * Room for pages, KiB: rows come in no order, so that a page which must leave before the commit is written again and
 * again. Given back after each write.
 */
const CACHE_KIB = 32 * 1024;

/** Another process may be writing. */
const READ_TIMEOUT_MS = 5_000;

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -${CACHE_KIB};
  CREATE TABLE IF NOT EXISTS meta (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL, revision INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS document (kind TEXT, id TEXT, revision INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS held (check_key TEXT PRIMARY KEY, healthy INTEGER NOT NULL, addresses TEXT) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS chain (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL, link TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS deletion (one INTEGER PRIMARY KEY CHECK (one = 1), noted TEXT NOT NULL);
  DROP TABLE IF EXISTS verdict;
`;

const ADDRESSES = listOf(text);

/** The addresses that are kept of a check; none where they cannot be read. */
function addressesIn(kept: unknown): { readonly addresses?: readonly string[] } {
  if (kept === null) return {};
  const addresses = parseRecord<string[]>(kept, ADDRESSES, () => {});
  return addresses === undefined ? {} : { addresses };
}

/** What a node remembers. */
export interface Remembered {
  readonly configuration: Configuration;
  readonly verdicts: ReadonlyMap<CheckKey, HeldVerdict>;
}

/** The file of the last good state. */
export interface LastGoodFile {
  position(): StorePosition | undefined;
  /** Reads all, row by row: each step of the generator is one. */
  read(): Generator<undefined, Remembered | undefined>;
  /** Writes all or nothing, row by row: each step of the iterator is one. After an error it must be given up. */
  write(waiting: Waiting): Iterator<undefined>;
  /** Gives up what was not committed. */
  giveUp(): void;
  close(): void;
}

/** Opens the file, or makes it. Throws where SQLite cannot; reading throws what isDamage (damage.ts) knows where the file is damaged. */
export function openLastGoodFile(path: string): LastGoodFile {
  const flaw = kindFlaw(path);
  if (flaw !== undefined) throw new Error(flaw);
  const database = new DatabaseSync(path);
  try {
    database.exec(SCHEMA);
  } catch (error) {
    database.close();
    throw error;
  }
  const putDocument = database.prepare('INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?)');
  const dropDocument = database.prepare('DELETE FROM document WHERE kind = ? AND id = ?');
  const putVerdict = database.prepare('INSERT OR REPLACE INTO held VALUES (?, ?, ?)');
  const dropVerdict = database.prepare('DELETE FROM held WHERE check_key = ?');
  const putMeta = database.prepare('INSERT OR REPLACE INTO meta VALUES (1, ?, ?)');
  const setRevision = database.prepare('UPDATE meta SET revision = ?');
  // Apart from the rest, which a version without links may write: a link is valid for its revision alone.
  const putLink = database.prepare('INSERT OR REPLACE INTO chain VALUES (1, ?, ?)');
  const putDeletions = database.prepare('INSERT OR REPLACE INTO deletion VALUES (1, ?)');
  const getDeletions = database.prepare('SELECT noted FROM deletion');
  const getRevisions = database.prepare('SELECT kind, id, revision FROM document');

  const put = ({ kind, id, revision, value }: StoredDocument) =>
    putDocument.run(kind, id, revision, JSON.stringify(value));

  /** Removes from `wanted` what the file has already, and adds to `gone` what it must delete. */
  function* compare(
    wanted: Map<string, StoredDocument>,
    gone: { readonly kind: string; readonly id: string }[],
    isSameHistory: boolean,
  ): Generator<undefined> {
    for (const row of getRevisions.iterate()) {
      yield;
      const [kind, id] = [String(row.kind), String(row.id)];
      const document = wanted.get(`${kind} ${id}`);
      if (document === undefined) gone.push({ kind, id });
      // Within a history a revision is the same document, wherever it was read.
      else if (isSameHistory && document.revision === row.revision) wanted.delete(`${kind} ${id}`);
    }
  }

  function* writeConfiguration(configuration: Configuration): Generator<undefined> {
    const { epoch, revision, link, deletions } = configuration;
    const was = positionIn(database);
    const wanted = new Map<string, StoredDocument>();
    for (const each of allDocuments(configuration)) yield void wanted.set(`${each.kind} ${each.id}`, each);
    const gone: { kind: string; id: string }[] = [];
    yield* compare(wanted, gone, was?.epoch === epoch && was.link !== undefined && link !== undefined);
    for (const { kind, id } of gone) yield void dropDocument.run(kind, id);
    // In the order of the tree, so that each of its pages is written once.
    for (const keys of yield* inOrder(wanted.keys()))
      for (const key of keys.sort()) yield void put(wanted.get(key)!);
    putMeta.run(epoch, revision);
    if (link !== undefined) putLink.run(revision, link);
    if (deletions !== undefined) putDeletions.run(formatDeletions(deletions, revision));
  }

  function deletionsAt(revision: number): Deletions {
    return parseDeletions(getDeletions.get()?.noted, revision);
  }

  function putOrDrop([check, verdict]: [string, HeldVerdict | undefined]): void {
    if (verdict === undefined) dropVerdict.run(check);
    else {
      const { healthy, addresses } = verdict;
      putVerdict.run(check, healthy ? 1 : 0, addresses ? JSON.stringify(addresses) : null);
    }
  }

  return {
    position: () => positionIn(database),
    *read() {
      const at = positionIn(database);
      if (at === undefined) return undefined;
      const read = yield* documentsIn(database);
      if (documentCount(read) === 0 && read.damaged !== undefined)
        throw new SyntaxError('no document can be read');
      const verdicts = new Map<CheckKey, HeldVerdict>();
      for (const row of database.prepare('SELECT check_key, healthy, addresses FROM held').iterate())
        yield void verdicts.set(String(row.check_key) as CheckKey, {
          healthy: row.healthy === 1,
          ...addressesIn(row.addresses),
        });
      return {
        configuration: { ...at, ...read, deletions: deletionsAt(at.revision) },
        verdicts,
      };
    },
    *write({ configuration, documents, revision, link, poolDeletion, deletionsSince, verdicts }) {
      database.exec('BEGIN');
      // Before the documents they are about: without a verdict an endpoint is out.
      for (const each of verdicts) yield void putOrDrop(each);
      if (configuration !== undefined) yield* writeConfiguration(configuration);
      for (const entry of documents.values()) {
        if (entry.op === 'put') put(entry.document);
        else dropDocument.run(entry.kind, entry.id);
        yield;
      }
      if (revision !== undefined) {
        const before = deletionsAt(positionIn(database)?.revision ?? 0);
        const known = deletionsSince === undefined ? before : { since: deletionsSince, pool: 0 };
        const now = poolDeletion === undefined ? known : { ...known, pool: poolDeletion };
        putDeletions.run(formatDeletions(now, revision));
        setRevision.run(revision);
      }
      if (revision !== undefined && link !== undefined) putLink.run(revision, link);
      database.exec('COMMIT; PRAGMA shrink_memory');
    },
    giveUp() {
      if (database.isTransaction) database.exec('ROLLBACK');
    },
    close: () => database.close(),
  };
}

/**
 * Reads the configuration that a node remembers, while the node may be running. Writes nothing. undefined: there is
 * none. Throws where it cannot be read; StoreTooLarge where it does not fit in memory.
 */
export function readRemembered(path: string): Configuration | undefined {
  if (!existsSync(path)) return undefined;
  const database = new DatabaseSync(path, { readOnly: true, timeout: READ_TIMEOUT_MS });
  try {
    const at = positionIn(database);
    return at && { ...at, ...finished(documentsIn(database)) };
  } finally {
    database.close();
  }
}

/** Characters of an identifier by which keys are grouped: some thousands of a million are alike in these. */
const GROUP_CHARACTERS = 2;

/** Groups the keys of documents, `<kind> <id>`, so that the groups are in order and each of them is sorted quickly. */
function* inOrder(keys: Iterable<string>): Generator<undefined, string[][]> {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const start = key.slice(0, key.indexOf(' ') + 1 + GROUP_CHARACTERS);
    yield void groups.getOrInsertComputed(start, () => []).push(key);
  }
  return [...groups.keys()].sort().map((start) => groups.get(start)!);
}

/** Runs a generator to its end. */
export function finished<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

function positionIn(database: DatabaseSync): StorePosition | undefined {
  const meta = database.prepare('SELECT epoch, revision FROM meta').get();
  if (meta === undefined) return undefined;
  const revision = Number(meta.revision);
  const link = database.prepare('SELECT link FROM chain WHERE revision = ?').get(revision)?.link;
  return { epoch: String(meta.epoch), revision, ...(link !== undefined && { link: String(link) }) };
}

function* documentsIn(
  database: DatabaseSync,
): Generator<undefined, Holding & Pick<Configuration, 'damaged'>> {
  const heap = boundHeap();
  const gathered = gatherDocuments();
  const damaged: Ref[] = [];
  for (const row of database.prepare('SELECT kind, id, revision, value FROM document').iterate()) {
    const ref = { kind: row.kind as Kind, id: String(row.id) };
    const document = parseDocument(ref, Number(row.revision), row.value, () => {});
    if (document === undefined) damaged.push(ref);
    else if (heap.holds(document)) gathered.add(document);
    yield;
  }
  heap.check();
  return { ...gathered.done(), ...(damaged.length > 0 && { damaged: { documents: damaged, unnamed: 0 } }) };
}
