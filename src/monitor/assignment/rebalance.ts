import type { CheckKey } from '../../check/check.ts';
import type { Worker } from '../../check/worker.ts';
import type { Observation } from '../../health/observation.ts';
import { createPieces } from '../../pace/next-turn.ts';
import type { ObservationStore } from '../../store/contract/observations.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import type { ConfigurationFollower } from '../configuration.ts';
import type { Logger } from '../logger.ts';
import type { AssignedChecks } from './assigned-checks.ts';
import type { CheckIndex } from './check-index.ts';
import type { Membership } from './membership.ts';

/** Time that a handed-over check waits for an observation of its new worker, before the store is read, milliseconds. */
const RELEASE_CHECK_MS = 10_000;

/** Dependencies of createRebalance. */
export interface RebalanceOptions {
  readonly store: Pick<ObservationStore, 'observations'>;
  readonly worker: Worker;
  readonly index: CheckIndex;
  readonly assignedChecks: AssignedChecks;
  readonly membership: Pick<Membership, 'term'>;
  readonly configuration: Pick<ConfigurationFollower, 'isLoaded'>;
  readonly log: Logger;
}

/** Divides the checks of a region anew when its live workers, the configuration or the observations of others change. */
export interface Rebalance {
  /** Takes in the live workers. `rejoined`: the lease had ended meanwhile, so others may have taken over. */
  live(workers: readonly Worker[], rejoined: boolean): void;
  /** The whole configuration was read: these checks changed or ended, and these observations are in the store. */
  loaded(touched: Iterable<CheckKey>, observations: readonly Observation[]): void;
  /** These checks changed. */
  changed(touched: Iterable<CheckKey>): void;
  /** Takes in observations that others of the region published. */
  observed(observations: readonly Observation[]): void;
  /** Reads the observations of the store before taking over checks, so that streaks and health continue. Never rejects. */
  refresh(): Promise<void>;
  /** The term of the membership in which the store was read last; 0: it was not read yet. */
  readonly caughtUpTerm: number;
  stop(): void;
}

/** Creates the division of a region without live workers. */
export function createRebalance(options: RebalanceOptions): Rebalance {
  const { store, worker, index, assignedChecks, membership, configuration, log } = options;
  const { region } = worker;
  const unread = createRepeats();
  let ids: readonly string[] = [];
  let refreshedMs = performance.now();
  /** Observations that came in while the store is being read, which may be newer; undefined: it is not being read. */
  let meanwhile: Observation[] | undefined;
  let mustRefreshAgain = false;
  /** The reading of the store that goes on, its repetitions included; undefined: none does. */
  let refreshing: Promise<void> | undefined;
  let caughtUpTerm = 0;
  let isStopped = false;
  /** Number of readings of all observations that were begun to be taken in. A newer one ends an older one. */
  let readings = 0;
  /** All checks are to be divided anew, and a pass that does so goes on. */
  let isDivisionDue = false;
  let isDividing = false;

  /** A call during a reading that goes on waits for another one after that, which may know more. */
  function refresh(): Promise<void> {
    mustRefreshAgain = true;
    refreshing ??= (async () => {
      while (mustRefreshAgain && !isStopped) await refreshOnce();
      refreshing = undefined;
    })();
    return refreshing;
  }

  async function refreshOnce(): Promise<void> {
    const newer: Observation[] = [];
    meanwhile = newer;
    mustRefreshAgain = false;
    refreshedMs = performance.now();
    const { term } = membership;
    let isWhole = true;
    try {
      const { observations } = await store.observations();
      const seconds = unread.over();
      if (seconds !== undefined) log.info({}, `Check results are read again, after ${seconds} s.`);
      if (configuration.isLoaded && !isStopped)
        isWhole = await resync(newer.length === 0 ? observations : [...observations, ...newer]);
    } catch (err) {
      const unsaid = isStopped ? undefined : unread.due(String(err));
      if (unsaid !== undefined)
        log.warn(
          { err, unsaid },
          'Cannot read check results from the store. The worker goes on from those it received.',
        );
    }
    meanwhile = undefined;
    if (isWhole) caughtUpTerm = term;
    else mustRefreshAgain = true;
    reassignAll();
  }

  /**
   * Takes in all observations, in pieces between which the event loop does other work. Returns false where another reading,
   * which may be older, was taken in meanwhile.
   */
  async function resync(observations: readonly Observation[]): Promise<boolean> {
    const reading = ++readings;
    const pause = createPieces();
    for (const _ of assignedChecks.resync(observations)) {
      const paused = pause();
      if (paused === undefined) continue;
      await paused;
      if (reading !== readings || isStopped) return false;
    }
    return true;
  }

  function reassignAll(): void {
    isDivisionDue = true;
    if (!isDividing) void divide();
  }

  /** Divides all checks anew, in pieces, until no further division is due. */
  async function divide(): Promise<void> {
    isDividing = true;
    const pause = createPieces();
    while (isDivisionDue && configuration.isLoaded && !isStopped) {
      isDivisionDue = false;
      for (const key of index.keys()) {
        assignedChecks.reassign(key);
        const paused = pause();
        if (paused !== undefined) await paused;
        if (isStopped) break;
      }
      assignedChecks.sweep(index.touchedPools);
    }
    isDividing = false;
  }

  function reassign(touched: Iterable<CheckKey>): void {
    for (const key of touched) assignedChecks.reassign(key);
    assignedChecks.sweep(index.touchedPools);
  }

  return {
    live(workers, rejoined) {
      const others = workers.filter(
        (other) => other.region === region && other.id !== worker.id && !other.isAbstaining,
      );
      const next = [worker.id, ...others.map(({ id }) => id)].sort();
      const isFirst = ids.length === 0;
      const isGone = ids.some((id) => !next.includes(id));
      const isSame = !isGone && next.length === ids.length;
      const isWaiting = assignedChecks.releasing > 0 && performance.now() > refreshedMs + RELEASE_CHECK_MS;
      ids = next;
      assignedChecks.setLive(next);
      if (!isSame) log.info({ region, workers: next.length }, 'The live workers of the region changed.');
      if (isFirst || isGone || rejoined || isWaiting) void refresh();
      else if (!isSame) reassignAll();
    },
    loaded(touched, observations) {
      if (isStopped || ids.length === 0) return;
      readings += 1;
      for (const _ of assignedChecks.resync(observations));
      reassign(touched);
      reassignAll();
    },
    changed(touched) {
      if (ids.length > 0 && !isStopped) reassign(touched);
    },
    observed(observations) {
      meanwhile?.push(...observations);
      assignedChecks.observed(observations);
    },
    refresh,
    get caughtUpTerm() {
      return caughtUpTerm;
    },
    stop() {
      isStopped = true;
    },
  };
}
