import type { Problem } from '../http/problem.ts';

/** A value that has a description, which identifies it beside its identifier. */
interface Described {
  readonly id: string;
  readonly value: { readonly description: string };
}

/** The properties with which an entry of a document names its object. */
interface Entry {
  readonly id?: string;
  readonly description?: string | null;
}

/** The object of an entry, which exists or will be created; or the problem, when the entry is ambiguous. */
export type Claimed<D> =
  | { readonly kind: 'claimed'; readonly id: string; readonly found: D | undefined }
  | { readonly kind: 'unclear'; readonly problem: Problem };

/** The objects of one kind by the names in a document. */
export interface Names<D> {
  /** Adds the next entry of the document; `pointer` is its place. Two entries must not have the same object. */
  claim(entry: Entry, pointer: string): Claimed<D>;
  /** Finds the identifier of a name, in the document or else in the store; undefined: it does not exist, or is not unique. */
  find(called: string): string | undefined;
  /** Returns the stored objects without an entry. */
  unclaimed(): D[];
}

/**
 * Creates an index of names. An entry with an identifier is about the object with it, which is created if it does not exist. Other
 * entries are about the object with their description. `kind` is the noun in messages.
 */
export function createNames<D extends Described>(
  kind: string,
  stored: readonly D[],
  newId: () => string,
): Names<D> {
  const byId = new Map(stored.map((each) => [each.id, each]));
  const described = Map.groupBy(stored, ({ value }) => value.description);
  const claimed = new Set<string>();
  /** undefined: several entries have this name. */
  const called = new Map<string, string | undefined>();

  const storedAs = (description: string): D | undefined => {
    const [found, another] = described.get(description) ?? [];
    return another === undefined ? found : undefined;
  };
  function problemWith({ id, description }: Entry, is: string | undefined): [string, string] | undefined {
    const name = description ?? '';
    if (id === undefined && name === '')
      return ['description', `must be given, or an id: ${kind}s are known by them`];
    const field = id === undefined ? 'description' : 'id';
    if (is !== undefined && claimed.has(is)) return [field, `is that of another ${kind} of the document`];
    if (id !== undefined) return undefined;
    if (called.has(name)) return [field, `is that of another ${kind} of the document`];
    const isShared = (described.get(name)?.length ?? 0) > 1;
    return isShared ? [field, `is that of more than one stored ${kind}: give its id`] : undefined;
  }

  return {
    claim(entry, pointer) {
      const name = entry.description ?? '';
      const found = entry.id === undefined ? storedAs(name) : byId.get(entry.id);
      const wrong = problemWith(entry, entry.id ?? found?.id);
      if (wrong !== undefined)
        return { kind: 'unclear', problem: { pointer: `${pointer}/${wrong[0]}`, rule: wrong[1] } };
      const id = entry.id ?? found?.id ?? newId();
      claimed.add(id);
      called.set(name, called.has(name) ? undefined : id);
      return { kind: 'claimed', id, found };
    },
    find: (name) => {
      if (claimed.has(name)) return name;
      return called.has(name) ? called.get(name) : (storedAs(name) ?? byId.get(name))?.id;
    },
    unclaimed: () => stored.filter(({ id }) => !claimed.has(id)),
  };
}
