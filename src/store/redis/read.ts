import { type Configuration, type StoredDocument, StoreUnavailable } from '../store.ts';
import { changeOf, documentKey, documentOf, isContinued, numberOf, type StreamEntry } from './change.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import { readStanding } from './position.ts';
import type { Scripts } from './scripts.ts';

/** Fields asked for in one step of a scan, so that Redis is never held up for long. */
const SCAN_FIELDS = 1_000;
/** Revisions asked for at once while catching up. */
const CATCH_UP_REVISIONS = 64;
/** Times a read begins again because the store was emptied, or ran ahead of its feed, meanwhile. */
const ATTEMPTS_MAX = 5;

/**
 * All documents at one revision, without holding up Redis however many there are: the hash is scanned in steps while
 * others may write, and the revisions written meanwhile are then applied from the feed. A scan gives every document
 * that was there throughout, in any of the forms it had; the feed gives the last form of every other, so that the
 * outcome is exact at the last revision applied. Throws StoreUnavailable.
 */
export async function readConfiguration(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
): Promise<Configuration> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const { epoch, revision } = await readStanding(connection, scripts, keys);
    const documents = new Map<string, StoredDocument>();
    for await (const [key, held] of scanHash(connection, keys.documents))
      documents.set(key, documentOf(key, held));
    const end = await readStanding(connection, scripts, keys);
    if (end.epoch !== epoch) continue;
    const reached = await catchUp(connection, keys, documents, { epoch, from: revision, to: end.revision });
    if (reached !== undefined) return { epoch, revision: reached, documents: [...documents.values()] };
  }
  throw new StoreUnavailable(`the configuration changed too fast to be read in ${ATTEMPTS_MAX} attempts`);
}

/** Applies the revisions after `from`, at least up to `to`; gives the last one, or undefined where the feed has a gap. */
async function catchUp(
  connection: Connection,
  keys: Keys,
  documents: Map<string, StoredDocument>,
  { epoch, from, to }: { epoch: string; from: number; to: number },
): Promise<number | undefined> {
  let reached = from;
  while (reached < to) {
    const args = [keys.changes, `(${reached}-0`, '+', 'COUNT', CATCH_UP_REVISIONS];
    const entries = (await connection.command('XRANGE', ...args)) as StreamEntry[];
    if (entries.length === 0 || !isContinued(entries, epoch, reached)) return undefined;
    for (const entry of entries)
      for (const change of changeOf(entry).entries) {
        if (change.op === 'put') documents.set(documentKey(change.document), change.document);
        else documents.delete(documentKey(change));
      }
    reached = numberOf(entries.at(-1)!);
  }
  return reached;
}

/** Every field of a hash and its value; one that changes meanwhile may come twice or not at all. */
export async function* scanHash(connection: Connection, key: string): AsyncGenerator<[string, string]> {
  let cursor = '0';
  do {
    const step = await connection.command('HSCAN', key, cursor, 'COUNT', SCAN_FIELDS);
    const [next, flat] = step as [string, string[]];
    for (let at = 0; at < flat.length; at += 2) yield [flat[at]!, flat[at + 1]!];
    cursor = next;
  } while (cursor !== '0');
}
