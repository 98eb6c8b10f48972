import type { Problem } from '../http/problem.ts';

/** What a document may be known by, beside its identifier. */
interface Described {
  readonly id: string;
  readonly value: { readonly description: string };
}

/** How an entry of a document says which object it is about. */
interface Entry {
  readonly id?: string;
  readonly description?: string | null;
}

/** The object that an entry is about, there already or to be made; or why it cannot be told. */
export type Claimed<D> =
  | { readonly kind: 'claimed'; readonly id: string; readonly found: D | undefined }
  | { readonly kind: 'unclear'; readonly problem: Problem };

/** The objects of one kind by what a document calls them. */
export interface Names<D> {
  /** Takes the next entry of the document in; `pointer` is its place. No two entries are about one object. */
  claim(entry: Entry, pointer: string): Claimed<D>;
  /** The identifier of what is called so, in the document or else in the store; undefined: nothing, or not one thing alone. */
  find(called: string): string | undefined;
  /** The stored objects that no entry is about. */
  unclaimed(): D[];
}

/**
 * An entry is about the object with its identifier, where it gives one (one that does not exist is made with it), and else
 * about the one with its description. `kind` is for sentences.
 */
export function createNames<D extends Described>(
  kind: string,
  stored: readonly D[],
  newId: () => string,
): Names<D> {
  const byId = new Map(stored.map((each) => [each.id, each]));
  const described = Map.groupBy(stored, ({ value }) => value.description);
  const claimed = new Set<string>();
  /** undefined: several entries are called so. */
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
