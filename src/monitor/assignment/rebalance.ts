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
import { createLostResults } from './lost-results.ts';
import type { Membership } from './membership.ts';

/** Time that a handed-over check waits for an observation of its new worker, before the store is read, milliseconds. */
const RELEASE_CHECK_MS = 10_000;

/** Dependencies of createRebalance. */
export interface RebalanceOptions {
  readonly store: Pick<ObservationStore, 'observations' | 'observed'>;
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
  const { worker, assignedChecks, configuration, membership, log } = options;
  const { region } = worker;
  let ids: readonly string[] = [];
  let isStopped = false;
  const division = createDivision(options, () => configuration.isLoaded && !isStopped);
  const reading = createReading(options, division.all);
  const lostResults = createLostResults({ ...options, publishAgain: reading.refresh });

  return {
    live(workers, rejoined) {
      const others = workers.filter(
        (other) => other.region === region && other.id !== worker.id && !other.isAbstaining,
      );
      const next = [worker.id, ...others.map(({ id }) => id)].sort();
      const isFirst = ids.length === 0;
      const isGone = ids.some((id) => !next.includes(id));
      const isSame = !isGone && next.length === ids.length;
      const isWaiting =
        assignedChecks.releasing > 0 && performance.now() > reading.beganMs + RELEASE_CHECK_MS;
      ids = next;
      assignedChecks.setLive(next);
      if (!isSame) log.info({ region, workers: next.length }, 'The live workers of the region changed.');
      if (isFirst || isGone || rejoined || isWaiting) void reading.refresh();
      else if (!isSame) division.all();
      if (reading.caughtUpTerm === membership.term) void lostResults.look();
    },
    loaded(touched, observations) {
      if (isStopped || ids.length === 0) return;
      reading.take(observations);
      division.of(touched);
      division.all();
    },
    changed(touched) {
      if (ids.length > 0 && !isStopped) division.of(touched);
    },
    observed(observations) {
      reading.observed(observations);
      assignedChecks.observed(observations);
    },
    refresh: reading.refresh,
    get caughtUpTerm() {
      return reading.caughtUpTerm;
    },
    stop() {
      isStopped = true;
      reading.stop();
    },
  };
}

/** Divides checks anew: those that changed at once, all of them in pieces. */
interface Division {
  of(touched: Iterable<CheckKey>): void;
  all(): void;
}

function createDivision(
  { index, assignedChecks }: Pick<RebalanceOptions, 'index' | 'assignedChecks'>,
  mayDivide: () => boolean,
): Division {
  /** All checks are to be divided anew, and a pass that does so goes on. */
  let isDue = false;
  let isDividing = false;

  /** Divides all checks anew, in pieces, until no further division is due. */
  async function divide(): Promise<void> {
    isDividing = true;
    const pause = createPieces();
    while (isDue && mayDivide()) {
      isDue = false;
      for (const key of index.keys()) {
        assignedChecks.reassign(key);
        const paused = pause();
        if (paused !== undefined) await paused;
        if (!mayDivide()) break;
      }
      assignedChecks.sweep(index.touchedPools);
    }
    isDividing = false;
  }

  return {
    of(touched) {
      for (const key of touched) assignedChecks.reassign(key);
      assignedChecks.sweep(index.touchedPools);
    },
    all() {
      isDue = true;
      if (!isDividing) void divide();
    },
  };
}

/** Reads the observations of the store, one reading at a time. */
interface Reading extends Pick<Rebalance, 'refresh' | 'caughtUpTerm' | 'stop'> {
  /** Takes in all observations of a reading that another part made. A reading that goes on here ends. */
  take(observations: readonly Observation[]): void;
  /** Notes observations that came by the feed. */
  observed(observations: readonly Observation[]): void;
  /** When the last reading began, by performance.now(). */
  readonly beganMs: number;
}

function createReading(
  { store, assignedChecks, membership, configuration, log }: RebalanceOptions,
  done: () => void,
): Reading {
  const unread = createRepeats();
  let beganMs = performance.now();
  /** Observations that came in while the store is being read, which may be newer; undefined: it is not being read. */
  let meanwhile: Observation[] | undefined;
  let mustReadAgain = false;
  /** The reading of the store that goes on, its repetitions included; undefined: none does. */
  let underWay: Promise<void> | undefined;
  let caughtUpTerm = 0;
  let isStopped = false;
  /** Number of readings of all observations that were begun to be taken in. A newer one ends an older one. */
  let readings = 0;

  async function readOnce(): Promise<void> {
    const newer: Observation[] = [];
    meanwhile = newer;
    mustReadAgain = false;
    beganMs = performance.now();
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
    else mustReadAgain = true;
    done();
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

  return {
    /** A call during a reading that goes on waits for another one after that, which may know more. */
    refresh() {
      mustReadAgain = true;
      underWay ??= (async () => {
        while (mustReadAgain && !isStopped) await readOnce();
        underWay = undefined;
      })();
      return underWay;
    },
    take(observations) {
      readings += 1;
      for (const _ of assignedChecks.resync(observations));
    },
    observed: (observations) => void meanwhile?.push(...observations),
    get beganMs() {
      return beganMs;
    },
    get caughtUpTerm() {
      return caughtUpTerm;
    },
    stop() {
      isStopped = true;
    },
  };
}
