import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEvent } from '../../event/event.ts';
import {
  CHANGES_MAX,
  type Committed,
  documentName,
  REFERRERS_MAX,
  type Ref,
  type Refusal,
  type StorePosition,
  WRITES_MAX,
  type Write,
} from '../contract/documents.ts';
import { StoreDamaged, StoreSetBack, StoreUnavailable, StoreUncertain } from '../contract/failure.ts';
import { newEpoch, newLink } from '../integrity/epoch.ts';
import { parseTally, shortfallOf } from '../integrity/tally.ts';
import { refOf } from './change.ts';
import { type Connection, Unanswered } from './connection/connection.ts';
import { texts } from './connection/reply.ts';
import type { Scripts } from './connection/scripts.ts';
import { boundsOf } from './events.ts';
import { type Keys, trailKeys } from './keys.ts';
import { sizesOf } from './position.ts';
import type { RedisClock } from './redis-clock.ts';

/** Enough to find REFERRERS_MAX referrers even where this commit has removed as many as it can, and the document itself. */
const REFERRERS_READ = REFERRERS_MAX + WRITES_MAX + 1;

/** Share of a commit's time within which Redis must begin with it; the rest is for its answer to come. */
const BEGIN_SHARE = 0.8;
/** The least share of it that each step has, however long the one before took. */
const STEP_SHARE = 0.2;
/** The further time, as a share of it, for which Redis is asked whether it made a commit that it did not answer. */
const LOOK_UP_SHARE = 0.5;
/** Pause between two such questions, milliseconds. */
const LOOK_UP_MS = 50;

/** What is committed. */
export interface Committing {
  readonly writes: readonly Write[];
  readonly audit: readonly AuditEvent[];
  readonly ifAtRevision: number | undefined;
  /** A state that the history of the store must contain; absent: any. */
  readonly knows?: StorePosition | undefined;
}

/** The identity of one attempt at a commit. */
interface Attempt {
  readonly link: string;
  /** By Redis' clock, milliseconds since the epoch: after it nothing is written any more. */
  readonly notAfterMs: number;
}

/**
 * Applies all writes in one new revision and keeps the events, or none of it. Redis may be delayed, and its answer may
 * be lost. Then it is asked whether it made the commit, so that a change that was made is not reported as a failure.
 * Takes `timeoutMs` as a rule, and half of it again while Redis is asked. At worst it takes 2.6 times `timeoutMs`: when
 * Redis answers each of up to four steps, among them a connection made anew, only at the end of the step's time. Throws
 * StoreUnavailable where nothing was written (StoreSetBack: another history), StoreUncertain where Redis could not be asked.
 */
export async function commitInTime(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  committing: Committing,
  { clock, timeoutMs }: { readonly clock: RedisClock; readonly timeoutMs: number },
): Promise<Committed> {
  const fromMs = performance.now();
  const leftMs = () => Math.max(timeoutMs - (performance.now() - fromMs), timeoutMs * STEP_SHARE);
  const timely = connection.within(leftMs);
  // Late may also be what Redis takes for it after its clock has jumped.
  for (const isAnew of [false, true]) {
    const notAfterMs = await clock.in(timely, leftMs() * BEGIN_SHARE, isAnew);
    const attempt = { link: newLink(), notAfterMs };
    try {
      const committed = await commitWrites(timely, scripts, keys, { ...committing, ...attempt });
      if (committed !== 'late') return committed;
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      const revision = await madeBy(connection, scripts, keys, attempt, timeoutMs * LOOK_UP_SHARE);
      if (revision === undefined) throw new StoreUncertain(error.message);
      if (revision === 0) throw new StoreUnavailable(`${error.message}; the change was not made`);
      return { ok: true, revision };
    }
  }
  throw new StoreUnavailable('Redis did not begin in time with a change, which was not made');
}

/** The revision that an attempt made; 0: it made none, and makes none any more; undefined: Redis did not say so within `withinMs`. */
async function madeBy(
  connection: Connection,
  scripts: Scripts,
  { meta, changes, links }: Keys,
  { link, notAfterMs }: Attempt,
  withinMs: number,
): Promise<number | undefined> {
  const untilMs = performance.now() + withinMs;
  const leftMs = () => untilMs - performance.now();
  const timely = connection.within(() => Math.max(leftMs(), LOOK_UP_MS));
  while (leftMs() > 0) {
    try {
      const answer = await timely.script(scripts.made, [meta, changes, links], [link, CHANGES_MAX]);
      const [revision = '0', redisMs = '0'] = timely.read(answer, texts);
      if (revision !== '0') return Number(revision);
      if (Number(redisMs) > notAfterMs) return 0;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
    await sleep(LOOK_UP_MS);
  }
  return undefined;
}

/** One attempt, by one script; `late`: nothing was written, as it was too late. Throws StoreUnavailable, Unanswered. */
async function commitWrites(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  { writes, audit, ifAtRevision, knows, link, notAfterMs }: Committing & Attempt,
): Promise<Committed | 'late'> {
  const { meta, documents, claims, unique, references, changes, links } = keys;
  const answer = await connection.script(
    scripts.commit,
    [meta, documents, claims, unique, references, changes, ...trailKeys(keys), links],
    [
      `${newEpoch()} ${link} ${notAfterMs}${knows ? ` ${knows.epoch} ${knows.revision} ${knows.link ?? ''}` : ''}`,
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
  if (outcome === 'set_back') throw new StoreSetBack();
  if (outcome === 'damaged') throw new StoreDamaged(lossIn(rest));
  return outcome === 'ok'
    ? { ok: true, revision: Number(rest[0]) }
    : { ok: false, refusal: refusalOf(outcome as Refusal['kind'], rest) };
}

/** Returns what is lost, by the counts of the script. */
function lossIn([revision, tally, suspect, ...sizes]: readonly string[]): string {
  const at = Number(revision);
  const found = shortfallOf(parseTally(tally, at), at, sizesOf(sizes));
  return found ?? (suspect || `the record of changes is ahead of revision ${at}`);
}

function argumentsOf(write: Write): (string | number)[] {
  const head = [write.op, documentName(write), write.ifRevision ?? ''];
  if (write.op === 'delete') return [...head, write.zone ?? ''];
  const { value, unique, references, ifReferrers } = write;
  return [
    ...head,
    JSON.stringify(value),
    unique.length,
    ...unique,
    references.length,
    ...references.flatMap((each) => [documentName(each), each.ifRevision ?? '']),
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
