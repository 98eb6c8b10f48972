import { StoreUnavailable } from '../contract/failure.ts';
import { type DamagedRecord, MUST_BE_THERE } from '../integrity/damage.ts';
import { type Deletions, parseDeletions, revisionNoted } from '../integrity/deletions.ts';
import { isDecidedEpoch, NAME_LOST, newEpoch } from '../integrity/epoch.ts';
import { holdsLink, linkTextOf } from '../integrity/kept-links.ts';
import { parseTally, type Sizes, shortfallOf, type Tally } from '../integrity/tally.ts';
import type { Connection } from './connection/connection.ts';
import { digits, streamEntries, textOrNull, texts } from './connection/reply.ts';
import { REPAIRING, type Scripts } from './connection/scripts.ts';
import { type Keys, trailKeys } from './keys.ts';
import type { AsideIn } from './records.ts';

/** The position of the store, and what is known of it there. */
export interface StoreState {
  /** Empty where it is lost, which is a loss. */
  readonly epoch: string;
  /** The epoch, or where it is lost the one that a person decided for last; empty: nobody did. */
  readonly lastEpoch: string;
  readonly revision: number;
  /** Changed observations published so far. */
  readonly observed: number;
  /** The link of the last of them; undefined: none is kept. */
  readonly observedLink: string | undefined;
  /** undefined: none is kept. */
  readonly tally: Tally | undefined;
  /** How much there is of what the tally counts. */
  readonly sizes: Sizes;
  /** What is known of deletions. */
  readonly deletions: Deletions;
  /** A program made the revision that notes deletions, and so keeps a tally and the link of it. */
  readonly isNoted: boolean;
  /** A person decided for what this epoch has. */
  readonly isDecided: boolean;
  /** What a full reading of this epoch found lost; undefined: nothing. Commits are refused for it. */
  readonly suspect: string | undefined;
  /** What is lost by the counts alone, in a sentence without a final stop; undefined: nothing. */
  readonly loss: string | undefined;
  /** The record of changes has entries beyond the revision, which are not valid. */
  readonly isOverrun: boolean;
}

/** No revision, and no number of an observation, is so large: the next one would have more digits than any may have. */
const NUMBER_MAX = 999_999_999_999_999;

/** What a key must have that Redis threw away as a whole. */
const LOST =
  'must have what was written to it, which is lost for good; "lifeguard store repair" ends this report';
const LOST_PREFIX = 'lost ';

/** Numbers that the script gives of how much there is. */
const SIZES = 4;

/** The keys that show how much of the documents there is. */
export function sizedKeys({ meta, documents, claims, unique, references }: Keys): string[] {
  return [meta, documents, claims, unique, references];
}

/** Reads the position of the store; names an empty one. Throws StoreUnavailable. */
export async function readPosition(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  aside: AsideIn,
): Promise<StoreState> {
  const all = [...sizedKeys(keys), keys.changes, ...trailKeys(keys), keys.reported, keys.cursors, keys.links];
  const answer = await connection.script(scripts.position, all, [newEpoch()]);
  const [epoch = '', ...rest] = connection.read(answer, texts);
  const countOf = (name: string, text: string | undefined) => {
    const count = digits(text);
    if (count !== undefined && count < NUMBER_MAX) return count;
    return void aside(keys.meta, name)({ field: '', rule: 'must be a whole number from 0' });
  };
  // Where it is damaged it is lost, which shows, and which a repair mends.
  const revision = countOf('revision', rest[0]) ?? 0;
  const counted = rest[1] === '' ? undefined : countOf('observed', rest[1]);
  const observed = counted ?? (await newestObserved(connection, keys));
  // An observation may have been published since the script ran, and its counter with it.
  if (rest[1] === '' && observed > 0 && !(await isCounted(connection, keys)))
    aside(keys.meta, 'observed')({ field: '', rule: MUST_BE_THERE });
  const [tallyText = '', decided = '', suspected = '', linked = '', deleted, ...sized] = rest.slice(2);
  const [lost, beyond] = partition(sized.splice(SIZES));
  const sizes = sizesOf(sized);
  for (const place of beyond) aside(place, '')({ field: '', rule: beyondRule(keys, place, revision) });
  for (const place of lost)
    if (place !== keys.links) aside(place, '')({ field: '', rule: LOST });
    else aside(place, String(linkTextOf(revision)))({ field: '', rule: linkRule(revision) });
  const isOverrun = beyond.includes(keys.changes);
  const tally = parseTally(tallyText, revision);
  const isNoted = revision > 0 && revisionNoted(deleted) === revision;
  // A program that notes the deletions of a revision keeps its tally too.
  if (tallyText === '' && isNoted) aside(keys.meta, 'tally')({ field: '', rule: MUST_BE_THERE });
  const suspect = suspectIn(suspected, epoch);
  const nameless = epoch === '' ? NAME_LOST : undefined;
  const loss = suspect === REPAIRING ? suspect : (shortfallOf(tally, revision, sizes) ?? nameless);
  const observedLink = new RegExp(`^${observed} ([\\w-]{1,64})$`).exec(linked)?.[1];
  const deletions = parseDeletions(deleted, revision);
  const isDecided = epoch !== '' && (decided === epoch || isDecidedEpoch(epoch));
  return {
    epoch,
    lastEpoch: epoch || decided,
    revision,
    observed,
    observedLink,
    tally,
    sizes,
    deletions,
    isNoted,
    isDecided,
    suspect,
    loss,
    isOverrun,
  };
}

/** The number of the newest observation that was published, by its entry, which is where the next one goes on; 0: there is none. */
async function newestObserved(connection: Connection, { observed }: Keys): Promise<number> {
  const answer = await connection.command('XREVRANGE', observed, '+', '-', 'COUNT', 1);
  const [newest] = connection.read(answer, streamEntries);
  const [, number] = /^(\d{1,14})-0$/.exec(newest?.[0] ?? '') ?? [];
  return Number(number ?? 0);
}

/** Returns true where the observations that were published are counted. */
async function isCounted(connection: Connection, { meta }: Keys): Promise<boolean> {
  return connection.read(await connection.command('HGET', meta, 'observed'), textOrNull) !== null;
}

/** Divides the keys that the script names into those that lost what they had, and the others. */
function partition(named: readonly string[]): [lost: string[], beyond: string[]] {
  const lost = named.filter((each) => each.startsWith(LOST_PREFIX));
  const beyond = named.filter((each) => !each.startsWith(LOST_PREFIX));
  return [lost.map((each) => each.slice(LOST_PREFIX.length)), beyond];
}

function linkRule(revision: number): string {
  return `must hold the link of revision ${revision}`;
}

/** What a stream must be that has an entry beyond all that may follow; until that is gone, nothing can be added to it. */
function beyondRule({ changes }: Keys, place: string, revision: number): string {
  const what =
    place === changes
      ? `must not go on after revision ${revision}`
      : 'must have no identifier after all times';
  return `${what}, and takes nothing more until "lifeguard store repair" has mended it`;
}

/** What was found lost in this epoch, from `<epoch> <what>`. */
export function suspectIn(text: string, epoch: string): string | undefined {
  return text.startsWith(`${epoch} `) ? text.slice(epoch.length + 1) : undefined;
}

/** How much there is, from what scripts count of it: documents, claims, unique values, references. */
export function sizesOf(counted: readonly string[]): Sizes {
  const [documents = 0, claims = 0, uniques = 0, references = 0] = counted.map(Number);
  return { documents, claims, uniques, references };
}

/**
 * Examines the position of the store: finds streams that have an entry beyond all that may follow, and counters and links that
 * are lost. Throws StoreUnavailable.
 */
export async function examineState(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  found: (record: DamagedRecord) => void,
): Promise<void> {
  const aside: AsideIn = (place, key) => (flaw) => {
    // What is wrong with a counter that is there is found with the other records.
    if (key === '' || flaw.rule === MUST_BE_THERE) found({ place, key, ...flaw });
  };
  try {
    const { revision, tally, isNoted } = await readPosition(connection, scripts, keys, aside);
    if (!isNoted || tally === undefined) return;
    const text = await connection.command('HGET', keys.links, linkTextOf(revision));
    if (!holdsLink(connection.read(text, textOrNull) ?? '', revision, tally.link))
      found({ place: keys.links, key: String(linkTextOf(revision)), field: '', rule: linkRule(revision) });
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
  }
}
