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
  ToldEvent,
} from './event.ts';
import {
  subjectOf,
  type ToldAlarm,
  type ToldOverride,
  type ToldPool,
  type ToldState,
  type ToldSubject,
} from './reported.ts';

/** What is to be told of one subject, and what is to be remembered of it; nothing of either: it is as it was. */
export interface Step {
  readonly events: readonly ToldEvent[];
  readonly put: readonly ToldSubject[];
  readonly drop: readonly string[];
}

/** It is as it was told. */
export const NOTHING: Step = { events: [], put: [], drop: [] };

/** An endpoint as a node serves it. */
export interface PresentEndpoint {
  readonly name: string;
  readonly address: string;
  readonly standing: Standing;
  readonly override?: OverrideAction;
  /** It failed, and a mass failure holds that back until it fails again (health/mass-failure.ts); absent: nothing is. */
  readonly isHeldBack?: boolean;
}

/** A pool as a node serves it. */
export interface PresentPool {
  readonly id: string;
  readonly name: string;
  readonly audience?: Audience;
  readonly standing: PoolStanding;
  readonly endpoints: readonly PresentEndpoint[];
  /** Endpoints that may be answered, and how many must be for the pool to be healthy. */
  readonly answered: number;
  readonly minimum: number;
}

/** Why an endpoint is healthy or unhealthy, and in which region that was seen. */
export interface Why {
  readonly reason: string;
  /** As in Outcome. */
  readonly detail?: string;
  readonly region?: string;
}

/** Why something has a standing that no check gives it. */
const REASONS = {
  unknown: 'no result yet',
  unmonitored: 'nothing monitors it',
  disabled: 'it is disabled',
  maintenance: 'maintenance leaves none of its endpoints',
  deleted: 'it was deleted',
} as const;

const isJudged = (standing: PoolStanding) => standing === 'healthy' || standing === 'unhealthy';

/**
 * What turned in a pool since it was told of last. A pool or endpoint that nobody was told of counts as unknown, and
 * what it is by its configuration alone is no news. A pool without enough endpoints stays unknown while some have no
 * result yet, since it may still turn out healthy. What was told as unhealthy and comes back only since it is held back
 * is told as healthy when it is well, and not when it is out again. What is gone (`now` undefined: the whole
 * pool) was deleted, which is told where it was unhealthy, so that what began has its end; who did that is in the audit
 * trail.
 */
export function poolStep(
  id: string,
  was: ToldPool | undefined,
  now: PresentPool | undefined,
  whyOf: (endpoint: PresentEndpoint) => Why,
  atMs: number,
): Step {
  const subject = subjectOf('pool', id);
  if (now === undefined)
    return was === undefined ? NOTHING : { events: poolEnd(id, was, atMs), put: [], drop: [subject] };
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
  const state: ToldPool = { kind: 'pool', name: now.name, ...audience, standing, endpoints };
  const isSame =
    was?.standing === standing &&
    was.name === now.name &&
    JSON.stringify(was.audience) === JSON.stringify(now.audience) &&
    was.endpoints.length === endpoints.length &&
    endpoints.every(([name, each]) => known.get(name) === each);
  return isSame ? NOTHING : { events, put: [{ subject, state }], drop: [] };
}

/** The ends of endpoints that are gone. */
function endpointEnds(
  gone: ToldPool['endpoints'],
  common: Pick<EndpointEvent, 'pool' | 'poolName' | 'atMs' | 'audience'>,
): EndpointEvent[] {
  const turn = { was: 'unhealthy', now: 'deleted', reason: REASONS.deleted } as const;
  return gone
    .filter(([, standing]) => standing === 'unhealthy')
    .map(([endpoint]) => ({ kind: 'endpoint', ...common, endpoint, ...turn }));
}

/** The ends of a pool that is gone, and of its endpoints. */
function poolEnd(id: string, was: ToldPool, atMs: number): (EndpointEvent | PoolEvent)[] {
  const audience = was.audience && { audience: was.audience };
  const common = { pool: id, poolName: was.name ?? id, atMs, ...audience };
  const events: (EndpointEvent | PoolEvent)[] = endpointEnds(was.endpoints, common);
  if (was.standing === 'unhealthy')
    events.push({ kind: 'pool', ...common, was: 'unhealthy', now: 'deleted', reason: REASONS.deleted });
  return events;
}

/** The standing of an endpoint, unhealthy for longer where it was told so and is in only since that is held back. */
function untilItFailsAgain(told: Standing | undefined, { standing, isHeldBack }: PresentEndpoint): Standing {
  return isHeldBack && told === 'unhealthy' && standing === 'healthy' ? told : standing;
}

/** The standing of a pool, unknown for longer where that may still become healthy. */
function settled(was: PoolStanding | undefined, { standing, endpoints }: PresentPool): PoolStanding {
  const isOpen = endpoints.some((each) => each.standing === 'unknown' && each.override === undefined);
  return standing === 'unhealthy' && isOpen && !isJudged(was ?? 'unknown') ? 'unknown' : standing;
}

function poolReason(standing: PoolStanding, { answered, minimum, endpoints }: PresentPool): string {
  return standing === 'healthy' || standing === 'unhealthy'
    ? `${answered} of ${endpoints.length} endpoints may be answered, ${minimum} must be`
    : REASONS[standing];
}

const WORKER_REASONS: Readonly<Record<Presence, string>> = {
  live: 'it is there and has a vote',
  abstaining: 'it abstains: its own reference targets fail',
  absent: 'it left, or its lease ended',
};
const REGION_REASONS: Readonly<Record<Presence, string>> = {
  live: 'a worker is there and has a vote',
  abstaining: 'all of its workers abstain',
  absent: 'no worker is live',
};

/**
 * Which workers and regions came, went, abstain or no longer do. Who is not among `workers` has gone where `isGone` says
 * so of its subject: it may be no more than a restart.
 */
export function presenceSteps(
  told: ReadonlyMap<string, ToldState>,
  workers: readonly Worker[],
  isGone: (subject: string) => boolean,
  atMs: number,
): Step[] {
  const steps: Step[] = [];
  const present = new Set<string>();
  const presenceOf = (some: readonly Worker[]): Presence =>
    some.every(({ isAbstaining }) => isAbstaining) ? 'abstaining' : 'live';
  for (const each of workers) {
    const subject = subjectOf('worker', each.id);
    present.add(subject);
    const was = told.get(subject);
    const now = presenceOf([each]);
    const before = was?.kind === 'worker' ? was.presence : 'absent';
    if (before === now) continue;
    const refused = each.refusal === undefined ? undefined : `it abstains: ${each.refusal}`;
    const reason = (now === 'abstaining' ? refused : undefined) ?? WORKER_REASONS[now];
    const who = { worker: each.id, region: each.region, was: before, now, reason };
    const state: ToldState = { kind: 'worker', region: each.region, presence: now };
    steps.push({ events: [{ kind: 'worker', ...who, atMs }], put: [{ subject, state }], drop: [] });
  }
  for (const [region, some] of Map.groupBy(workers, (each) => each.region)) {
    const subject = subjectOf('region', region);
    present.add(subject);
    const was = told.get(subject);
    const now = presenceOf(some);
    const before = was?.kind === 'region' ? was.presence : 'absent';
    if (before === now) continue;
    const state: ToldState = { kind: 'region', presence: now };
    const event: ToldEvent = { kind: 'region', region, was: before, now, reason: REGION_REASONS[now], atMs };
    steps.push({ events: [event], put: [{ subject, state }], drop: [] });
  }
  for (const [subject, was] of told) {
    if ((was.kind !== 'worker' && was.kind !== 'region') || present.has(subject) || !isGone(subject))
      continue;
    const name = subject.slice(was.kind.length + 1);
    const turn = { was: was.presence, now: 'absent', atMs } as const;
    const event: ToldEvent =
      was.kind === 'worker'
        ? { kind: 'worker', worker: name, region: was.region, ...turn, reason: WORKER_REASONS.absent }
        : { kind: 'region', region: name, ...turn, reason: REGION_REASONS.absent };
    steps.push({ events: [event], put: [], drop: [subject] });
  }
  return steps;
}

/** Which overrides began, became another action, or ceased to hold at `atMs`, milliseconds since the epoch; `poolOf` gives pools as they are. */
export function overrideSteps(
  told: ReadonlyMap<string, ToldState>,
  overrides: ReadonlyMap<string, Override>,
  poolOf: (pool: string) => Pick<Pool, 'name' | 'endpoints'> | undefined,
  atMs: number,
): Step[] {
  const steps: Step[] = [];
  for (const each of overrides.values()) {
    if (phaseOf(each, atMs) !== 'active') continue;
    const subject = subjectOf('override', each.id);
    const was = told.get(subject);
    if (was?.kind === 'override' && was.action === each.action) continue;
    const { pool, endpoint, action, owner } = each;
    const poolName = poolOf(pool)?.name ?? pool;
    const about = { pool, poolName, ...(endpoint === undefined ? {} : { endpoint }), action, owner };
    const turn = { was: was === undefined ? 'pending' : 'active', now: 'active' } as const;
    const event: OverrideEvent = {
      kind: 'override',
      override: each.id,
      ...about,
      ...turn,
      reason: each.reason,
      atMs,
    };
    steps.push({ events: [event], put: [{ subject, state: { kind: 'override', ...about } }], drop: [] });
  }
  for (const [subject, was] of told) {
    if (was.kind !== 'override') continue;
    const id = subject.slice('override/'.length);
    const present = overrides.get(id);
    const now = present === undefined ? 'deleted' : phaseOf(present, atMs);
    if (now === 'active') continue;
    const reason = now === 'deleted' ? whyDeleted(was, poolOf(was.pool)) : OVERRIDE_REASONS[now];
    steps.push({ events: [overrideEnd(id, was, { now, reason, atMs })], put: [], drop: [subject] });
  }
  return steps;
}

const OVERRIDE_REASONS = { ended: 'its end has come', pending: 'it begins later' } as const;

function whyDeleted(was: ToldOverride, pool: Pick<Pool, 'endpoints'> | undefined): string {
  if (pool === undefined) return 'its pool was deleted';
  return hasTarget(pool, was) ? REASONS.deleted : 'its endpoint is no longer in the pool';
}

function overrideEnd(
  override: string,
  { kind, ...about }: ToldOverride,
  turn: Pick<OverrideEvent, 'now' | 'reason' | 'atMs'>,
): OverrideEvent {
  return { kind, override, ...about, was: 'active', ...turn };
}

/** An alarm that is raised, and what is said of it. */
export interface RaisedAlarm extends ToldAlarm {
  readonly reason: string;
  /** Since when it is raised for this cause, milliseconds since the epoch. */
  readonly sinceMs: number;
}

/**
 * Which alarms were raised and which are over; one that is raised for another cause than was told is over, and another one
 * is raised. `raised` is by subject.
 */
export function alarmSteps(
  told: ReadonlyMap<string, ToldState>,
  raised: ReadonlyMap<string, RaisedAlarm>,
  atMs: number,
): Step[] {
  const steps: Step[] = [];
  for (const [subject, { reason, sinceMs: _, ...state }] of raised) {
    const was = told.get(subject);
    const isKnown = was?.kind === 'alarm';
    if (isKnown && !isOtherCause(was, state)) continue;
    const before = isKnown ? [alarmEvent(was, 'quiet', ALARM_TEXTS[was.alarm].over, atMs)] : [];
    steps.push({
      events: [...before, alarmEvent(state, 'raised', reason, atMs)],
      put: [{ subject, state }],
      drop: [],
    });
  }
  for (const [subject, was] of told) {
    if (was.kind !== 'alarm' || raised.has(subject)) continue;
    const event = alarmEvent(was, 'quiet', ALARM_TEXTS[was.alarm].over, atMs);
    steps.push({ events: [event], put: [], drop: [subject] });
  }
  return steps;
}

/** Whether two alarms of one subject were raised for different causes. A program that tells no causes leaves that open. */
export function isOtherCause({ cause }: ToldAlarm, other: ToldAlarm): boolean {
  return cause !== undefined && other.cause !== undefined && cause !== other.cause;
}

/** An alarm that is raised, or is over. */
export function alarmEvent(
  { cause: _, ...alarm }: ToldAlarm,
  now: AlarmEvent['now'],
  reason: string,
  atMs: number,
): AlarmEvent {
  return { ...alarm, was: now === 'raised' ? 'quiet' : 'raised', now, reason, atMs };
}
