import type { Damage } from '../integrity/damage.ts';
import type { SetAside } from '../record/record.ts';
import type { StoredDocument } from '../store.ts';
import { changeBy, documentOf, knownRefOf, revisionOf, type StreamEntry, stepsOf } from './change.ts';
import type { Connection } from './connection/connection.ts';
import { streamEntries } from './connection/reply.ts';
import type { Keys } from './keys.ts';

/** Says of a record of Redis what is wrong with it. */
export type AsideIn = (place: string, key: string) => SetAside;

/** Tells a list of damaged records of them. */
export function asideIn({ found }: Pick<Damage, 'found'>): AsideIn {
  return (place, key) => (flaw) => found({ place, key, ...flaw });
}

/**
 * A document as a key of the hash holds it. Where that is damaged, the change that wrote it is looked for in the feed,
 * which keeps a copy of it; undefined: there is none.
 */
export async function documentAt(
  connection: Connection,
  keys: Keys,
  key: string,
  held: string,
  aside: AsideIn,
): Promise<StoredDocument | undefined> {
  const document = documentOf(key, held, aside(keys.documents, key));
  if (document !== undefined) return document;
  const revision = revisionOf(held);
  const ref = knownRefOf(key);
  if (revision === undefined || ref === undefined) return undefined;
  const id = `${revision}-0`;
  const answer = await connection.command('XRANGE', keys.changes, id, id);
  const [entry] = connection.read(answer, streamEntries);
  return entry && writtenBy(entry, key);
}

/** What an entry of the change stream made of a document; undefined: nothing that can be read. */
function writtenBy(entry: StreamEntry, key: string): StoredDocument | undefined {
  const steps = stepsOf(entry, () => {})?.filter(
    ({ ref, became }) => `${ref.kind}/${ref.id}` === key && became !== 'damaged',
  );
  const last = steps && changeBy(0, steps)?.entries.at(-1);
  return last?.op === 'put' ? last.document : undefined;
}
