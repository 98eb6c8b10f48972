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
import { createOwnVotes } from './own-votes.ts';
import { startPreviews } from './previews.ts';
import { createResultPublisher } from './publish/publish.ts';
import { startReferences } from './references.ts';
import { createMetronome } from './schedule/metronome.ts';
import { createProbe, type Probe, type ProbeSettings } from './schedule/own-probe.ts';
import { createRunner } from './schedule/runner.ts';
import { createSchedule } from './schedule/schedule.ts';

/** Longest time that stop() takes, whatever the store does, milliseconds. */
export const STOP_MS = 1_800;
/** Time that a handed-over check waits for an observation of its new worker, before the store is read, milliseconds. */
const RELEASE_CHECK_MS = 10_000;
/** Time between two log lines about checks that this machine cannot run, milliseconds. */
const FAULT_LOG_MS = 10_000;

/** Dependencies and settings of a worker. */
export interface MonitorOptions extends ProbeSettings {
  readonly store: Store;
  /** The region of this worker. */
  readonly region: string;
  readonly log: Logger;
  /** Number of workers of a region that run each check, at least 1; the same for all workers of the region. */
  readonly probersPerRegion: number;
  /** Maximum of probes that run at a time, at least 1. A check of a host name makes one for each address. */
  readonly probesInFlightMax: number;
  /** Maximum of checks that run at a time at one address or host name, at least 1; absent: `probesInFlightMax`. */
  readonly probesPerTargetMax?: number;
  /** Days before the end of a certificate from which on it is warned of; 0: never. */
  readonly certificateWarningDays: number;
  /** true: publishes at once when results begin to contradict an endpoint's health; absent: when the health changes. */
  readonly tellsTurning?: boolean;
  /** Reference targets: while more than half of them are unreachable, the worker abstains; absent: none. */
  readonly references?: readonly ReferenceTarget[];
  /** The probe; absent: a real one by these settings. */
  readonly probe?: Probe;
}

/** The state of a worker: its metrics, and more. */
export interface MonitorStatus extends WorkerReadings {
  /** true: its reference targets are unreachable, or the store refuses its results, and it has no vote. */
  readonly isAbstaining: boolean;
  /** Number of checks in the configuration. */
  readonly checks: number;
  /** true: the store is not believed, and the checks of before go on. */
  readonly isSuspect: boolean;
}

/** A running worker. */
export interface RunningMonitor {
  readonly worker: Worker;
  status(): MonitorStatus;
  /** Ends all checks, publishes the remaining results and leaves the roster, within STOP_MS. Nothing is written after that. */
  stop(): Promise<void>;
}

/**
 * Starts a worker. It joins its region, shares the checks with the other workers there, runs its own and publishes the
 * results. It does not wait for the store: while that is away, the worker waits in the background.
 */
export async function startMonitor(options: MonitorOptions): Promise<RunningMonitor> {
  const { store, region, log, probersPerRegion, probesInFlightMax, epochMs = Date.now } = options;
  const probe = options.probe ?? createProbe(options);
  const worker: Worker = { id: randomUUID(), region, startedAtMs: epochMs() };
  const index = createCheckIndex(region);
  const endDamageLog = logDamage(store, log);
  const schedule = createSchedule();
  const certificateWarnings = createCertificateWarnings(options.certificateWarningDays, log);
  let live: readonly string[] = [];
  let faults = 0;
  const say = createOwnVotes();
  /** Since when checks that did not begin are due; of skipped times, the first. */
  const dueSince = new Map<CheckKey, number>();
  const late = createLatency();
  let faultLoggedMs = Number.NEGATIVE_INFINITY;
  const unread = createRepeats();
  let refreshedMs = performance.now();
  /** Observations that came in while the store is being read, which may be newer; undefined: it is not being read. */
  let heardMeanwhile: Observation[] | undefined;
  let mustRefreshAgain = false;
  let isStopped = false;
  /** The term of the membership in which the store was read. */
  let caughtUpTerm = 0;

  const references = startReferences({
    targets: options.references ?? [],
    probe,
    changed: (isCutOff, failed) => abstention.cutOff(isCutOff, failed),
  });
  const metronome = createMetronome({
    gridMs: gridClock,
    nextDueMs: () => schedule.nextDueMs,
    onTick: (gridMs) => {
      for (const key of schedule.takeDue(gridMs, noteDue)) runner.offer(key);
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
  const publisher = createResultPublisher({
    store,
    log,
    refused: (why) => abstention.refused(why),
    caughtUp: () => abstention.refused(undefined),
    // After a lease had ended, observations of others may be newer than the ones that wait to be published.
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
    epochMs,
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
    if (
      giveUpVote(
        check,
        true,
        'no result for too long: the probe does not end, or too many others are waiting',
      )
    )
      logFault(
        { address: check.address },
        'A check had no result for too long. Its endpoint keeps its last health.',
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

  /** Runs a check once. Returns false where the outcome must be discarded, since other workers may have had the check meanwhile. */
  async function runOnce(key: CheckKey, signal: AbortSignal): Promise<boolean> {
    const check = index.get(key);
    if (check === undefined) return true;
    const { incarnation: stay } = membership;
    try {
      const outcome = await probe(check, signal, knownAddresses(assignedChecks.before(key)));
      say.ended(key);
      // The monitor was edited meanwhile, and the schedule has made the check due again.
      if (abstention.isCutOff || index.get(key)?.monitor.modifiedOn !== check.monitor.modifiedOn) return true;
      // Before an endpoint becomes unhealthy, the worker makes sure that its own network works.
      if (turnsUnhealthy(check, outcome)) await references.afresh();
      await membership.confirm();
      if (signal.aborted || abstention.isCutOff || !assignedChecks.has(key)) return true;
      if (membership.incarnation !== stay) return false;
      say.taken(key);
      take(index.get(key) ?? check, outcome);
    } catch (err) {
      if (!signal.aborted) noteFault(check, err);
    } finally {
      say.settled(key);
    }
    return true;
  }

  /** Returns this worker in its current incarnation. */
  const workerNow = (): Worker => ({ ...worker, stay: membership.incarnation });

  const concluded = (check: Check, outcome: Outcome) =>
    conclude(check, outcome, assignedChecks.before(check.key), workerNow(), epochMs(), options.tellsTurning);

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
    logFault({ err, address, faults }, 'Cannot run a check. Its endpoint keeps its last health.');
  }

  function logFault(fields: object, text: string): void {
    if (performance.now() < faultLoggedMs + FAULT_LOG_MS) return;
    faultLoggedMs = performance.now();
    log.error(fields, text);
  }

  /**
   * Publishes that this worker has no vote on a check: at the first fault where there is no observation yet, so that the
   * reason is seen; else only where `isHopeless`. Returns true when it did.
   */
  function giveUpVote(check: Check, isHopeless: boolean, fault: string): boolean {
    if (abstention.isCutOff || !assignedChecks.has(check.key)) return false;
    const was = assignedChecks.before(check.key);
    const isOwn = was?.worker === worker.id;
    if (was !== undefined && (!isHopeless || (isOwn && was.fault !== undefined))) return false;
    const observation = unable(index.get(check.key) ?? check, fault, was, workerNow(), epochMs());
    publisher.put(observation, true, assignedChecks.record(observation));
    return true;
  }

  function onLive(workers: readonly Worker[], rejoined: boolean): void {
    // Nothing waits to be published that could show whether the store takes it.
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
    if (!isSame) log.info({ region, workers: next.length }, 'The live workers of the region changed.');
    if (isFirst || isGone || rejoined || isWaiting) void refresh();
    else if (!isSame) reassignAll();
  }

  /** Reads the observations of the store before taking over checks, so that streaks and health continue. */
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
        log.warn({ err }, 'The worker could not end its lease, which ends by itself.'),
      );
      await Promise.race([left, sleep(STOP_MS, undefined, { signal: giveUp.signal }).catch(() => {})]);
      giveUp.abort();
    },
  };
}

/** Returns the time of the grid: the wall clock at the start of the process, continued without jumps, milliseconds. */
function gridClock(): number {
  return performance.timeOrigin + performance.now();
}
