import { broughtForward } from '../brought-forward.ts';
import {
  BROUGHT_FORWARD_MAX,
  type Change,
  type Configuration,
  type StoredDocument,
  StoreUnavailable,
} from '../store.ts';
import { changeOf, documentKey, documentOf, isContinued, type StreamEntry } from './change.ts';
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
 * outcome is exact at the last revision applied. An earlier reading of the same history takes the place of the scan,
 * where the feed still reaches back to it. Throws StoreUnavailable.
 */
export async function readConfiguration(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  known?: Configuration,
): Promise<Configuration> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const { epoch, revision } = await readStanding(connection, scripts, keys);
    if (attempt === 0 && known?.epoch === epoch && isNear(known.revision, revision)) {
      const changes = await changesAfter(connection, keys, known, revision);
      if (changes !== undefined) return broughtForward(known, changes);
    }
    const scanned: StoredDocument[] = [];
    for await (const [key, held] of scanHash(connection, keys.documents)) scanned.push(documentOf(key, held));
    const end = await readStanding(connection, scripts, keys);
    if (end.epoch !== epoch) continue;
    const documents = distinct(scanned);
    const changes = await changesAfter(connection, keys, { epoch, revision }, end.revision);
    if (changes !== undefined) return broughtForward({ epoch, revision, documents }, changes);
  }
  throw new StoreUnavailable(`the configuration changed too fast to be read in ${ATTEMPTS_MAX} attempts`);
}

function isNear(from: number, to: number): boolean {
  return from <= to && to - from <= BROUGHT_FORWARD_MAX;
}

/** A scan may give a field twice; which of the two does not matter, as the feed has the last word. */
function distinct(scanned: readonly StoredDocument[]): StoredDocument[] {
  return [...new Map(scanned.map((document) => [documentKey(document), document])).values()];
}

/** The revisions after a standing, at least up to `to`; undefined where the feed has a gap. */
async function changesAfter(
  connection: Connection,
  keys: Keys,
  { epoch, revision }: Pick<Configuration, 'epoch' | 'revision'>,
  to: number,
): Promise<Change[] | undefined> {
  const changes: Change[] = [];
  let reached = revision;
  while (reached < to) {
    const args = [keys.changes, `(${reached}-0`, '+', 'COUNT', CATCH_UP_REVISIONS];
    const entries = (await connection.command('XRANGE', ...args)) as StreamEntry[];
    if (entries.length === 0 || !isContinued(entries, epoch, reached)) return undefined;
    changes.push(...entries.map(changeOf));
    reached = changes.at(-1)!.revision;
  }
  return changes;
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
