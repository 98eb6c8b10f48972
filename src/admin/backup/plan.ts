import { createPieces } from '../../pace/next-turn.ts';
import {
  type Configuration,
  documentName,
  KINDS_IN_ORDER,
  type StoredDocument,
  type Write,
} from '../../store/contract/documents.ts';
import { claimsOf } from '../../store/integrity/claims.ts';
import { allDocuments } from '../../store/reading/all-documents.ts';
import { deleteOf } from '../overrides/ended.ts';

/** The writes that make a store equal to a backup, in their order. */
export interface RestorePlan {
  readonly writes: readonly Write[];
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
  readonly unchanged: number;
}

/**
 * Plans the writes: documents whose names others get, with what refers to them, go first, and so do overrides that end or change,
 * which depend on endpoints of their pools. Then come new and changed documents, each after those that it refers to, and last goes what
 * the backup does not have. So what is answered from names that stay is never missing for long.
 */
export async function planRestore(
  read: Configuration,
  backup: readonly StoredDocument[],
): Promise<RestorePlan> {
  const isLong = createPieces();
  const present = new Map<string, StoredDocument>();
  for (const document of allDocuments(read)) {
    present.set(documentName(document), document);
    const rest = isLong();
    if (rest) await rest;
  }
  const wanted = new Set<string>();
  const puts: StoredDocument[] = [];
  let created = 0;
  for (const document of backup) {
    const name = documentName(document);
    const was = present.get(name);
    wanted.add(name);
    if (was === undefined) created += 1;
    if (was === undefined || JSON.stringify(was.value) !== JSON.stringify(document.value))
      puts.push(document);
    const rest = isLong();
    if (rest) await rest;
  }
  const extra = [...present.values()].filter((document) => !wanted.has(documentName(document)));
  const changed = puts.length - created;
  const inTheWay = documentsInTheWay(present, puts, extra);
  const putNames = new Set(puts.map(documentName));
  const again = backup.filter((document) => {
    const name = documentName(document);
    return inTheWay.has(name) && !putNames.has(name);
  });
  return {
    writes: [
      ...inOrder([...inTheWay.values()])
        .reverse()
        .map(deleteOf),
      ...inOrder([...puts, ...again]).map((document) => putOf(document, present, inTheWay)),
      ...inOrder(extra.filter((document) => !inTheWay.has(documentName(document))))
        .reverse()
        .map(deleteOf),
    ],
    created,
    changed,
    deleted: extra.length,
    unchanged: backup.length - puts.length,
  };
}

/** Documents of the store that must go before others can be written, by their names. */
function documentsInTheWay(
  present: ReadonlyMap<string, StoredDocument>,
  puts: readonly StoredDocument[],
  extra: readonly StoredDocument[],
): ReadonlyMap<string, StoredDocument> {
  const found = new Map<string, StoredDocument>();
  const add = (document: StoredDocument | undefined) =>
    document && found.set(documentName(document), document);
  const owners = new Map<string, StoredDocument>();
  const referrers = new Map<string, StoredDocument[]>();
  for (const document of present.values()) {
    const { unique, references } = claimsOf(document);
    for (const value of unique) owners.set(`${document.kind}/${value}`, document);
    for (const to of references) referrers.getOrInsertComputed(documentName(to), () => []).push(document);
  }
  for (const document of extra) if (document.kind === 'override') add(document);
  for (const document of puts) {
    if (document.kind === 'override') add(present.get(documentName(document)));
    for (const value of claimsOf(document).unique) {
      const owner = owners.get(`${document.kind}/${value}`);
      if (owner !== undefined && owner.id !== document.id) add(owner);
    }
  }
  // A map yields what is added to it meanwhile.
  for (const name of found.keys()) for (const document of referrers.get(name) ?? []) add(document);
  return found;
}

const RANKS = new Map<string, number>(KINDS_IN_ORDER.map((kind, rank) => [kind, rank]));

function inOrder(documents: readonly StoredDocument[]): StoredDocument[] {
  return documents.toSorted((a, b) => RANKS.get(a.kind)! - RANKS.get(b.kind)!);
}

function putOf(
  document: StoredDocument,
  present: ReadonlyMap<string, StoredDocument>,
  inTheWay: ReadonlyMap<string, StoredDocument>,
): Write {
  const { kind, id, value } = document;
  const name = documentName(document);
  // One that is deleted first has no revision by then.
  const ifRevision = inTheWay.has(name) ? {} : { ifRevision: present.get(name)?.revision ?? 0 };
  return { op: 'put', kind, id, value, ...claimsOf(document), ...ifRevision } as Write;
}
