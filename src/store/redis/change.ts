import {
  type Change,
  documentName,
  type Kind,
  type Ref,
  type StoredDocument,
} from '../contract/documents.ts';
import { areSame } from '../integrity/tally.ts';
import { isKind, parseDocument, refFlaw, type SetAside } from '../record/record.ts';

/** An entry of a Redis stream: its id, and its fields and values in turn. */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** The field of an entry of changes that holds `<link> <link before or ->`, and Change.deletionsSince where there is one, last of all. */
const LINK = 'link';

/** The document a key of the hash names; the reverse of documentName. */
export function refOf(key: string): Ref {
  const slash = key.indexOf('/');
  return { kind: key.slice(0, slash) as Kind, id: key.slice(slash + 1) };
}

/** The document that a key names, which another program may have written; undefined: none. */
export function knownRefOf(key: string): Ref | undefined {
  const ref = refOf(key);
  return refFlaw(ref) === undefined && documentName(ref) === key ? ref : undefined;
}

/** A document from its key and what the hash holds: `<revision> <value as JSON>`; undefined: it is set aside. */
export function documentOf(key: string, held: string, setAside: SetAside): StoredDocument | undefined {
  return parseDocument(refOf(key), revisionOf(held) ?? Number.NaN, jsonIn(held), setAside);
}

/** The revision that what the hash holds begins with; undefined: none. */
export function revisionOf(held: string): number | undefined {
  const digits = /^\d{1,15}(?= )/.exec(held)?.[0];
  return digits === undefined ? undefined : Number(digits);
}

/** Returns the text of the hash with this revision instead of its own. */
export function withRevision(held: string, revision: number): string {
  return `${revision} ${jsonIn(held)}`;
}

function jsonIn(held: string): string {
  return held.slice(held.indexOf(' ') + 1);
}

/** The number an entry of either feed has: its revision, or how many changed observations there were with it. */
export function numberOf([id]: StreamEntry): number {
  return Number.parseInt(id, 10);
}

/** The epoch every entry of either feed begins with. */
export function epochOf([, fields]: StreamEntry): string | undefined {
  return fields[1];
}

/** The link of the revision that an entry made, of the one before, and since when deletions are noted anew; absent: a program that keeps none wrote it. */
export function linksOf([, fields]: StreamEntry): Pick<Change, 'link' | 'previous' | 'deletionsSince'> {
  if (fields.at(-2) !== LINK) return {};
  const [link, previous, since] = fields.at(-1)!.split(' ');
  return {
    ...(link && { link }),
    ...(previous && previous !== '-' && { previous }),
    ...(since && /^\d{1,15}$/.test(since) && { deletionsSince: Number(since) }),
  };
}

/** A document of an entry of the change stream, and its value after it; `damaged`: the value cannot be read. */
export interface EntryStep {
  readonly ref: Ref;
  readonly became: StoredDocument | 'deleted' | 'damaged';
  /** The zone of what was deleted, as Write has it. */
  readonly zone?: string;
}

/** Reads an entry of the change stream; undefined where it does not show which documents it is about. */
export function stepsOf(entry: StreamEntry, setAside: SetAside): EntryStep[] | undefined {
  const revision = numberOf(entry);
  const fields = entry[1];
  const steps: EntryStep[] = [];
  for (let at = 2; at < fields.length; at += 2) {
    if (fields[at] === LINK) continue;
    const [op, key] = splitOnce(fields[at]!);
    const ref = refOf(key);
    if ((op !== 'put' && op !== 'delete') || !isKind(ref.kind) || fields[at + 1] === undefined) {
      setAside({ field: `[${at}]`, rule: 'must name a change of a document' });
      return undefined;
    }
    const became = op === 'delete' ? op : parseDocument(ref, revision, fields[at + 1], setAside);
    if (became === 'delete') {
      const zone = fields[at + 1]!;
      steps.push({ ref, became: 'deleted', ...(zone !== '' && { zone }) });
    } else steps.push({ ref, became: became ?? 'damaged' });
  }
  return steps;
}

/** An entry of the change stream; undefined where not all of it can be read. */
export function changeOf(entry: StreamEntry, setAside: SetAside): Change | undefined {
  const steps = stepsOf(entry, setAside);
  const change = steps && changeBy(numberOf(entry), steps);
  return change && { ...change, ...linksOf(entry) };
}

/** The change of a revision that these steps make; undefined where one of them cannot be read. */
export function changeBy(revision: number, steps: readonly EntryStep[]): Change | undefined {
  const entries: Change['entries'][number][] = [];
  for (const { ref, became, zone } of steps) {
    if (became === 'damaged') return undefined;
    if (became === 'deleted') entries.push({ op: 'delete', ...ref, ...(zone !== undefined && { zone }) });
    else entries.push({ op: 'put', document: became });
  }
  return { revision, entries };
}

function splitOnce(text: string): [string, string] {
  const space = text.indexOf(' ');
  return [text.slice(0, space), text.slice(space + 1)];
}

/**
 * Whether the entries follow a position in its own history: of the same epoch, numbered on from it without a gap, and each
 * linked to the one before, as far as links are known.
 */
export function isContinued(
  entries: readonly StreamEntry[],
  epoch: string,
  from: number,
  link?: string,
): boolean {
  let before = link;
  return entries.every((entry, at) => {
    const links = linksOf(entry);
    const isLinked = areSame(links.previous, before);
    before = links.link;
    return isLinked && epochOf(entry) === epoch && numberOf(entry) === from + 1 + at;
  });
}
