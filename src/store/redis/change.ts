import type { Change, Kind, Ref, StoredDocument } from '../store.ts';

/** An entry of a Redis stream: its id, and its fields and values in turn. */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** How a document is named in Redis: `<kind>/<id>`. */
export function documentKey({ kind, id }: Ref): string {
  return `${kind}/${id}`;
}

/** The document a key of the hash names; the reverse of documentKey. */
export function refOf(key: string): Ref {
  const slash = key.indexOf('/');
  return { kind: key.slice(0, slash) as Kind, id: key.slice(slash + 1) };
}

/** A document from its key and what the hash holds: `<revision> <value as JSON>`. */
export function documentOf(key: string, held: string): StoredDocument {
  const space = held.indexOf(' ');
  const revision = Number(held.slice(0, space));
  return { ...refOf(key), revision, value: JSON.parse(held.slice(space + 1)) } as StoredDocument;
}

/** The number an entry of either feed has: its revision, or how many changed observations there were with it. */
export function numberOf([id]: StreamEntry): number {
  return Number.parseInt(id, 10);
}

/** The epoch every entry of either feed begins with. */
export function epochOf([, fields]: StreamEntry): string {
  return fields[1]!;
}

/** An entry of the change stream. */
export function changeOf(entry: StreamEntry): Change {
  const revision = numberOf(entry);
  const fields = entry[1];
  const entries: Change['entries'][number][] = [];
  for (let at = 2; at < fields.length; at += 2) {
    const [op, key] = splitOnce(fields[at]!);
    const ref = refOf(key);
    entries.push(
      op === 'put'
        ? { op, document: { ...ref, revision, value: JSON.parse(fields[at + 1]!) } as StoredDocument }
        : { op: 'delete', ...ref },
    );
  }
  return { revision, entries };
}

function splitOnce(text: string): [string, string] {
  const space = text.indexOf(' ');
  return [text.slice(0, space), text.slice(space + 1)];
}

/**
 * Whether the entries follow a position in its own history: of the same epoch, and numbered on from it without a gap.
 */
export function isContinued(entries: readonly StreamEntry[], epoch: string, from: number): boolean {
  return entries.every((entry, at) => epochOf(entry) === epoch && numberOf(entry) === from + 1 + at);
}
