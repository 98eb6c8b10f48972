import { poolIdsNamed } from '../../load-balancer/pools-named.ts';
import { targetKey } from '../../pool/override.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import { type Configuration, documentName, type Ref, type StoredDocument } from '../contract/documents.ts';
import { allDocuments } from '../reading/all-documents.ts';
import type { DamagedRecord } from './damage.ts';

/** The unique values of a document, and the documents that it refers to. */
export interface Claims {
  readonly unique: readonly string[];
  readonly references: readonly Ref[];
}

/** Returns the unique names and the references of a document, as the API writes them. */
export function claimsOf(document: StoredDocument): Claims {
  switch (document.kind) {
    case 'load_balancer': {
      const { name, zoneId } = document.value;
      const pools = poolIdsNamed(document.value).map((id): Ref => ({ kind: 'pool', id }));
      return {
        unique: [name],
        references: zoneId === undefined ? pools : [{ kind: 'zone', id: zoneId }, ...pools],
      };
    }
    case 'pool': {
      const { name, monitor, monitorGroup } = document.value;
      const references: Ref[] = [];
      if (monitor) references.push({ kind: 'monitor', id: monitor });
      if (monitorGroup) references.push({ kind: 'monitor_group', id: monitorGroup });
      return { unique: [poolNameKey(name)], references };
    }
    case 'monitor_group':
      return {
        unique: [],
        references: document.value.members.map(({ monitorId }) => ({ kind: 'monitor', id: monitorId })),
      };
    case 'override':
      return { unique: [targetKey(document.value)], references: [{ kind: 'pool', id: document.value.pool }] };
    case 'zone':
      return { unique: [document.value.name], references: [] };
    case 'token':
      return { unique: [document.value.name.toLowerCase()], references: [] };
    // The rules of records are about several: a write of them holds at the revision that it was judged at.
    case 'record':
    case 'monitor':
      return { unique: [], references: [] };
  }
}

/** A record of what documents claim, as a store keeps it beside them. Documents are named `<kind>/<id>`. */
export type ClaimRecord = {
  /** Where it is kept, as in DamagedRecord. */
  readonly place: string;
  readonly key: string;
} & (
  | { readonly of: 'unique'; readonly name: string; readonly owner: string }
  | { readonly of: 'reference'; readonly from: string; readonly to: string }
  | {
      readonly of: 'document';
      readonly document: string;
      readonly revision: number;
      readonly unique: readonly string[];
      readonly references: readonly string[];
    }
);

/** What a store keeps of the claims of its documents. */
export interface KeptClaims {
  /** Where records of each sort are kept; a store may keep none by document. */
  readonly places: { readonly unique: string; readonly reference: string; readonly document?: string };
  records(): AsyncIterable<ClaimRecord>;
}

/** What one document must claim. */
interface Wanted {
  readonly revision: number;
  /** Names of unique values, `<kind>/<value>`. */
  readonly unique: Set<string>;
  readonly references: Set<string>;
}

/**
 * Finds the records that are well-formed and wrong: those that differ from the documents, and those that are missing.
 * Resolves with how many there are in all. `read`: the documents at the time of the records.
 */
export async function findWrongClaims(
  read: Configuration,
  { places, records }: KeptClaims,
  found: (record: DamagedRecord) => void,
): Promise<number> {
  const { damaged, loss } = read;
  const wanted = new Map<string, Wanted>();
  const owners = new Map<string, string[]>();
  const edges = new Set<string>();
  for (const document of allDocuments(read)) {
    const name = documentName(document);
    const { unique, references } = claimsOf(document);
    const names = new Set(unique.map((each) => `${document.kind}/${each}`));
    const targets = new Set(references.map(documentName));
    wanted.set(name, { revision: document.revision, unique: names, references: targets });
    for (const each of names) owners.set(each, [...(owners.get(each) ?? []), name]);
    for (const target of targets) edges.add(edgeOf(name, target));
  }
  const damagedNames = new Set((damaged?.documents ?? []).map(documentName));
  /** What these claim is unknown: they are damaged, or lost. */
  const isUnread = (name: string) => damagedNames.has(name) || (loss !== undefined && !wanted.has(name));
  const seen = { owners: new Set<string>(), edges: new Set<string>(), documents: new Set<string>() };
  let count = 0;
  for await (const record of records()) {
    count += 1;
    const rule = ruleBroken(record);
    if (rule !== undefined) found({ place: record.place, key: record.key, field: '', rule });
  }
  for (const [name, [owner]] of owners)
    if (!seen.owners.has(name))
      found({ place: places.unique, key: name, field: '', rule: `must be there: ${owner} has this name` });
  for (const edge of edges)
    if (!seen.edges.has(edge)) {
      const [from, to] = JSON.parse(edge) as [string, string];
      found({ place: places.reference, key: `${from} ${to}`, field: '', rule: 'must be there' });
    }
  if (places.document !== undefined)
    for (const name of wanted.keys())
      if (!seen.documents.has(name))
        found({ place: places.document, key: name, field: '', rule: 'must be there' });
  return count;

  function ruleBroken(record: ClaimRecord): string | undefined {
    switch (record.of) {
      case 'unique': {
        const { name, owner } = record;
        seen.owners.add(name);
        const right = owners.get(name);
        if (right?.includes(owner) || isUnread(owner)) return undefined;
        return right
          ? `must be the name of ${right[0]}, and is that of ${owner}`
          : `must not be there: ${owner} does not have this name`;
      }
      case 'reference': {
        const { from, to } = record;
        seen.edges.add(edgeOf(from, to));
        if (edges.has(edgeOf(from, to)) || isUnread(from)) return undefined;
        return `must not be there: ${from} does not refer to ${to}`;
      }
      case 'document': {
        const { document, revision, unique, references } = record;
        seen.documents.add(document);
        const right = wanted.get(document);
        if (isUnread(document)) return undefined;
        if (right === undefined) return 'must not be there: the document is not';
        if (right.revision !== revision)
          return `must be of revision ${right.revision}, and is of ${revision}`;
        // Of two documents of one name, a repair gives it to one.
        const own = new Set([...right.unique].filter((name) => owners.get(name)!.length === 1));
        const names = new Set(unique.filter((name) => !right.unique.has(name) || own.has(name)));
        if (names.symmetricDifference(own).size > 0) return 'must claim the unique names of the document';
        const isSame = new Set(references).symmetricDifference(right.references).size === 0;
        return isSame ? undefined : 'must name the documents that the document refers to';
      }
    }
  }
}

function edgeOf(from: string, to: string): string {
  return JSON.stringify([from, to]);
}
