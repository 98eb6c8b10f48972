import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import type { Change, StoredDocument } from '../../../src/store/contract/documents.ts';
import { LAST_GOOD_RETRY_MS, type LastGood, openLastGood } from '../../../src/store/last-good/last-good.ts';
import { monitor } from '../contract/samples.ts';

const check = 'check' as CheckKey;
let directory: string;
let path: string;
let open: LastGood | undefined;
const failed = vi.fn();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-'));
  path = join(directory, 'last-good.sqlite');
  failed.mockReset();
});
afterEach(() => {
  vi.useRealTimers();
  open?.close();
  rmSync(directory, { recursive: true });
});

function reopened(): ReturnType<LastGood['load']> {
  open?.close();
  open = openLastGood(path, failed);
  return open.load();
}

function change(revision: number): Change {
  const value = monitor(`m${revision}`);
  return { revision, entries: [{ op: 'put', document: { kind: 'monitor', id: value.id, revision, value } }] };
}

test('a verdict is saved with the addresses of its host name', () => {
  open = openLastGood(path, failed);
  open.replace({ epoch: 'e', revision: 1, documents: [] });
  open.hold(check, { healthy: true, addresses: ['192.0.2.1', '2001:db8::1'] });
  open.hold('other' as CheckKey, { healthy: false });
  const { verdicts } = reopened()!;
  expect(verdicts.get(check)).toEqual({ healthy: true, addresses: ['192.0.2.1', '2001:db8::1'] });
  expect(verdicts.get('other' as CheckKey)).toEqual({ healthy: false });
  open!.forget(check);
  expect(reopened()!.verdicts.has(check)).toBe(false);
});

test('many documents were read and written in one piece, which held up all other work', async () => {
  open = openLastGood(path, failed);
  const documents = Array.from({ length: 5_000 }, (_, i): StoredDocument => {
    const value = monitor(`${(i * 7_919) % 5_000}`.padStart(32, '0'));
    return { kind: 'monitor', id: value.id, revision: 1, value };
  });
  open.replace({ epoch: 'e', revision: 1, documents });
  open.close();
  open = openLastGood(path, failed);
  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  });
  const read = await open.loadInPieces();
  clearInterval(turning);
  expect(turns).toBeGreaterThan(0);
  expect(read).toEqual(open.load());
  expect(read!.configuration.documents).toHaveLength(documents.length);
  expect(read!.configuration.documents.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
    documents.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  );
  const interrupted = open.loadInPieces();
  open.close();
  open = undefined;
  expect(await interrupted).toBeUndefined();
});

test('the record of deletions is saved with its revision', () => {
  const gone = (revision: number): Change => ({
    revision,
    entries: [{ op: 'delete', kind: 'pool', id: 'p' }],
  });
  const known = () => reopened()!.configuration.deletions;
  open = openLastGood(path, failed);
  open.replace({ epoch: 'e', revision: 4, documents: [], deletions: { since: 1, pool: 3 } });
  open.apply(change(5));
  expect(known()).toEqual({ since: 1, pool: 3 });
  open!.apply(gone(6));
  open!.apply(change(7));
  expect(known()).toEqual({ since: 1, pool: 6 });
  // A program that does not know of it writes on.
  open!.close();
  open = undefined;
  const other = new DatabaseSync(path);
  other.exec('UPDATE meta SET revision = 9');
  other.close();
  expect(known()).toEqual({ since: 9, pool: 0 });
  open!.apply(gone(10));
  expect(known()).toEqual({ since: 9, pool: 10 });
  open!.apply({ revision: 11, entries: [{ op: 'delete', kind: 'load_balancer', id: 'l' }] });
  expect(known()).toMatchObject({ since: 11 });
});

describe('a damaged file kept a server from starting', () => {
  const damages: Record<string, () => void> = {
    'not a database': () => writeFileSync(path, 'zone "example.org" {}\n'.repeat(500)),
    'cut off': () => truncateSync(path, 5_000),
    'overwritten after its first pages': () => {
      const octets = readFileSync(path);
      writeFileSync(path, octets.fill(0, 8_192));
    },
    'a row without JSON': () => {
      const other = new DatabaseSync(path);
      other.exec("UPDATE document SET value = '{'");
      other.close();
    },
  };
  test.each(Object.entries(damages))('%s', (_, damage) => {
    open = openLastGood(path, failed);
    open.replace({ epoch: 'e', revision: 1, documents: [] });
    open.apply(change(2));
    open.close();
    damage();
    const before = readFileSync(path);
    const damaged = vi.fn();
    open = openLastGood(path, failed, damaged);
    expect(open.load()).toBeUndefined();
    expect(damaged).toHaveBeenCalledExactlyOnceWith(`${path}.damaged`, expect.anything());
    expect(readFileSync(`${path}.damaged`).equals(before)).toBe(true);
    open.replace({ epoch: 'e', revision: 3, documents: [] });
    expect(reopened()!.configuration.revision).toBe(3);
    expect(failed).not.toHaveBeenCalled();
  });
});

test('a file that cannot be used is not moved away', () => {
  mkdirSync(path);
  expect(() => openLastGood(path, failed)).toThrow(`${path} is a directory, and must be a regular file`);
  expect(existsSync(path)).toBe(true);
  open = undefined;
});

test('a write that failed was lost, and later changes were saved without it', () => {
  vi.useFakeTimers();
  open = openLastGood(path, failed);
  open.replace({ epoch: 'e', revision: 1, documents: [] });
  vi.runAllTimers();
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  open.apply(change(2));
  vi.advanceTimersToNextTimer();
  expect(failed).toHaveBeenCalledOnce();
  open.apply(change(3));
  other.exec('ROLLBACK');
  other.close();
  vi.advanceTimersByTime(LAST_GOOD_RETRY_MS);
  const { configuration } = reopened()!;
  expect(configuration.revision).toBe(3);
  expect(configuration.documents.map(({ revision }) => revision)).toEqual([2, 3]);
});

describe('more than one slice', () => {
  const DOCUMENTS = 3_000;
  const documents = (count: number, revision: number): StoredDocument[] =>
    Array.from({ length: count }, (_, i) => {
      const value = monitor(`m${i}`);
      return { kind: 'monitor', id: value.id, revision, value };
    });
  const configuration = (revision: number, count = DOCUMENTS) => ({
    epoch: 'e',
    revision,
    documents: documents(count, revision),
  });
  /** Lets the writer have its next slice. */
  const slice = () => vi.advanceTimersToNextTimer();
  const inFile = (query: string) => {
    const other = new DatabaseSync(path, { readOnly: true });
    const row = other.prepare(query).get() as { found: unknown } | undefined;
    other.close();
    return row?.found;
  };
  const DOCUMENTS_IN_FILE = 'SELECT count(*) AS found FROM document';
  const REVISION_IN_FILE = 'SELECT revision AS found FROM meta';

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    open = openLastGood(path, failed);
  });

  test('is written in slices, and the first configuration appears all at once', () => {
    open!.replace(configuration(1));
    let slices = 0;
    while (inFile(REVISION_IN_FILE) === undefined) {
      slice();
      slices += 1;
    }
    expect(slices).toBeGreaterThan(1);
    expect(inFile(DOCUMENTS_IN_FILE)).toBe(DOCUMENTS);
    expect(reopened()!.configuration.documents).toHaveLength(DOCUMENTS);
  });

  test('a configuration that replaces another appears all at once', () => {
    open!.replace(configuration(1));
    vi.runAllTimers();
    open!.replace({ ...configuration(2, DOCUMENTS - 1), epoch: 'f' });
    while (inFile(REVISION_IN_FILE) === 1) {
      expect(inFile(DOCUMENTS_IN_FILE)).toBe(DOCUMENTS);
      slice();
    }
    expect(inFile(DOCUMENTS_IN_FILE)).toBe(DOCUMENTS - 1);
  });

  test('of a configuration that is mostly the same, only the differences are written', () => {
    open!.replace({ ...configuration(1), link: 'first' });
    vi.runAllTimers();
    const before = inFile("SELECT value AS found FROM document WHERE id LIKE '%' LIMIT 1");
    const marked = new DatabaseSync(path);
    marked.exec("UPDATE document SET value = '{}'");
    marked.close();
    const [first, ...same] = documents(DOCUMENTS, 1);
    open!.replace({
      epoch: 'e',
      revision: 2,
      link: 'second',
      documents: [{ ...first!, revision: 2 }, ...same],
    });
    vi.runAllTimers();
    expect(before).not.toBe('{}');
    expect(inFile("SELECT count(*) AS found FROM document WHERE value = '{}'")).toBe(DOCUMENTS - 1);
    expect(inFile(REVISION_IN_FILE)).toBe(2);
  });

  test('changes between two slices are written in the end', () => {
    open!.replace(configuration(1));
    slice();
    open!.apply(change(2));
    open!.hold(check, { healthy: true });
    open!.hold(check, { healthy: false });
    slice();
    open!.forget('other' as CheckKey);
    const { configuration: kept, verdicts } = reopened()!;
    expect(kept.revision).toBe(2);
    expect(kept.documents.filter(({ revision }) => revision === 2)).toHaveLength(1);
    expect(verdicts).toEqual(new Map([[check, { healthy: false }]]));
  });

  test('a replacement drops earlier changes that were not written yet', () => {
    open!.apply(change(7));
    open!.replace(configuration(8, 1));
    const { configuration: kept } = reopened()!;
    expect(kept).toMatchObject({ revision: 8, documents: [{ revision: 8 }] });
  });

  test('a slice that fails is written later, with the changes since', () => {
    open!.replace(configuration(1, 2));
    vi.runAllTimers();
    const all = Array.from({ length: DOCUMENTS }, (_, i) => `check${i}` as CheckKey);
    for (const each of all) open!.hold(each, { healthy: true });
    open!.apply(change(2));
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    slice();
    expect(failed).toHaveBeenCalledOnce();
    open!.hold(all[0]!, { healthy: false });
    other.exec('ROLLBACK');
    other.close();
    vi.advanceTimersByTime(LAST_GOOD_RETRY_MS);
    const { configuration: kept, verdicts } = reopened()!;
    expect(kept.revision).toBe(2);
    expect(verdicts.size).toBe(DOCUMENTS);
    expect(verdicts.get(all[0]!)).toEqual({ healthy: false });
  });
});
