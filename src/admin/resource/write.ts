import {
  type DocumentStore,
  type Documents,
  documentName,
  type Kind,
  type Ref,
  type Refusal,
  type Write,
} from '../../store/contract/documents.ts';

import { documentsOf } from '../../store/reading/of-kind.ts';
import { type ApiError, apiError, type Faults } from '../http/errors.ts';
import { invalid, notUnique, type Problem } from '../http/problem.ts';
import { newObjectId } from '../schema/object-id.ts';
import type { Draft, Written } from './draft.ts';

/** Maximum number of attempts at a change when others write the document in between. */
export const WRITE_ATTEMPTS_MAX = 8;
/** Documents that are asked for at a time. */
const READ_AT_ONCE = 64;
/** Seconds after which a client may try again when the store or other writers prevented a request. */
export const RETRY_AFTER_SECONDS = 1;

/** Creates a document with a new identifier. Throws ApiError when the store refuses it. */
export async function createDocument<K extends Kind>(
  store: DocumentStore,
  kind: K,
  draft: (id: string) => Draft<K>,
  faults?: Partial<Faults>,
): Promise<Written<K>> {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
    const id = newObjectId();
    const made = draft(id);
    const committed = await store.commit([putOf(kind, id, made, 0)]);
    if (committed.ok) return { value: made.value, revision: committed.revision };
    if (committed.refusal.kind !== 'conflict') throw refused(committed.refusal, made, faults);
  }
  throw writeContention();
}

/** Creates a document with a given identifier, which must be new. Throws ApiError when the store refuses it. */
export async function putDocument<K extends Kind>(
  store: DocumentStore,
  kind: K,
  id: string,
  draft: Draft<K>,
): Promise<Written<K>> {
  const committed = await store.commit([putOf(kind, id, draft, 0)]);
  if (!committed.ok) throw refused(committed.refusal, draft);
  return { value: draft.value, revision: committed.revision };
}

/**
 * Replaces a document by the result of `change`, at the version that was read. When others write it in between, it reads and changes
 * again. A change of nothing but the time of change is not written. Throws ApiError when the document does not exist, when the
 * store refuses, and after WRITE_ATTEMPTS_MAX.
 */
export async function updateDocument<K extends Kind>(
  store: DocumentStore,
  kind: K,
  id: string,
  change: (was: Documents[K]) => Draft<K> | Promise<Draft<K>>,
  faults?: Partial<Faults>,
): Promise<Written<K>> {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
    const found = await store.get(kind, id);
    if (found === undefined) throw apiError(faults?.notFound ?? 'notFound');
    const was = found.value as Documents[K];
    const draft = await change(was);
    if (sameButForTime(was, draft.value)) return { value: was, revision: found.revision };
    const committed = await store.commit([putOf(kind, id, draft, found.revision)]);
    if (committed.ok) return { value: draft.value, revision: committed.revision };
    if (committed.refusal.kind !== 'conflict') throw refused(committed.refusal, draft, faults);
  }
  throw writeContention();
}

/**
 * Changes the documents of a kind that `select` picks, all in one revision or none, at the versions that were read. When others
 * write one in between, it reads and selects again. Documents that change only in their time of change are not written. Returns
 * all selected documents; the revision is undefined when none was written. Throws ApiError when the store refuses, and after
 * WRITE_ATTEMPTS_MAX.
 */
export async function updateDocuments<K extends Kind>(
  store: DocumentStore,
  kind: K,
  select: (all: Documents[K][]) => readonly Documents[K][],
  change: (was: Documents[K]) => Draft<K>,
): Promise<{ values: Documents[K][]; revision: number | undefined }> {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
    const { documents } = await store.read();
    const found = new Map(
      documentsOf(documents, kind).map((document) => [document.value as Documents[K], document]),
    );
    const values: Documents[K][] = [];
    const drafts: Draft<K>[] = [];
    const writes: Write[] = [];
    for (const was of select([...found.keys()])) {
      const draft = change(was);
      const isSame = sameButForTime(was, draft.value);
      values.push(isSame ? was : draft.value);
      if (isSame) continue;
      const { id, revision } = found.get(was)!;
      drafts.push(draft);
      writes.push(putOf(kind, id, draft, revision));
    }
    if (writes.length === 0) return { values, revision: undefined };
    const committed = await store.commit(writes);
    if (committed.ok) return { values, revision: committed.revision };
    if (committed.refusal.kind !== 'conflict')
      throw refused(committed.refusal, drafts[committed.refusal.at]!);
  }
  throw writeContention();
}

/**
 * Deletes a document and returns the revision. The guarded store deletes the overrides of a pool in the same revision: they have no
 * meaning without it, and clients of the reference API, which has no overrides, could not delete them first. Throws ApiError when the
 * document does not exist or others refer to it, and after WRITE_ATTEMPTS_MAX overrides by others in between.
 */
export async function deleteDocument(
  store: DocumentStore,
  kind: Kind,
  id: string,
  faults?: Partial<Faults>,
): Promise<number> {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
    const committed = await store.commit([{ op: 'delete', kind, id }]);
    if (committed.ok) return committed.revision;
    const { refusal } = committed;
    const isByOverrides =
      refusal.kind === 'referenced' && refusal.by.every((each) => each.kind === 'override');
    if (!isByOverrides) throw refused(refusal, NOTHING_DRAFTED, faults);
  }
  throw writeContention();
}

/**
 * Deletes a document, and returns what `prepare` made of its last version, with the revision of the deletion. `prepare` runs before
 * the commit, so that nothing is left that could fail a deletion that was made. Throws ApiError when the document does not exist,
 * when others refer to it, and after WRITE_ATTEMPTS_MAX versions by others in between.
 */
export async function takeDocument<K extends Kind, T>(
  store: DocumentStore,
  kind: K,
  id: string,
  prepare: (was: Documents[K]) => Promise<T>,
  faults?: Partial<Faults>,
): Promise<{ prepared: T; revision: number }> {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
    const found = await store.get(kind, id);
    if (found === undefined) throw apiError(faults?.notFound ?? 'notFound');
    const prepared = await prepare(found.value as Documents[K]);
    const committed = await store.commit([{ op: 'delete', kind, id, ifRevision: found.revision }]);
    if (committed.ok) return { prepared, revision: committed.revision };
    if (committed.refusal.kind !== 'conflict') throw refused(committed.refusal, NOTHING_DRAFTED, faults);
  }
  throw writeContention();
}

/** Finds references to documents that do not exist. The store refuses them too, but it reports only one, and without other problems. */
export async function danglingReferences<K extends Kind>(
  store: DocumentStore,
  references: Draft<K>['references'],
): Promise<Problem[]> {
  const wanted = new Map(references.map(({ to }) => [documentName(to), to]));
  const missing = new Set<string>();
  const names = [...wanted.keys()];
  for (let at = 0; at < names.length; at += READ_AT_ONCE) {
    const find = async (name: string) => {
      const { kind, id } = wanted.get(name)!;
      if ((await store.get(kind, id)) === undefined) missing.add(name);
    };
    await Promise.all(names.slice(at, at + READ_AT_ONCE).map(find));
  }
  return references
    .filter(({ to }) => missing.has(documentName(to)))
    .map(({ to, pointer }) => dangling(to, pointer));
}

/** Makes the write that stores a draft if the document has this revision; 0: if it does not exist. */
export function putOf<K extends Kind>(kind: K, id: string, draft: Draft<K>, ifRevision: number): Write {
  const unique = draft.unique.map(({ key }) => key);
  const references = draft.references.map(({ to }) => to);
  return { op: 'put', kind, id, value: draft.value, unique, references, ifRevision } as Write;
}

/** What a delete writes. */
export const NOTHING_DRAFTED = { unique: [], references: [] };

/** Creates the error for a refusal of the store, with the place in the body from the draft. */
export function refused(
  refusal: Refusal,
  draft: Pick<Draft<Kind>, 'unique' | 'references'>,
  faults: Partial<Faults> = {},
): ApiError {
  switch (refusal.kind) {
    case 'behind':
    case 'conflict':
      return writeContention();
    case 'not_found':
      return apiError(faults.notFound ?? 'notFound');
    case 'referenced':
      return apiError('referenced');
    case 'not_unique': {
      const claim = draft.unique.find(({ key }) => key === refusal.value);
      return notUnique(claim ?? { pointer: '', rule: `is like ${refusal.id}` }, faults.notUnique);
    }
    case 'dangling': {
      const { kind, id } = refusal.reference;
      const found = draft.references.find(({ to }) => to.kind === kind && to.id === id);
      return invalid([dangling(refusal.reference, found?.pointer ?? '')], faults.invalid);
    }
  }
}

function dangling({ kind, id }: Ref, pointer: string): Problem {
  return { pointer, rule: `names a ${kind.replace('_', ' ')} that does not exist: ${id}` };
}

/** Creates the error for too many writes by others in between. */
export function writeContention(): ApiError {
  return apiError('writeContention', {}, { 'retry-after': String(RETRY_AFTER_SECONDS) });
}

/** Returns true when a document has not changed except for its time of change. */
export function sameButForTime(was: Documents[Kind], now: Documents[Kind]): boolean {
  const time = 'modifiedOn' in was ? { modifiedOn: was.modifiedOn } : {};
  return JSON.stringify(was) === JSON.stringify({ ...now, ...time });
}
