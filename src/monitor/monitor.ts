import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '../check/worker.ts';
import type { Store } from '../store/store.ts';
import type { WorkerReadings } from '../telemetry/readings.ts';
import { programVersion } from '../telemetry/version.ts';
import type { ReferenceTarget } from '../voting/abstaining.ts';
import { createAbstention } from './abstention.ts';
import { createAssignedChecks } from './assignment/assigned-checks.ts';
import { createCheckIndex } from './assignment/check-index.ts';
import { startMembership } from './assignment/membership.ts';
import { createRebalance } from './assignment/rebalance.ts';
import { createCheckRuns } from './check-runs.ts';
import { followConfiguration } from './configuration.ts';
import { logDamage } from './damage-log.ts';
import { mayUseUpItsTime, probesOf } from './expectation.ts';
import type { Logger } from './logger.ts';
import { startPreviews } from './previews.ts';
import { createResultPublisher } from './publish/publish.ts';
import { startReferences } from './references.ts';
import { createMetronome } from './schedule/metronome.ts';
import { createProbe, type Probe, type ProbeSettings } from './schedule/own-probe.ts';
import { createRunner } from './schedule/runner.ts';
import { createSchedule } from './schedule/schedule.ts';

/** Longest time that stop() takes, whatever the store does, milliseconds. */
export const STOP_MS = 1_800;

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
  readonly publishesContradictions?: boolean;
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
  const { store, region, log, epochMs = Date.now } = options;
  const running = { host: hostname(), version: programVersion() };
  const worker: Worker = { id: randomUUID(), region, ...running, startedAtMs: epochMs() };
  const endDamageLog = logDamage(store, log);
  const parts = startParts(options, worker, epochMs);
  const { index, runs, runner, publisher, abstention, membership, assignedChecks, configuration } = parts;

  async function leave(giveUp: AbortSignal): Promise<void> {
    const previewsEnd = parts.previews.stop();
    await Promise.all([configuration.stop(), parts.references.stop(), runner.stop()]);
    await Promise.all([publisher.stop(giveUp), previewsEnd]);
    if (giveUp.aborted) return;
    await membership.leave();
    log.info({ worker: worker.id }, 'This worker left.');
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
      late: runs.late,
      faults: runs.faults,
      isSuspect: configuration.isSuspect,
      published: publisher.published,
      publishFailures: publisher.failed,
    }),
    async stop() {
      parts.rebalance.stop();
      abstention.stop();
      parts.metronome.stop();
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

/** Starts the parts of a worker, each of which knows those that it calls. */
function startParts(options: MonitorOptions, worker: Worker, epochMs: () => number) {
  const { store, region, log, probersPerRegion, probesInFlightMax } = options;
  const probe = options.probe ?? createProbe(options);
  const index = createCheckIndex(region);
  const schedule = createSchedule();

  const references = startReferences({
    targets: options.references ?? [],
    probe,
    changed: (isCutOff, failed) => abstention.cutOff(isCutOff, failed),
  });
  const metronome = createMetronome({
    gridMs: gridClock,
    nextDueMs: () => schedule.nextDueMs,
    onTick: (gridMs) => {
      for (const key of schedule.takeDue(gridMs, runs.due)) runner.offer(key);
    },
  });
  const runner = createRunner({
    inFlightMax: probesInFlightMax,
    perTargetMax: options.probesPerTargetMax ?? probesInFlightMax,
    targetOf: (key) => index.get(key)?.address ?? '',
    probesOf: (key) => probesOf(assignedChecks.before(key) ?? index.get(key)?.address),
    isSlow: (key) => mayUseUpItsTime(assignedChecks.before(key)),
    run: (key, signal) => runs.run(key, signal),
  });
  const membership = startMembership({
    store,
    worker,
    log,
    onLive: (workers, rejoined) => {
      // Nothing waits to be published that could show whether the store takes it.
      if (publisher.isIdle) abstention.refused(undefined);
      rebalance.live(workers, rejoined);
    },
    refused: (why) => abstention.refused(why),
  });
  const abstention = createAbstention({
    region,
    log,
    announce: membership.setAbstaining,
    refresh: () => rebalance.refresh(),
  });
  const publisher = createResultPublisher({
    store,
    log,
    refused: (why) => abstention.refused(why),
    caughtUp: () => abstention.refused(undefined),
    // After a lease had ended, observations of others may be newer than the ones that wait to be published.
    lease: () => (membership.term === rebalance.caughtUpTerm ? membership.lease : undefined),
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
      runs.forget(key);
    },
    publish: (observation) => publisher.put(observation, true, []),
    drop: (key) => publisher.drop(key),
  });
  const runs = createCheckRuns({
    worker,
    index,
    log,
    probe,
    membership,
    abstention,
    references,
    assignedChecks,
    publisher,
    certificateWarningDays: options.certificateWarningDays,
    publishesContradictions: options.publishesContradictions,
    epochMs,
    gridMs: gridClock,
  });
  const configuration = followConfiguration({
    store,
    index,
    log,
    onLoaded: (touched, observations) => rebalance.loaded(touched, observations),
    onChanged: (touched) => rebalance.changed(touched),
    onObserved: (observations) => rebalance.observed(observations),
  });
  const rebalance = createRebalance({ store, worker, index, assignedChecks, membership, configuration, log });
  return {
    index,
    references,
    metronome,
    runner,
    membership,
    abstention,
    publisher,
    previews,
    assignedChecks,
    runs,
    configuration,
    rebalance,
  };
}

/** Returns the time of the grid: the wall clock at the start of the process, continued without jumps, milliseconds. */
function gridClock(): number {
  return performance.timeOrigin + performance.now();
}
