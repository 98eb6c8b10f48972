import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { ALARM_TEXTS } from '../../event/alarm.ts';
import type { AlarmEvent } from '../../event/event.ts';
import {
  FIRST_LOOK,
  subjectOf,
  type ToldPool,
  type ToldState,
  type ToldSubject,
} from '../../event/reported.ts';
import {
  alarmEvent,
  alarmSteps,
  isOtherCause,
  NOTHING,
  overrideSteps,
  poolStep,
  presenceSteps,
  type RaisedAlarm,
  type Step,
} from '../../event/transitions.ts';
import { type Lead, type Store, StoreRefused, StoreUnavailable, type Telling } from '../../store/store.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import { REGION_GRACE_MS } from '../../voting/roster.ts';
import type { Refresh } from '../follow/refresh.ts';
import { presentPool, whyOf } from '../health/pool-view.ts';
import type { Logger } from '../logger.ts';
import type { Leadership } from './leadership.ts';
import { deleteLeftOverrides } from './left-overrides.ts';

/** How often the node that leads looks for what is to be told. */
export const TELL_INTERVAL_MS = 250;
/** Events, or subjects, after which what was found is written: a small part of what a telling may hold, so that no write takes the store long. */
export const WRITE_EVENTS = 250;
/** Events, or subjects, told in a second at the most: the store has its workers' results to take in, which matter more. */
export const TELL_PER_SECOND_MAX = 500;
/** Lines logged for one write at the most: a line takes longer to write than its event, and a log of thousands is read by nobody. */
export const TOLD_LINES_MAX = 25;
/** Pools looked at in one turn of the event loop. */
const TURN_POOLS = 200;
/** Whoever leads says that an alarm is over only after so long: right after a start it does not know of all that are not. */
export const SETTLED_MS = 10_000;
/** What one lead knows is kept for so long after it, in case this node leads again and nobody has in between. */
export const TERM_KEPT_MS = 60_000;
/** Shorter absences of the store are not told. */
export const STORE_AWAY_MS = 5_000;

const STORE_REFUSES = subjectOf('alarm', 'store_refuses/');
/** Refusals of the store that are over and wait to be told; of more the oldest are in the log alone. */
const REFUSALS_UNTOLD_MAX = 20;

/** What startTeller works with. */
export interface TellerOptions {
  readonly store: Pick<Store, 'told' | 'tell' | 'commit'>;
  readonly leadership: Pick<Leadership, 'lead' | 'lost' | 'yield' | 'isOthers'>;
  readonly refresh: Refresh;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
  /** Milliseconds of a clock that does not jump. */
  readonly now?: () => number;
}

/** Tells what happened, as long as this node leads. */
export interface Teller {
  stop(): Promise<void>;
}

/** A refusal of the store's of which nothing was told. */
interface UntoldRefusal {
  readonly alarm: RaisedAlarm;
  /** When it was over; absent: it is not. */
  untilMs?: number;
}

/** What one lead knows of what was told. */
interface Term {
  lead: Lead;
  /** What was told of pools, of which there may be many, and of all else, which is looked through each time. */
  readonly pools: Map<string, ToldPool>;
  readonly others: Map<string, ToldState>;
  /** Pools that may stand otherwise than was told. */
  marked: Set<string>;
  /** Subjects that are not there (any more), and since when. */
  readonly missing: Map<string, number>;
  readonly sinceMs: number;
  /** Nobody ever looked at everything: what is so already where nothing was told is no news. */
  isFirst: boolean;
}

/**
 * Tells of every transition since it was told of last, whoever did that: by comparing what the store says was told with
 * what this node serves. It never makes anybody wait: it follows what is marked in its own time, one write after the
 * other. A write whose outcome is not known is not repeated; what was told is read again instead.
 */
export function startTeller(options: TellerOptions): Teller {
  const { store, leadership, refresh, log } = options;
  const { nowMs = Date.now, now = () => performance.now() } = options;
  let term: Term | undefined;
  let ledMs = Number.NEGATIVE_INFINITY;
  let seen = refresh.presence.lastAbsence;
  /** An absence of the store that is over and not told, and until when it is worth telling. */
  let absence: { readonly step: Step; readonly untilMs: number } | undefined;
  /** Refusals of the store's, each of one cause and the last maybe not over yet, of which nothing was told. */
  let refusals: UntoldRefusal[] = [];
  /** The step that tells of those that are over: they are told when it is written. */
  let telling: { readonly step: Step; readonly over: readonly UntoldRefusal[] } | undefined;
  const stopping = new AbortController();
  const repeats = createRepeats();
  const unwatch = refresh.watch((pools) => {
    for (const id of pools) term?.marked.add(id);
  });

  /** Reads what was told, after this node has the lead or when it does not know what became of a write. */
  async function begin(lead: Lead): Promise<Term> {
    // Marks come in from here on: nothing that turns meanwhile is missed.
    const fresh: Term = {
      lead,
      pools: new Map(),
      others: new Map(),
      marked: new Set(refresh.configured.pools.keys()),
      missing: new Map(),
      sinceMs: now(),
      isFirst: false,
    };
    term = fresh;
    for (const [subject, state] of await store.told()) {
      note(fresh, subject, state);
      if (state.kind === 'pool') fresh.marked.add(subject.slice('pool/'.length));
    }
    fresh.isFirst = !fresh.others.has(FIRST_LOOK.subject);
    return fresh;
  }

  function note({ pools, others }: Term, subject: string, state: ToldState): void {
    if (state.kind === 'pool') pools.set(subject, state);
    else others.set(subject, state);
  }

  /** Takes in the last absence of the store, unless another node leads: that one tells its own. */
  function noteAbsence(): void {
    if (leadership.isOthers) absence = undefined;
    const { lastAbsence } = refresh.presence;
    if (lastAbsence === seen) return;
    seen = lastAbsence;
    if (lastAbsence === undefined || !refresh.isReady) return;
    const awayMs = lastAbsence.untilMs - lastAbsence.fromMs;
    if (awayMs < STORE_AWAY_MS) return;
    const alarm = { kind: 'alarm', alarm: 'store_away', about: '', pools: [] } as const;
    const { raised, over } = ALARM_TEXTS.store_away;
    const reason = `${raised} (for ${Math.round(awayMs / 1_000)} seconds)`;
    const atMs = Math.round(nowMs() - (now() - lastAbsence.untilMs));
    const events = [
      alarmEvent(alarm, 'raised', reason, Math.round(atMs - awayMs)),
      alarmEvent(alarm, 'quiet', over, atMs),
    ];
    absence = { step: { ...NOTHING, events }, untilMs: now() + SETTLED_MS };
  }

  function noteRefusal(): void {
    const alarm = refresh.alarms.raised.get(STORE_REFUSES);
    const last = refusals.at(-1);
    if (last !== undefined && last.alarm.sinceMs !== alarm?.sinceMs)
      last.untilMs ??= alarm?.sinceMs ?? nowMs();
    if (alarm === undefined || last?.alarm.sinceMs === alarm.sinceMs) return;
    refusals = [...refusals, { alarm }].slice(-REFUSALS_UNTOLD_MAX);
  }

  /**
   * The beginnings and ends of refusals that are over, where not even their beginnings could be told. One that was told to
   * begin, before or in them, ends with the next one of another cause.
   */
  function* refusalsOver({ others }: Term): Generator<Step> {
    const over = refusals.filter(({ untilMs }) => untilMs !== undefined);
    const told = others.get(STORE_REFUSES);
    let begun = told?.kind === 'alarm' ? told : undefined;
    const events: AlarmEvent[] = [];
    const quiet = ALARM_TEXTS.store_refuses.over;
    for (const { alarm: raised, untilMs } of over) {
      const { reason, sinceMs, ...alarm } = raised;
      if (begun !== undefined && !isOtherCause(begun, alarm)) continue;
      if (begun !== undefined) events.push(alarmEvent(begun, 'quiet', quiet, sinceMs));
      begun = undefined;
      events.push(alarmEvent(alarm, 'raised', reason, sinceMs), alarmEvent(alarm, 'quiet', quiet, untilMs!));
    }
    const step = {
      ...NOTHING,
      events,
      drop: told !== undefined && begun === undefined ? [STORE_REFUSES] : [],
    };
    if (events.length > 0) {
      telling = { step, over };
      yield step;
    } else refusals = refusals.filter((each) => !over.includes(each));
  }

  /** Whether a worker or region has been missing for long enough. */
  function isGone({ missing }: Term, subject: string): boolean {
    const since = missing.get(subject);
    if (since === undefined) missing.set(subject, now());
    return since !== undefined && now() - since >= REGION_GRACE_MS;
  }

  function presenceNow(of: Term): Step[] {
    const { liveWorkers } = refresh.health;
    for (const { id, region } of liveWorkers) {
      of.missing.delete(subjectOf('worker', id));
      of.missing.delete(subjectOf('region', region));
    }
    const steps = presenceSteps(of.others, liveWorkers, (subject) => isGone(of, subject), nowMs());
    for (const subject of steps.flatMap(({ drop }) => drop)) of.missing.delete(subject);
    return steps;
  }

  function alarmsNow({ others, sinceMs }: Term): Step[] {
    const steps = alarmSteps(others, refresh.alarms.raised, nowMs());
    return now() - sinceMs < SETTLED_MS ? steps.filter(({ drop }) => drop.length === 0) : steps;
  }

  function poolNow({ pools }: Term, id: string): Step {
    const was = pools.get(subjectOf('pool', id));
    const pool = refresh.configured.pool(id);
    const why = (name: string) => whyOf(pool!, pool!.endpoints.find((each) => each.name === name)!, refresh);
    const present = pool && presentPool(pool, refresh);
    return poolStep(id, was, present, ({ name }) => why(name), nowMs());
  }

  /** All that is to be told now; pools a few at a time, between which others get their turn. */
  async function* found(of: Term): AsyncGenerator<Step> {
    if (absence !== undefined && now() < absence.untilMs) yield absence.step;
    else absence = undefined;
    yield* refusalsOver(of);
    yield* alarmsNow(of);
    const pool = (id: string) => refresh.configured.pool(id);
    const isNew = ({ subject }: ToldSubject) => !of.pools.has(subject) && !of.others.has(subject);
    const quiet = (step: Step) => (of.isFirst && step.put.some(isNew) ? { ...step, events: [] } : step);
    for (const step of presenceNow(of)) yield quiet(step);
    for (const step of overrideSteps(of.others, refresh.overrides.all, pool, nowMs())) yield quiet(step);
    const marked = of.marked;
    of.marked = new Set();
    let looked = 0;
    for (const id of marked) {
      if (++looked % TURN_POOLS === 0) await turn();
      yield quiet(poolNow(of, id));
    }
    if (of.isFirst) yield { ...NOTHING, put: [FIRST_LOOK] };
    of.isFirst = false;
  }

  /** Writes some of what was found; false: this node leads no more. */
  async function write(of: Term, telling: Telling): Promise<boolean> {
    if ((await store.tell(of.lead, telling)) === 'fenced') {
      leadership.lost(of.lead);
      return false;
    }
    for (const { subject, state } of telling.put) note(of, subject, state);
    for (const subject of telling.drop) for (const told of [of.pools, of.others]) told.delete(subject);
    // Every node says its alarms in its log when they come.
    const lines = telling.events.filter(({ kind }) => kind !== 'alarm');
    for (const line of lines.slice(0, TOLD_LINES_MAX)) {
      const { kind, atMs: _, audience: __, ...fields } = { audience: undefined, ...line };
      log.info(fields, `${kind} changed`);
    }
    const more = lines.length - TOLD_LINES_MAX;
    if (more > 0) log.info({ more }, 'More changed than is logged. "lifeguard events" shows all of it.');
    return true;
  }

  async function tellAll(of: Term): Promise<boolean> {
    let steps: Step[] = [];
    let size = 0;
    const flush = async () => {
      const all = steps;
      const written = size;
      steps = [];
      size = 0;
      const whole = {
        events: all.flatMap(({ events }) => events),
        put: all.flatMap(({ put }) => put),
        drop: all.flatMap(({ drop }) => drop),
      };
      if (all.length === 0) return true;
      const toldOf = absence;
      const writtenMs = now();
      const isWritten = await write(of, whole);
      // An absence of the store is told when it is written: the next one may come between.
      if (isWritten && toldOf !== undefined && all.includes(toldOf.step)) absence = undefined;
      if (isWritten && telling !== undefined && all.includes(telling.step)) {
        const { over } = telling;
        refusals = refusals.filter((each) => !over.includes(each));
      }
      const pauseMs = (written * 1_000) / TELL_PER_SECOND_MAX - (now() - writtenMs);
      if (isWritten && pauseMs > 0) await pause(pauseMs);
      return isWritten;
    };
    for await (const step of found(of)) {
      const more = Math.max(step.events.length, step.put.length + step.drop.length);
      if (more === 0) continue;
      if (size + more > WRITE_EVENTS && !(await flush())) return false;
      steps.push(step);
      size += more;
    }
    return flush();
  }

  /** What is known already: of this lead, or of the one right before, since when nobody can have told anything. */
  function goesOn(lead: Lead): Term | undefined {
    if (lead.token === (term?.lead.token ?? 0) + 1 && term !== undefined) term.lead = lead;
    return term?.lead.token === lead.token ? term : undefined;
  }

  async function look(): Promise<void> {
    noteAbsence();
    noteRefusal();
    const { lead } = leadership;
    if (lead === undefined || !refresh.isReady || !refresh.isConnected) {
      if (now() - ledMs > TERM_KEPT_MS) term = undefined;
      return;
    }
    ledMs = now();
    const present = goesOn(lead) ?? (await begin(lead));
    if (!(await tellAll(present))) term = undefined;
    else await deleteLeftOverrides(store, refresh, nowMs());
  }

  /** Ends early when this is stopped. */
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look();
        // Without the lead nothing is told, so that nothing fails.
        const seconds = leadership.lead === undefined ? undefined : repeats.over();
        if (seconds !== undefined) log.info({}, `What happens is told again, after ${seconds} s.`);
      } catch (error) {
        if (error instanceof StoreRefused && term !== undefined) leadership.yield(term.lead);
        term = undefined;
        // Whatever it is, nobody must go without an answer or a verdict for it.
        const level = error instanceof StoreUnavailable ? 'warn' : 'error';
        const unsaid = repeats.due(String(error));
        if (unsaid !== undefined)
          log[level]({ err: error, unsaid }, 'what happened could not be told: it is looked up again');
      }
      await pause(TELL_INTERVAL_MS);
    }
  }
  const running = run();

  return {
    async stop() {
      stopping.abort();
      unwatch();
      await running;
    },
  };
}
