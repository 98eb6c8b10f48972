/** Entries that lie together, in order, at least one: the k-th value is that of the k-th key. */
interface Chunk<V> {
  readonly keys: readonly string[];
  readonly values: readonly V[];
}

/** A key whose value is another in one map than in an earlier one; undefined: the key is not there. */
export interface Difference<V> {
  readonly key: string;
  readonly before: V | undefined;
  readonly after: V | undefined;
}

/** Entries of a chunk at the most. A change copies a chunk, and the list of chunks. */
export const CHUNK_MAX = 256;
/** Entries of a chunk of a map that is made of many at once: it takes more without being split. */
const CHUNK_FILL = 192;

/**
 * Values by string, in the order of the strings' code units. A map never changes: a change makes another one, which
 * shares all chunks but one. So a reader of a map never sees a later change.
 */
export class OrderedMap<V> {
  readonly size: number;
  readonly #chunks: readonly Chunk<V>[];

  private constructor(chunks: readonly Chunk<V>[], size: number) {
    this.#chunks = chunks;
    this.size = size;
  }

  /** A map of these entries, whose keys differ, in whatever order they come. */
  static of<V>(entries: Iterable<readonly [string, V]> = []): OrderedMap<V> {
    const all = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
    const chunks: Chunk<V>[] = [];
    for (let at = 0; at < all.length; at += CHUNK_FILL) {
      const some = all.slice(at, at + CHUNK_FILL);
      chunks.push({ keys: some.map(([key]) => key), values: some.map(([, value]) => value) });
    }
    return new OrderedMap(chunks, all.length);
  }

  /** The differences between two maps, in order. What they cost depends on the chunks that the maps do not share. */
  static differences<V>(before: OrderedMap<V>, after: OrderedMap<V>): Difference<V>[] {
    const [was, now] = [without(before.#chunks, after.#chunks), without(after.#chunks, before.#chunks)];
    const found: Difference<V>[] = [];
    let [i, j] = [0, 0];
    while (i < was.keys.length || j < now.keys.length) {
      const [old, fresh] = [was.keys[i], now.keys[j]];
      const isGone = fresh === undefined || (old !== undefined && old < fresh);
      const isNew = old === undefined || (fresh !== undefined && fresh < old);
      const values = { before: isNew ? undefined : was.values[i], after: isGone ? undefined : now.values[j] };
      if (values.before !== values.after) found.push({ key: isGone ? old! : fresh, ...values });
      if (!isNew) i += 1;
      if (!isGone) j += 1;
    }
    return found;
  }

  get(key: string): V | undefined {
    return valueIn(this.#chunks, key);
  }

  /** Begins an edit of many entries, which costs less than as many maps. The map itself does not change. */
  edit(): OrderedMapEdit<V> {
    return createEdit(this.#chunks, this.size, (chunks, size) => new OrderedMap(chunks, size));
  }

  /** The first key after this one, which need not be there; undefined: there is none. */
  keyAfter(key: string): string | undefined {
    for (let i = chunkOf(this.#chunks, key); i < this.#chunks.length; i += 1) {
      const { keys } = this.#chunks[i]!;
      const at = firstFrom(keys, key);
      const found = keys[at] === key ? keys[at + 1] : keys[at];
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The entries in order, those before a key left out. */
  *from(key = ''): IterableIterator<[string, V]> {
    for (let i = chunkOf(this.#chunks, key); i < this.#chunks.length; i += 1) {
      const { keys, values } = this.#chunks[i]!;
      for (let at = firstFrom(keys, key); at < keys.length; at += 1) yield [keys[at]!, values[at]!];
    }
  }

  with(key: string, value: V): OrderedMap<V> {
    const i = chunkOf(this.#chunks, key);
    const chunk = this.#chunks[i];
    if (chunk === undefined) return new OrderedMap([{ keys: [key], values: [value] }], 1);
    const at = firstFrom(chunk.keys, key);
    if (chunk.keys[at] === key)
      return new OrderedMap(
        this.#chunks.with(i, { keys: chunk.keys, values: chunk.values.with(at, value) }),
        this.size,
      );
    const keys = chunk.keys.toSpliced(at, 0, key);
    const values = chunk.values.toSpliced(at, 0, value);
    if (keys.length <= CHUNK_MAX)
      return new OrderedMap(this.#chunks.with(i, { keys, values }), this.size + 1);
    // What comes in order leaves full chunks behind.
    const half = at === chunk.keys.length ? CHUNK_FILL : CHUNK_MAX / 2;
    const halves = [
      { keys: keys.slice(0, half), values: values.slice(0, half) },
      { keys: keys.slice(half), values: values.slice(half) },
    ];
    return new OrderedMap(this.#chunks.toSpliced(i, 1, ...halves), this.size + 1);
  }

  without(key: string): OrderedMap<V> {
    const i = chunkOf(this.#chunks, key);
    const chunk = this.#chunks[i];
    const at = chunk === undefined ? -1 : firstFrom(chunk.keys, key);
    if (chunk?.keys[at] !== key) return this;
    const keys = chunk.keys.toSpliced(at, 1);
    const values = chunk.values.toSpliced(at, 1);
    const next = this.#chunks[i + 1];
    // Chunks that became small are joined, or a map that grew and shrank would have more of them than entries are worth.
    if (next !== undefined && keys.length + next.keys.length <= CHUNK_MAX / 2) {
      const joined = { keys: [...keys, ...next.keys], values: [...values, ...next.values] };
      return new OrderedMap(this.#chunks.toSpliced(i, 2, joined), this.size - 1);
    }
    const chunks = keys.length === 0 ? this.#chunks.toSpliced(i, 1) : this.#chunks.with(i, { keys, values });
    return new OrderedMap(chunks, this.size - 1);
  }
}

/** An edit of a map: changes of many entries, between which other work may go on. */
export interface OrderedMapEdit<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  /** Returns the map that the changes make. The edit cannot be used after it. */
  done(): OrderedMap<V>;
}

/** A chunk that an edit made, which it may change. */
interface OwnChunk<V> {
  readonly keys: string[];
  readonly values: V[];
}

function createEdit<V>(
  from: readonly Chunk<V>[],
  count: number,
  mapOf: (chunks: readonly Chunk<V>[], size: number) => OrderedMap<V>,
): OrderedMapEdit<V> {
  const chunks: Chunk<V>[] = from.slice();
  const own = new Set<Chunk<V>>();
  let size = count;

  /** The chunk at an index, copied where the map has it too. */
  function ownAt(i: number): OwnChunk<V> {
    const chunk = chunks[i]!;
    if (own.has(chunk)) return chunk as OwnChunk<V>;
    const copy = { keys: chunk.keys.slice(), values: chunk.values.slice() };
    own.add(copy);
    chunks[i] = copy;
    return copy;
  }

  function insert(i: number, at: number, key: string, value: V): void {
    const { keys, values } = ownAt(i);
    // What comes in order leaves full chunks behind.
    const half = at === keys.length ? CHUNK_FILL : CHUNK_MAX / 2;
    keys.splice(at, 0, key);
    values.splice(at, 0, value);
    if (keys.length <= CHUNK_MAX) return;
    const rest = { keys: keys.splice(half), values: values.splice(half) };
    own.add(rest);
    chunks.splice(i + 1, 0, rest);
  }

  return {
    get: (key) => valueIn(chunks, key),
    set(key, value) {
      const i = chunkOf(chunks, key);
      if (chunks.length === 0) {
        const first = { keys: [key], values: [value] };
        own.add(first);
        chunks.push(first);
        size = 1;
        return;
      }
      const { keys } = chunks[i]!;
      const at = firstFrom(keys, key);
      if (keys[at] === key) ownAt(i).values[at] = value;
      else {
        insert(i, at, key, value);
        size += 1;
      }
    },
    delete(key) {
      const i = chunkOf(chunks, key);
      const at = chunks.length === 0 ? -1 : firstFrom(chunks[i]!.keys, key);
      if (chunks[i]?.keys[at] !== key) return;
      size -= 1;
      const { keys, values } = ownAt(i);
      keys.splice(at, 1);
      values.splice(at, 1);
      if (keys.length === 0) chunks.splice(i, 1);
    },
    done: () => mapOf(chunks, size),
  };
}

/** The chunk in which a key is, or belongs; of an empty map none. */
function chunkOf<V>(chunks: readonly Chunk<V>[], key: string): number {
  let low = 0;
  let high = chunks.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (chunks[middle]!.keys[0]! <= key) low = middle;
    else high = middle;
  }
  return low;
}

function valueIn<V>(chunks: readonly Chunk<V>[], key: string): V | undefined {
  const chunk = chunks[chunkOf(chunks, key)];
  if (chunk === undefined) return undefined;
  const at = firstFrom(chunk.keys, key);
  return chunk.keys[at] === key ? chunk.values[at] : undefined;
}

/** The entries of chunks, those left out that are among others. */
function without<V>(chunks: readonly Chunk<V>[], others: readonly Chunk<V>[]): Chunk<V> {
  const shared = new Set(others);
  const left = chunks.filter((chunk) => !shared.has(chunk));
  return { keys: left.flatMap(({ keys }) => keys), values: left.flatMap(({ values }) => values) };
}

/** The position of the first key that is not before this one. */
function firstFrom(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The values of all names at a key's name or below it, in order. */
export function* valuesUnder<V>(map: OrderedMap<V>, key: string): IterableIterator<V> {
  for (const [each, value] of map.from(key)) {
    if (!each.startsWith(key)) return;
    yield value;
  }
}
