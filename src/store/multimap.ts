/** Adds a value under a key. */
export function link<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

/** Removes a value from under a key. Returns true where nothing is left there. */
export function unlink<K, V>(sets: Map<K, Set<V>>, key: K, value: V): boolean {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
  return set === undefined || set.size === 0;
}

/** Ids under keys, of which nearly all have one alone: those take no set. */
export interface IdsByKey<K> {
  add(key: K, id: string): void;
  /** Returns whether nothing is left under the key. */
  delete(key: K, id: string): boolean;
  of(key: K): Iterable<string>;
}

/** Creates an empty map. */
export function createIdsByKey<K>(): IdsByKey<K> {
  const found = new Map<K, string | Set<string>>();
  return {
    add(key, id) {
      const ids = found.get(key);
      if (ids === undefined) found.set(key, id);
      else if (ids instanceof Set) ids.add(id);
      else if (ids !== id) found.set(key, new Set([ids, id]));
    },
    delete(key, id) {
      const ids = found.get(key);
      if (ids instanceof Set) {
        ids.delete(id);
        if (ids.size > 0) return false;
      } else if (ids !== undefined && ids !== id) return false;
      found.delete(key);
      return true;
    },
    of(key) {
      const ids = found.get(key) ?? [];
      return typeof ids === 'string' ? [ids] : ids;
    },
  };
}
