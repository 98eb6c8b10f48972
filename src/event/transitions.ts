import type { Worker } from '../check/worker.ts';
import type { Standing } from '../pool/members.ts';
import { hasTarget, type Override, type OverrideAction, phaseOf } from '../pool/override.ts';
import type { Audience, Pool } from '../pool/pool.ts';
import { ALARM_TEXTS } from './alarm.ts';
import type {
  AlarmEvent,
  EndpointEvent,
  OverrideEvent,
  PoolEvent,
  PoolStanding,
  Presence,
  ReportedEvent,
} from './event.ts';
import {
  type ReportedAlarm,
  type ReportedOverride,
  type ReportedPool,
  type ReportedState,
  type ReportedSubject,
  subjectOf,
} from './reported.ts';

/** What to report of one subject, and what to remember of it. Nothing of either: nothing changed. */
export interface SubjectReport {
  readonly events: readonly ReportedEvent[];
  readonly put: readonly ReportedSubject[];
  readonly drop: readonly string[];
}

/** The report of a subject that did not change. */
export const NOTHING_TO_REPORT: SubjectReport = { events: [], put: [], drop: [] };

/** An endpoint as a node serves it. */
export interface ServedEndpoint {
  readonly name: string;
  readonly address: string;
  readonly standing: Standing;
  readonly override?: OverrideAction;
  /** true: a mass failure keeps it in answers until its next check fails as well (health/mass-failure.ts). */
  readonly isHeldBack?: boolean;
}

/** A pool as a node serves it. */
export interface ServedPool {
  readonly id: string;
  readonly name: string;
  readonly audience?: Audience;
  readonly standing: PoolStanding;
  readonly endpoints: readonly ServedEndpoint[];
  /** Endpoints that may be answered, and how many must be for the pool to be healthy. */
  readonly answered: number;
  readonly minimum: number;
}

/** Why an endpoint is healthy or unhealthy, and in which region. */
export interface HealthReason {
  readonly reason: string;
  /** As in Outcome. */
  readonly detail?: string;
  readonly region?: string;
}

/** Why a pool or endpoint has a status that no check gives it. */
const REASONS = {
  unknown: 'no result yet',
  unmonitored: 'no monitor checks it',
  disabled: 'it is disabled',
  maintenance: 'maintenance leaves none of its endpoints',
  deleted: 'it was deleted',
} as const;

const isJudged = (standing: PoolStanding) => standing === 'healthy' || standing === 'unhealthy';

/**
 * Returns the transitions of a pool and its endpoints since the last report of them.
 * - A pool or endpoint without a report counts as unknown. A status that follows from the configuration alone is no news.
 * - A pool without enough endpoints stays unknown while some have no result yet, since it may still become healthy.
 * - An endpoint that was reported as unhealthy, and that a mass failure keeps in answers since, is reported as healthy
 *   only when a check finds it healthy.
 * - A pool (`now` undefined) or endpoint that was deleted while it was unhealthy is reported as deleted, so that what
 *   began has an end. The audit trail says who deleted it.
 */
export function poolReport(
  id: string,
  was: ReportedPool | undefined,
  now: ServedPool | undefined,
  whyOf: (endpoint: ServedEndpoint) => HealthReason,
  atMs: number,
): SubjectReport {
  const subject = subjectOf('pool', id);
  if (now === undefined)
    return was === undefined
      ? NOTHING_TO_REPORT
      : { events: poolEnd(id, was, atMs), put: [], drop: [subject] };
  const known = new Map(was?.endpoints);
  const standings = now.endpoints.map((each) => untilItFailsAgain(known.get(each.name), each));
  const common = { pool: id, poolName: now.name, atMs };
  const present = new Set(now.endpoints.map(({ name }) => name));
  const gone = (was?.endpoints ?? []).filter(([name]) => !present.has(name));
  const events: (EndpointEvent | PoolEvent)[] = endpointEnds(gone, common);
  for (const [at, endpoint] of now.endpoints.entries()) {
    const { name, address, override } = endpoint;
    const standing = standings[at]!;
    const before = known.get(name) ?? (isJudged(standing) ? 'unknown' : standing);
    if (before === standing) continue;
    const why =
      standing === 'healthy' || standing === 'unhealthy' ? whyOf(endpoint) : { reason: REASONS[standing] };
    const own = { endpoint: name, address, was: before, now: standing, ...(override ? { override } : {}) };
    events.push({ kind: 'endpoint', ...common, ...own, ...why });
  }
  const kept = standings.filter((each, at) => each !== now.endpoints[at]!.standing).length;
  const isKept = was?.standing === 'unhealthy' && now.answered - kept < now.minimum;
  const standing = isKept && now.standing === 'healthy' ? 'unhealthy' : settled(was?.standing, now);
  const before = was?.standing ?? (isJudged(standing) ? 'unknown' : standing);
  if (before !== standing)
    events.push({ kind: 'pool', ...common, was: before, now: standing, reason: poolReason(standing, now) });
  const endpoints = now.endpoints.map((each, at) => [each.name, standings[at]!] as const);
  const audience = now.audience && { audience: now.audience };
  const state: ReportedPool = { kind: 'pool', name: now.name, ...audience, standing, endpoints };
  const isSame =
    was?.standing === standing &&
    was.name === now.name &&
    JSON.stringify(was.audience) === JSON.stringify(now.audience) &&
    was.endpoints.length === endpoints.length &&
    endpoints.every(([name, each]) => known.get(name) === each);
  return isSame ? NOTHING_TO_REPORT : { events, put: [{ subject, state }], drop: [] };
}

/** Returns the events of endpoints that were deleted while they were unhealthy. */
function endpointEnds(
  gone: ReportedPool['endpoints'],
  common: Pick<EndpointEvent, 'pool' | 'poolName' | 'atMs' | 'audience'>,
): EndpointEvent[] {
  const transition = { was: 'unhealthy', now: 'deleted', reason: REASONS.deleted } as const;
  return gone
    .filter(([, standing]) => standing === 'unhealthy')
    .map(([endpoint]) => ({ kind: 'endpoint', ...common, endpoint, ...transition }));
}

/** Returns the events of a deleted pool and its endpoints, of those that were unhealthy. */
function poolEnd(id: string, was: ReportedPool, atMs: number): (EndpointEvent | PoolEvent)[] {
  const audience = was.audience && { audience: was.audience };
  const common = { pool: id, poolName: was.name ?? id, atMs, ...audience };
  const events: (EndpointEvent | PoolEvent)[] = endpointEnds(was.endpoints, common);
  if (was.standing === 'unhealthy')
    events.push({ kind: 'pool', ...common, was: 'unhealthy', now: 'deleted', reason: REASONS.deleted });
  return events;
}

/** Returns the status to report of an endpoint: still unhealthy where only a mass failure keeps it in answers. */
function untilItFailsAgain(
  reported: Standing | undefined,
  { standing, isHeldBack }: ServedEndpoint,
): Standing {
  return isHeldBack && reported === 'unhealthy' && standing === 'healthy' ? reported : standing;
}

/** Returns the status to report of a pool: still unknown where it may become healthy. */
function settled(was: PoolStanding | undefined, { standing, endpoints }: ServedPool): PoolStanding {
  const isOpen = endpoints.some((each) => each.standing === 'unknown' && each.override === undefined);
  return standing === 'unhealthy' && isOpen && !isJudged(was ?? 'unknown') ? 'unknown' : standing;
}

function poolReason(standing: PoolStanding, { answered, minimum, endpoints }: ServedPool): string {
  return standing === 'healthy' || standing === 'unhealthy'
    ? `${answered} of ${endpoints.length} endpoints may be answered; at least ${minimum} must be`
    : REASONS[standing];
}

const WORKER_REASONS: Readonly<Record<Presence, string>> = {
  live: 'it is live and votes',
  abstaining: 'it abstains: its reference targets are unreachable',
  absent: 'it left, or its lease ended',
};
const REGION_REASONS: Readonly<Record<Presence, string>> = {
  live: 'a worker is live and votes',
  abstaining: 'all of its workers abstain',
  absent: 'no worker is live',
};

/**
 * Returns the reports of workers and regions whose presence changed. A worker that is not among `workers` is gone when
 * `isGone` returns true for its subject: it may only be restarting.
 */
export function presenceReports(
  reported: ReadonlyMap<string, ReportedState>,
  workers: readonly Worker[],
  isGone: (subject: string) => boolean,
  atMs: number,
): SubjectReport[] {
  const reports: SubjectReport[] = [];
  const present = new Set<string>();
  const presenceOf = (some: readonly Worker[]): Presence =>
    some.every(({ isAbstaining }) => isAbstaining) ? 'abstaining' : 'live';
  for (const each of workers) {
    const subject = subjectOf('worker', each.id);
    present.add(subject);
    const was = reported.get(subject);
    const now = presenceOf([each]);
    const before = was?.kind === 'worker' ? was.presence : 'absent';
    if (before === now) continue;
    const refused = each.refusal === undefined ? undefined : `it abstains: ${each.refusal}`;
    const reason = (now === 'abstaining' ? refused : undefined) ?? WORKER_REASONS[now];
    const who = { worker: each.id, region: each.region, was: before, now, reason };
    const state: ReportedState = { kind: 'worker', region: each.region, presence: now };
    reports.push({ events: [{ kind: 'worker', ...who, atMs }], put: [{ subject, state }], drop: [] });
  }
  for (const [region, some] of Map.groupBy(workers, (each) => each.region)) {
    const subject = subjectOf('region', region);
    present.add(subject);
    const was = reported.get(subject);
    const now = presenceOf(some);
    const before = was?.kind === 'region' ? was.presence : 'absent';
    if (before === now) continue;
    const state: ReportedState = { kind: 'region', presence: now };
    const event: ReportedEvent = {
      kind: 'region',
      region,
      was: before,
      now,
      reason: REGION_REASONS[now],
      atMs,
    };
    reports.push({ events: [event], put: [{ subject, state }], drop: [] });
  }
  for (const [subject, was] of reported) {
    if ((was.kind !== 'worker' && was.kind !== 'region') || present.has(subject) || !isGone(subject))
      continue;
    const name = subject.slice(was.kind.length + 1);
    const transition = { was: was.presence, now: 'absent', atMs } as const;
    const event: ReportedEvent =
      was.kind === 'worker'
        ? { kind: 'worker', worker: name, region: was.region, ...transition, reason: WORKER_REASONS.absent }
        : { kind: 'region', region: name, ...transition, reason: REGION_REASONS.absent };
    reports.push({ events: [event], put: [], drop: [subject] });
  }
  return reports;
}

/** Returns the reports of overrides that began, changed or are over at `atMs`, milliseconds since the epoch. `poolOf`: finds a pool by its id. */
export function overrideReports(
  reported: ReadonlyMap<string, ReportedState>,
  overrides: ReadonlyMap<string, Override>,
  poolOf: (pool: string) => Pick<Pool, 'name' | 'endpoints'> | undefined,
  atMs: number,
): SubjectReport[] {
  const reports: SubjectReport[] = [];
  for (const each of overrides.values()) {
    if (phaseOf(each, atMs) !== 'active') continue;
    const subject = subjectOf('override', each.id);
    const was = reported.get(subject);
    if (was?.kind === 'override' && was.action === each.action) continue;
    const { pool, endpoint, action, owner } = each;
    const poolName = poolOf(pool)?.name ?? pool;
    const about = { pool, poolName, ...(endpoint === undefined ? {} : { endpoint }), action, owner };
    const transition = { was: was === undefined ? 'pending' : 'active', now: 'active' } as const;
    const event: OverrideEvent = {
      kind: 'override',
      override: each.id,
      ...about,
      ...transition,
      reason: each.reason,
      atMs,
    };
    reports.push({ events: [event], put: [{ subject, state: { kind: 'override', ...about } }], drop: [] });
  }
  for (const [subject, was] of reported) {
    if (was.kind !== 'override') continue;
    const id = subject.slice('override/'.length);
    const present = overrides.get(id);
    const now = present === undefined ? 'deleted' : phaseOf(present, atMs);
    if (now === 'active') continue;
    const pool = poolOf(was.pool);
    const reason = now === 'deleted' ? whyDeleted(was, pool) : OVERRIDE_REASONS[now];
    // The pool may have got another name meanwhile.
    const known = { ...was, poolName: pool?.name ?? was.poolName };
    reports.push({ events: [overrideEnd(id, known, { now, reason, atMs })], put: [], drop: [subject] });
  }
  return reports;
}

const OVERRIDE_REASONS = {
  ended: 'its end time has passed',
  pending: 'its start time is yet to come',
} as const;

function whyDeleted(was: ReportedOverride, pool: Pick<Pool, 'endpoints'> | undefined): string {
  if (pool === undefined) return 'its pool was deleted';
  return hasTarget(pool, was) ? REASONS.deleted : 'its endpoint is no longer in the pool';
}

function overrideEnd(
  override: string,
  { kind, ...about }: ReportedOverride,
  transition: Pick<OverrideEvent, 'now' | 'reason' | 'atMs'>,
): OverrideEvent {
  return { kind, override, ...about, was: 'active', ...transition };
}

/** An alarm that is raised, and why. */
export interface RaisedAlarm extends ReportedAlarm {
  readonly reason: string;
  /** Since when it is raised for this cause, milliseconds since the epoch. */
  readonly sinceMs: number;
}

/**
 * Which alarms were raised and which are over; one that is raised for another cause than was reported is over, and another one
 * is raised. `raised` is by subject.
 */
export function alarmReports(
  reported: ReadonlyMap<string, ReportedState>,
  raised: ReadonlyMap<string, RaisedAlarm>,
  atMs: number,
): SubjectReport[] {
  const reports: SubjectReport[] = [];
  for (const [subject, { reason, sinceMs: _, ...state }] of raised) {
    const was = reported.get(subject);
    const isKnown = was?.kind === 'alarm';
    if (isKnown && !isOtherCause(was, state)) continue;
    const before = isKnown ? [alarmEvent(was, 'quiet', ALARM_TEXTS[was.alarm].over, atMs)] : [];
    reports.push({
      events: [...before, alarmEvent(state, 'raised', reason, atMs)],
      put: [{ subject, state }],
      drop: [],
    });
  }
  for (const [subject, was] of reported) {
    if (was.kind !== 'alarm' || raised.has(subject)) continue;
    const event = alarmEvent(was, 'quiet', ALARM_TEXTS[was.alarm].over, atMs);
    reports.push({ events: [event], put: [], drop: [subject] });
  }
  return reports;
}

/**
 * Returns true where two alarms of one subject were raised for different causes. An alarm of a version without causes
 * may have any.
 */
export function isOtherCause({ cause }: ReportedAlarm, other: ReportedAlarm): boolean {
  return cause !== undefined && other.cause !== undefined && cause !== other.cause;
}

/** Returns the event of an alarm that is raised or over. */
export function alarmEvent(
  { cause: _, ...alarm }: ReportedAlarm,
  now: AlarmEvent['now'],
  reason: string,
  atMs: number,
): AlarmEvent {
  return { ...alarm, was: now === 'raised' ? 'quiet' : 'raised', now, reason, atMs };
}
