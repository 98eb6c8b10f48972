import { documentName, type StoredDocument } from '../contract/documents.ts';
import type { Damage } from '../integrity/damage.ts';
import type { SetAside } from '../record/record.ts';
import {
  changeBy,
  documentOf,
  knownRefOf,
  revisionOf,
  type StreamEntry,
  stepsOf,
  withRevision,
} from './change.ts';
import type { Connection } from './connection/connection.ts';
import { digits, streamEntries } from './connection/reply.ts';
import type { Scripts } from './connection/scripts.ts';
import type { Keys } from './keys.ts';

/** Makes the function that takes the fault of a record of Redis. */
export type AsideIn = (place: string, key: string) => SetAside;

/** Makes functions that add faults to a list of damaged records. */
export function asideIn({ found }: Pick<Damage, 'found'>): AsideIn {
  return (place, key) => (flaw) => found({ place, key, ...flaw });
}

/**
 * A document as a key of the hash holds it. Where its revision is damaged, its claim says that too; where its value is, the
 * change that wrote it is looked for in the feed, which keeps a copy of it; undefined: there is none.
 */
export async function documentAt(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  key: string,
  held: string,
  aside: AsideIn,
): Promise<StoredDocument | undefined> {
  const document = documentOf(key, held, aside(keys.documents, key));
  const ref = knownRefOf(key);
  if (document !== undefined || ref === undefined) return document;
  const kept = revisionOf(held);
  const revision = kept ?? (await claimedRevision(connection, scripts, keys, key));
  if (revision === undefined) return undefined;
  const mended = kept === undefined ? documentOf(key, withRevision(held, revision), () => {}) : undefined;
  if (mended !== undefined) return mended;
  const id = `${revision}-0`;
  const answer = await connection.command('XRANGE', keys.changes, id, id);
  const [entry] = connection.read(answer, streamEntries);
  return entry && writtenBy(entry, key);
}

/** The revision that wrote a document last, by its claim; undefined: that is not known. */
async function claimedRevision(
  connection: Connection,
  scripts: Scripts,
  { claims }: Keys,
  key: string,
): Promise<number | undefined> {
  return digits(await connection.script(scripts.claimedRevision, [claims], [key]));
}

/** What an entry of the change stream made of a document; undefined: nothing that can be read. */
function writtenBy(entry: StreamEntry, key: string): StoredDocument | undefined {
  const steps = stepsOf(entry, () => {})?.filter(
    ({ ref, became }) => documentName(ref) === key && became !== 'damaged',
  );
  const last = steps && changeBy(0, steps)?.entries.at(-1);
  return last?.op === 'put' ? last.document : undefined;
}
