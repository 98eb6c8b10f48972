import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Check, CheckKey } from '../check/check.ts';
import type { Outcome } from '../check/outcome.ts';
import type { Worker } from '../check/worker.ts';
import type { Observation } from '../health/observation.ts';
import type { Store } from '../store/store.ts';
import { createLatency } from '../telemetry/latency.ts';
import type { WorkerReadings } from '../telemetry/readings.ts';
import { createRepeats } from '../telemetry/repeats.ts';
import type { ReferenceTarget } from '../voting/abstaining.ts';
import { createAbstention } from './abstention.ts';
import { createAssignedChecks } from './assignment/assigned-checks.ts';
import { createCheckIndex } from './assignment/check-index.ts';
import { startMembership } from './assignment/membership.ts';
import { createCertificateWarnings } from './certificate-warnings.ts';
import { conclude, unable } from './conclusion.ts';
import { followConfiguration } from './configuration.ts';
import { logDamage } from './damage-log.ts';
import { knownAddresses, lookupSecondsOf, mayUseUpItsTime, probesOf } from './expectation.ts';
import type { Logger } from './logger.ts';
import { startPreviews } from './previews.ts';
import { createPublisher } from './publish/publish.ts';
import { startReferences } from './references.ts';
import { createSay } from './say.ts';
import { createMetronome } from './schedule/metronome.ts';
import { createProbe, type Probe, type ProbeSettings } from './schedule/own-probe.ts';
import { createRunner } from './schedule/runner.ts';
import { createSchedule } from './schedule/schedule.ts';

/** Longest that stop() takes, milliseconds, whatever the store does. */
export const STOP_MS = 1_800;
/** How long a check that was handed over may wait for its new holder before the store is read to see. */
const RELEASE_CHECK_MS = 10_000;
/** Between two log lines about checks that this machine was unable to make. */
const FAULT_LOG_MS = 10_000;

/** What a worker works with. */
export interface MonitorOptions extends ProbeSettings {
  readonly store: Store;
  /** This worker's vantage label. */
  readonly region: string;
  readonly log: Logger;
  /** Workers of a region that run each check, at least 1; the same for all workers of the region. */
  readonly probersPerRegion: number;
  /** Probes running at a time, at least 1; a check of a host name makes one for each address. */
  readonly probesInFlightMax: number;
  /** Checks running at a time at one address or host name, at least 1; absent: as many. */
  readonly probesPerTargetMax?: number;
  /** Days before its end from which a certificate is warned of; 0: never. */
  readonly certificateWarningDays: number;
  /** Servers hear at once when results begin to contradict an endpoint's health; absent: when it turns. */
  readonly tellsTurning?: boolean;
  /** While more than half of these cannot be reached, what the checks find is not believed; absent: none. */
  readonly references?: readonly ReferenceTarget[];
  /** Absent: it probes for real, by its settings. */
  readonly probe?: Probe;
}

/** How a worker is doing: what its metrics tell, and more. */
export interface MonitorStatus extends WorkerReadings {
  /** Its reference targets cannot be reached, or the store refuses what it publishes: it has no vote. */
  readonly isAbstaining: boolean;
  /** Checks that are known in the configuration. */
  readonly checks: number;
  /** The store has lost its configuration and the old checks go on. */
  readonly isSuspect: boolean;
}

/** A worker that runs. */
export interface RunningMonitor {
  readonly worker: Worker;
  status(): MonitorStatus;
  /** Ends all checks, publishes what is left to publish and leaves; within STOP_MS, after which nothing is written. */
  stop(): Promise<void>;
}

/**
 * Starts a worker: it joins its region, shares the region's checks with the other workers there, runs its own and
 * publishes what they find. Does not wait for the store: where that is away, the worker starts when it comes.
 */
export async function startMonitor(options: MonitorOptions): Promise<RunningMonitor> {
  const { store, region, log, probersPerRegion, probesInFlightMax, now = Date.now } = options;
  const probe = options.probe ?? createProbe(options);
  const worker: Worker = { id: randomUUID(), region, startedAtMs: now() };
  const index = createCheckIndex(region);
  const endDamageLog = logDamage(store, log);
  const schedule = createSchedule();
  const certificateWarnings = createCertificateWarnings(options.certificateWarningDays, log);
  let live: readonly string[] = [];
  let faults = 0;
  const say = createSay();
  /** Since when checks are due that are not begun; of those skipped meanwhile, the first. */
  const dueSince = new Map<CheckKey, number>();
  const late = createLatency();
  let faultLoggedMs = Number.NEGATIVE_INFINITY;
  const unread = createRepeats();
  let refreshedMs = performance.now();
  /** What was heard while the store is being read, which may be newer than what is read; undefined: it is not. */
  let heardMeanwhile: Observation[] | undefined;
  let mustRefreshAgain = false;
  let isStopped = false;
  /** The term of the membership since whose start the store was read. */
  let caughtUpTerm = 0;

  const references = startReferences({
    targets: options.references ?? [],
    probe,
    changed: (isCutOff, failed) => abstention.cutOff(isCutOff, failed),
  });
  const metronome = createMetronome({
    now: gridClock,
    nextDueMs: () => schedule.nextDueMs,
    onTick: (nowMs) => {
      for (const key of schedule.takeDue(nowMs, noteDue)) runner.offer(key);
    },
  });
  const runner = createRunner({
    inFlightMax: probesInFlightMax,
    perTargetMax: options.probesPerTargetMax ?? probesInFlightMax,
    targetOf: (key) => index.get(key)?.address ?? '',
    probesOf: (key) => probesOf(assignedChecks.before(key) ?? index.get(key)?.address),
    isSlow: (key) => mayUseUpItsTime(assignedChecks.before(key)),
    run,
  });
  const membership = startMembership({
    store,
    worker,
    log,
    onLive,
    refused: (why) => abstention.refused(why),
  });
  const abstention = createAbstention({ region, log, tell: membership.setAbstaining, refresh });
  const publisher = createPublisher({
    store,
    log,
    refused: (why) => abstention.refused(why),
    caughtUp: () => abstention.refused(undefined),
    // What others found after a lease had ended may be newer than what waits to be published.
    lease: () => (membership.term === caughtUpTerm ? membership.lease : undefined),
    rejoin: (refused) => membership.rejoin(refused),
  });
  const previews = startPreviews({
    store,
    log,
    lease: () => (abstention.isCutOff ? undefined : membership.lease),
    probe,
  });
  const assignedChecks = createAssignedChecks({
    worker,
    index,
    probersPerRegion,
    begin: ({ key, monitor }) => {
      schedule.put(key, monitor.intervalSeconds * 1_000, monitor.modifiedOn, gridClock());
      metronome.arm();
    },
    end: (key) => {
      schedule.delete(key);
      runner.cancel(key);
      dueSince.delete(key);
      say.forget(key);
    },
    publish: (observation) => publisher.put(observation, true, []),
    drop: (key) => publisher.drop(key),
  });
  const configuration = followConfiguration({
    store,
    index,
    log,
    onLoaded: (touched, observations) => {
      if (isStopped || live.length === 0) return;
      assignedChecks.resync(observations);
      assignedChecks.reassign([...touched, ...index.keys()]);
    },
    onChanged: (touched) => {
      if (live.length > 0 && !isStopped) assignedChecks.reassign(touched);
    },
    onObserved: (observations) => {
      heardMeanwhile?.push(...observations);
      assignedChecks.observed(observations);
    },
  });

  function noteDue(key: CheckKey, dueMs: number): void {
    if (!dueSince.has(key)) dueSince.set(key, dueMs);
    const check = index.get(key);
    if (check === undefined || !say.due(key, check.monitor, lookupSecondsOf(check))) return;
    if (giveUpVote(check, true, 'no result for too long: it does not end, or there is no room for it'))
      logFault(
        { address: check.address },
        'a check has no result for too long: its endpoint keeps its health',
      );
  }

  function noteBegun(key: CheckKey): void {
    const dueMs = dueSince.get(key);
    if (dueMs === undefined || !dueSince.delete(key)) return;
    late.add(gridClock() - dueMs);
  }

  async function run(key: CheckKey, signal: AbortSignal): Promise<void> {
    noteBegun(key);
    for (let isTaken = false; !isTaken; ) isTaken = await runOnce(key, signal);
  }

  /** False: what came is too old to be believed, as others may have had the check since it began. */
  async function runOnce(key: CheckKey, signal: AbortSignal): Promise<boolean> {
    const check = index.get(key);
    if (check === undefined) return true;
    const { stay } = membership;
    try {
      const outcome = await probe(check, signal, knownAddresses(assignedChecks.before(key)));
      say.ended(key);
      // Found by a monitor as it was before an edit: the schedule has made the check due again.
      if (abstention.isCutOff || index.get(key)?.monitor.modifiedOn !== check.monitor.modifiedOn) return true;
      // What turns an endpoint unhealthy must not be the worker's own network, of which the newest is asked.
      if (turnsUnhealthy(check, outcome)) await references.afresh();
      await membership.confirm();
      if (signal.aborted || abstention.isCutOff || !assignedChecks.has(key)) return true;
      if (membership.stay !== stay) return false;
      say.taken(key);
      take(index.get(key) ?? check, outcome);
    } catch (err) {
      if (!signal.aborted) noteFault(check, err);
    } finally {
      say.settled(key);
    }
    return true;
  }

  /** This worker in its present stay. */
  const present = (): Worker => ({ ...worker, stay: membership.stay });

  const concluded = (check: Check, outcome: Outcome) =>
    conclude(check, outcome, assignedChecks.before(check.key), present(), now(), options.tellsTurning);

  function turnsUnhealthy(check: Check, outcome: Outcome): boolean {
    if (outcome.ok || assignedChecks.before(check.key)?.healthy === false) return false;
    return !concluded(check, outcome).observation.healthy;
  }

  function take(check: Check, outcome: Outcome): void {
    const { observation, changed, events } = concluded(check, outcome);
    publisher.put(observation, changed, assignedChecks.record(observation));
    publisher.add(events);
    certificateWarnings.take(check, outcome, observation.atMs);
    for (const { poolName: pool, endpoint, address, resolved, monitor, was, now: is, reason } of events)
      log.info(
        { pool, endpoint, address, resolved, monitor, was, now: is, reason, region },
        'health changed',
      );
  }

  function noteFault(check: Check, err: unknown): void {
    const { key, address } = check;
    faults++;
    giveUpVote(check, say.failed(key), err instanceof Error ? err.message : String(err));
    logFault({ err, address, faults }, 'a check could not be made: its endpoint keeps its health');
  }

  function logFault(fields: object, text: string): void {
    if (performance.now() < faultLoggedMs + FAULT_LOG_MS) return;
    faultLoggedMs = performance.now();
    log.error(fields, text);
  }

  /**
   * Where there is nothing to keep at the first fault, so that the reason is seen; else once there is no help. Says whether
   * it was.
   */
  function giveUpVote(check: Check, isHopeless: boolean, fault: string): boolean {
    if (abstention.isCutOff || !assignedChecks.has(check.key)) return false;
    const was = assignedChecks.before(check.key);
    const isOwn = was?.worker === worker.id;
    if (was !== undefined && (!isHopeless || (isOwn && was.fault !== undefined))) return false;
    const observation = unable(index.get(check.key) ?? check, fault, was, present(), now());
    publisher.put(observation, true, assignedChecks.record(observation));
    return true;
  }

  function onLive(workers: readonly Worker[], rejoined: boolean): void {
    // Nothing waits that could show whether the store takes it.
    if (publisher.isIdle) abstention.refused(undefined);
    const others = workers.filter(
      (other) => other.region === region && other.id !== worker.id && !other.isAbstaining,
    );
    const next = [worker.id, ...others.map(({ id }) => id)].sort();
    const isFirst = live.length === 0;
    const isGone = live.some((id) => !next.includes(id));
    const isSame = !isGone && next.length === live.length;
    const isWaiting = assignedChecks.releasing > 0 && performance.now() > refreshedMs + RELEASE_CHECK_MS;
    live = next;
    assignedChecks.setLive(next);
    if (!isSame) log.info({ region, workers: next.length }, 'workers of the region changed');
    if (isFirst || isGone || rejoined || isWaiting) void refresh();
    else if (!isSame) reassignAll();
  }

  /** Reads what the store holds before taking over, so that streaks and verdicts go on where they were. */
  async function refresh(): Promise<void> {
    if (heardMeanwhile !== undefined) {
      mustRefreshAgain = true;
      return;
    }
    const heard: Observation[] = [];
    heardMeanwhile = heard;
    mustRefreshAgain = false;
    refreshedMs = performance.now();
    const { term } = membership;
    try {
      const { observations } = await store.observations();
      const seconds = unread.over();
      if (seconds !== undefined) log.info({}, `Check results are read again, after ${seconds} s.`);
      if (configuration.isLoaded && !isStopped) assignedChecks.resync([...observations, ...heard]);
    } catch (err) {
      const unsaid = isStopped ? undefined : unread.due(String(err));
      if (unsaid !== undefined)
        log.warn(
          { err, unsaid },
          'Cannot read check results from the store. The worker goes on from those it heard of.',
        );
    }
    heardMeanwhile = undefined;
    caughtUpTerm = term;
    reassignAll();
    if (mustRefreshAgain && !isStopped) await refresh();
  }

  function reassignAll(): void {
    if (configuration.isLoaded && !isStopped) assignedChecks.reassign(index.keys());
  }

  async function leave(giveUp: AbortSignal): Promise<void> {
    const previewsEnd = previews.stop();
    await Promise.all([configuration.stop(), references.stop(), runner.stop()]);
    await Promise.all([publisher.stop(giveUp), previewsEnd]);
    if (giveUp.aborted) return;
    await membership.leave();
    log.info({ worker: worker.id }, 'left');
  }

  return {
    worker,
    status: () => ({
      isMember: membership.lease !== undefined,
      isAbstaining: abstention.isCutOff || abstention.refusal !== undefined,
      refusal: abstention.refusal,
      checks: index.size,
      held: assignedChecks.size,
      inFlight: runner.inFlight,
      waiting: runner.waiting,
      skipped: runner.skipped,
      late: late.reading,
      faults,
      isSuspect: configuration.isSuspect,
      published: publisher.published,
      publishFailures: publisher.failed,
    }),
    async stop() {
      isStopped = true;
      abstention.stop();
      metronome.stop();
      membership.stop();
      endDamageLog();
      const giveUp = new AbortController();
      const left = leave(giveUp.signal).catch((err: unknown) =>
        log.warn({ err }, 'could not leave in order'),
      );
      await Promise.race([left, sleep(STOP_MS, undefined, { signal: giveUp.signal }).catch(() => {})]);
      giveUp.abort();
    },
  };
}

/** The clock of the grid: the wall clock as it was at the start, going on without jumps. */
function gridClock(): number {
  return performance.timeOrigin + performance.now();
}
