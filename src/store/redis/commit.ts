import type { AuditEvent } from '../../event/event.ts';
import { newEpoch, newLink } from '../integrity/epoch.ts';
import { parseTally, shortfallOf } from '../integrity/tally.ts';
import {
  CHANGES_MAX,
  type Committed,
  REFERRERS_MAX,
  type Ref,
  type Refusal,
  StoreDamaged,
  WRITES_MAX,
  type Write,
} from '../store.ts';
import { documentKey, refOf } from './change.ts';
import type { Connection } from './connection/connection.ts';
import { texts } from './connection/reply.ts';
import type { Scripts } from './connection/scripts.ts';
import { boundsOf } from './events.ts';
import { type Keys, trailKeys } from './keys.ts';
import { sizesOf } from './position.ts';

/** Enough to find REFERRERS_MAX referrers even where this commit has removed as many as it can, and the document itself. */
const REFERRERS_READ = REFERRERS_MAX + WRITES_MAX + 1;

/** What is committed. */
export interface Committing {
  readonly writes: readonly Write[];
  readonly audit: readonly AuditEvent[];
  readonly ifAtRevision: number | undefined;
  /** By Redis' clock, milliseconds since the epoch: after it nothing is written any more. */
  readonly notAfterMs: number;
}

/** Applies all writes in one new revision and keeps the events, or none of it, by one script; `late`: none, as it was too late. Throws StoreUnavailable. */
export async function commitWrites(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  { writes, audit, ifAtRevision, notAfterMs }: Committing,
): Promise<Committed | 'late'> {
  const { meta, documents, claims, unique, references, changes, links } = keys;
  const answer = await connection.script(
    scripts.commit,
    [meta, documents, claims, unique, references, changes, ...trailKeys(keys), links],
    [
      `${newEpoch()} ${newLink()} ${notAfterMs}`,
      CHANGES_MAX,
      REFERRERS_READ,
      ifAtRevision === undefined ? writes.length : `${writes.length} ${ifAtRevision}`,
      ...writes.flatMap(argumentsOf),
      boundsOf('audit'),
      audit.length,
      ...audit.map((event) => JSON.stringify(event)),
    ],
  );
  const [outcome, ...rest] = connection.read(answer, texts);
  if (outcome === 'late') return 'late';
  if (outcome === 'damaged') throw new StoreDamaged(lossIn(rest));
  return outcome === 'ok'
    ? { ok: true, revision: Number(rest[0]) }
    : { ok: false, refusal: refusalOf(outcome as Refusal['kind'], rest) };
}

/** What is lost, from what the script counted. */
function lossIn([revision, tally, suspect, ...sizes]: readonly string[]): string {
  const at = Number(revision);
  const found = shortfallOf(parseTally(tally, at), at, sizesOf(sizes));
  return found ?? (suspect || `the record of changes is ahead of revision ${at}`);
}

function argumentsOf(write: Write): (string | number)[] {
  const head = [write.op, documentKey(write), write.ifRevision ?? ''];
  if (write.op === 'delete') return head;
  const { value, unique, references, ifReferrers } = write;
  return [
    ...head,
    JSON.stringify(value),
    unique.length,
    ...unique,
    references.length,
    ...references.flatMap((each) => [documentKey(each), each.ifRevision ?? '']),
    ifReferrers?.kind ?? '',
    ...(ifReferrers ? [ifReferrers.ids.length, ...ifReferrers.ids] : []),
  ];
}

function refusalOf(kind: Refusal['kind'], [index, ...rest]: readonly string[]): Refusal {
  const at = Number(index);
  switch (kind) {
    case 'behind':
      return { kind, at: 0 };
    case 'conflict':
    case 'not_found':
      return { kind, at };
    case 'not_unique':
      return { kind, at, value: rest[0]!, id: rest[1]! };
    case 'dangling':
      return { kind, at, reference: refOf(rest[0]!) };
    case 'referenced':
      return { kind, at, by: firstOf(rest) };
  }
}

/** In order of kind and id as octets, REFERRERS_MAX at most. */
function firstOf(documents: readonly string[]): Ref[] {
  return documents
    .map((key) => ({ ref: refOf(key), octets: Buffer.from(key) }))
    .sort((a, b) => Buffer.compare(a.octets, b.octets))
    .slice(0, REFERRERS_MAX)
    .map(({ ref }) => ref);
}
