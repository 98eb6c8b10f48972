import {
  type Change,
  type Configuration,
  documentName,
  type Kind,
  type Ref,
} from '../../store/contract/documents.ts';

/** Kinds of documents without which names have no answer. */
const ANSWERED: ReadonlySet<Kind> = new Set(['pool', 'zone', 'load_balancer']);

/** The pools, zones and load balancers of the store that cannot be read, and of which nothing is known that could be served. */
export interface UnreadDocuments {
  /** Takes in a reading, with what is known in the place of damaged documents. Returns the ids of the pools that it concerns. */
  replace(read: Configuration): Set<string>;
  /** Takes in one revision: a document that is written again, or deleted, is unread no more. */
  apply(change: Change): void;
  /** The name of a pool of which nothing else is known; undefined: it is not unread, or its name is not known. */
  nameOf(pool: string): string | undefined;
  /** Every such name. */
  readonly names: Iterable<string>;
  readonly refs: readonly Ref[];
}

/** Creates an empty list. */
export function createUnreadDocuments(): UnreadDocuments {
  let refs: readonly Ref[] = [];
  let names = new Map<string, string>();
  return {
    replace({ damaged, documents }) {
      const concerned = new Set(names.keys());
      const there = new Set(documents.map(documentName));
      const isUnread = (ref: Ref) => ANSWERED.has(ref.kind) && !there.has(documentName(ref));
      const named = (damaged?.names ?? []).filter(({ id }) => isUnread({ kind: 'pool', id }));
      names = new Map(named.map(({ id, name }) => [id, name]));
      const found = (damaged?.documents ?? []).filter(isUnread);
      const known = new Set(found.map(documentName));
      const others = named
        .map(({ id }): Ref => ({ kind: 'pool', id }))
        .filter((ref) => !known.has(documentName(ref)));
      refs = [...found, ...others];
      for (const id of names.keys()) concerned.add(id);
      return concerned;
    },
    apply({ entries }) {
      if (refs.length === 0) return;
      const touched = new Set(
        entries.map((entry) => documentName(entry.op === 'put' ? entry.document : entry)),
      );
      refs = refs.filter((ref) => !touched.has(documentName(ref)));
      for (const id of names.keys()) if (touched.has(documentName({ kind: 'pool', id }))) names.delete(id);
    },
    nameOf: (pool) => names.get(pool),
    get names() {
      return names.values();
    },
    get refs() {
      return refs;
    },
  };
}
