import { eachInPieces } from '../../pace/each-in-pieces.ts';
import {
  type Configuration,
  documentName,
  KINDS_IN_ORDER,
  type Kind,
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
  const present = new Map<string, StoredDocument>();
  await eachInPieces(allDocuments(read), (document) => void present.set(documentName(document), document));
  const wanted = new Set<string>();
  const puts: StoredDocument[] = [];
  const putNames = new Set<string>();
  let created = 0;
  await eachInPieces(backup, (document) => {
    const name = documentName(document);
    const was = present.get(name);
    wanted.add(name);
    if (was === undefined) created += 1;
    if (was !== undefined && JSON.stringify(was.value) === JSON.stringify(document.value)) return;
    puts.push(document);
    putNames.add(name);
  });
  const extra: StoredDocument[] = [];
  await eachInPieces(present, ([name, document]) => void (wanted.has(name) || extra.push(document)));
  const inTheWay = await documentsInTheWay(present, puts, extra);
  const written = [...puts];
  await eachInPieces(backup, (document) => {
    const name = documentName(document);
    if (inTheWay.has(name) && !putNames.has(name)) written.push(document);
  });
  const writes: Write[] = [];
  const add = (documents: readonly StoredDocument[], writeOf: (document: StoredDocument) => Write) =>
    eachInPieces(documents, (document) => void writes.push(writeOf(document)));
  await add((await inOrder(inTheWay.values())).reverse(), deleteOf);
  await add(await inOrder(written), (document) => putOf(document, present, inTheWay));
  const last: StoredDocument[] = [];
  await eachInPieces(extra, (each) => void (inTheWay.has(documentName(each)) || last.push(each)));
  await add((await inOrder(last)).reverse(), deleteOf);
  return {
    writes,
    created,
    changed: puts.length - created,
    deleted: extra.length,
    unchanged: backup.length - puts.length,
  };
}

/** Documents of the store that must go before others can be written, by their names. */
async function documentsInTheWay(
  present: ReadonlyMap<string, StoredDocument>,
  puts: readonly StoredDocument[],
  extra: readonly StoredDocument[],
): Promise<ReadonlyMap<string, StoredDocument>> {
  const found = new Map<string, StoredDocument>();
  const add = (document: StoredDocument | undefined) =>
    document && found.set(documentName(document), document);
  const owners = new Map<string, StoredDocument>();
  const referrers = new Map<string, StoredDocument[]>();
  await eachInPieces(present.values(), (document) => {
    const { unique, references } = claimsOf(document);
    for (const value of unique) owners.set(`${document.kind}/${value}`, document);
    for (const to of references) referrers.getOrInsertComputed(documentName(to), () => []).push(document);
  });
  await eachInPieces(extra, (document) => void (document.kind === 'override' && add(document)));
  await eachInPieces(puts, (document) => {
    if (document.kind === 'override') add(present.get(documentName(document)));
    for (const value of claimsOf(document).unique) {
      const owner = owners.get(`${document.kind}/${value}`);
      if (owner !== undefined && owner.id !== document.id) add(owner);
    }
  });
  // A map yields what is added to it meanwhile.
  await eachInPieces(found.keys(), (name) => referrers.get(name)?.forEach(add));
  return found;
}

/** Sorts documents by kind: each after those that it refers to. Of a kind they keep their order. */
async function inOrder(documents: Iterable<StoredDocument>): Promise<StoredDocument[]> {
  const byKind = new Map<Kind, StoredDocument[]>(KINDS_IN_ORDER.map((kind) => [kind, []]));
  await eachInPieces(documents, (document) => void byKind.get(document.kind)!.push(document));
  return [...byKind.values()].flat();
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
