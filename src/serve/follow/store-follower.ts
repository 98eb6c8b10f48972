import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Worker } from '../../check/worker.ts';
import type { Configuration } from '../../store/contract/documents.ts';
import { StoreDamaged, StoreRefused } from '../../store/contract/failure.ts';
import type { Following } from '../../store/contract/feed.ts';
import type { WorkerStore } from '../../store/contract/workers.ts';
import { type Disbelief, disbeliefIn } from '../../store/integrity/belief.ts';
import type { Alarms } from '../alarm/alarms.ts';
import { watchDamage } from '../alarm/damaged-store.ts';
import { createDisbelievedStore, type DisbelievedStore } from '../alarm/disbelieved-store.ts';
import { createLostRegionsLog } from '../alarm/lost-regions-log.ts';
import { createUncheckedPoolsLog } from '../alarm/unchecked-pools-log.ts';
import { createLoader } from './loader.ts';
import { readStore } from './read-store.ts';
import type { RefreshOptions } from './refresh-options.ts';
import { createReportingRegions, type ReportingRegions } from './reporting-regions.ts';
import type { ServedState } from './served-state.ts';
import { createStorePresence, type StorePresence } from './store-presence.ts';

/** Pause between two steps of a load while answers are given, so that other work goes on, milliseconds. */
const PAUSE_MS = 10;

/** Brings what the store has into the served state. */
export interface StoreFollower {
  /** Reads the whole store and follows it from then on. Resolves after the first attempt. */
  load(): Promise<void>;
  /** Reads the whole store again, because a change could not be taken in. */
  reload(error: unknown): void;
  /** Yields to other work, for longer once answers are given. */
  giveWay(): Promise<void>;
  /** Reads which workers are live. While the store is away the ones before stay, so that no verdict changes by that. */
  readWorkers(): Promise<void>;
  readonly presence: Pick<
    StorePresence,
    'isConnected' | 'awayMs' | 'withoutReadsMs' | 'lastAbsence' | 'refusal'
  >;
  readonly disbelieved: Pick<DisbelievedStore, 'why' | 'isSetBack'>;
  readonly regions: Pick<ReportingRegions, 'silentMs'>;
  /** Number of records of the store that cannot be read. */
  readonly damagedRecords: number;
  stop(): Promise<void>;
}

/** Dependencies of createStoreFollower. */
export interface StoreFollowerOptions
  extends Pick<RefreshOptions, 'store' | 'log' | 'lastGood' | 'loaded' | 'after'> {
  readonly state: ServedState;
  readonly alarms: Alarms;
  /** Called when the store was read, before what it has is taken in. */
  readonly read: () => void;
}

/** Creates a follower, which reads nothing before load() is called. */
export function createStoreFollower(options: StoreFollowerOptions): StoreFollower {
  const { store, log, state, alarms, lastGood } = options;
  const { publication } = state;
  const monotonicMs = () => performance.now();
  const revision = () => state.position?.revision ?? 0;
  const presence = createStorePresence(log, revision);
  const regions = createReportingRegions(monotonicMs);
  const disbelieved = createDisbelievedStore(alarms, monotonicMs);
  const unchecked = createUncheckedPoolsLog(alarms, monotonicMs);
  const lostRegions = createLostRegionsLog(alarms);
  const damage = watchDamage({
    store,
    alarms,
    log,
    poolNamed: (id) => state.configured.pool(id)?.name,
    changed: () => void loader.now(),
  });
  const loader = createLoader(load, failed);
  let following: Following | undefined;
  let isFollowing = false;
  /** The latest reading of a store that is not believed, so that only changes need to be read again. */
  let doubted: Configuration | undefined;
  let isStopped = false;

  const isAnswering = () => publication.hasPublished || options.after !== undefined;
  const noteConnected = (up: boolean, refusal?: string) => void (isStopped || presence.note(up, refusal));

  async function giveWay(): Promise<void> {
    await (isAnswering() ? sleep(PAUSE_MS) : turn());
  }

  const readWorkers = createWorkersReader(
    store,
    () => isStopped,
    (workers) => {
      presence.answered();
      for (const { region } of workers) regions.active(region);
      state.setWorkers(workers);
      if (!presence.isConnected) return;
      unchecked.look(state.configured.pools.values(), revision(), state.health.liveWorkers);
      lostRegions.look(regions.silentMs, workers);
    },
  );

  /** Handles a failed load. `unsaid`: see Repeats.due. */
  function failed(err: unknown, unsaid: number | undefined): void {
    publication.release('reading');
    if (err instanceof StoreDamaged) {
      // The store is reachable, and cannot be read as a whole.
      const { epoch = '', revision: known = 0 } = state.position ?? {};
      disbelieve({ kind: 'damaged', why: err.loss }, { epoch, revision: known, documents: [] });
      return;
    }
    if (unsaid !== undefined)
      log.warn({ err, ready: isAnswering(), unsaid }, 'Cannot read the store. Lifeguard tries again.');
    noteConnected(false, err instanceof StoreRefused ? err.why : undefined);
  }

  /** Keeps what is served, because the store is not believed. */
  function disbelieve(disbelief: Disbelief, read: Configuration): void {
    publication.release('reading');
    disbelieved.found(disbelief, read, state.configured.pools.values(), revision());
    noteConnected(true);
  }

  /** Loads the store. Returns false where it must be read again, as a store that is not believed. */
  async function load(): Promise<boolean> {
    const { read: found, observed, workers } = await readStore(store, giveWay, doubted);
    const read = state.mend(found);
    options.read();
    if (isStopped) return true;
    const disbelief = await disbeliefIn(store, read, state);
    if (isStopped) return true;
    // The feed brought newer revisions meanwhile, which must not be undone.
    if (isFollowing && read.epoch === state.position?.epoch && read.revision < revision()) return false;
    const takeHealth = () => {
      state.setWorkers(workers);
      state.observe(observed.observations);
    };
    if (disbelief !== undefined) {
      doubted = disbelief.kind === 'damaged' ? undefined : found;
      disbelieve(disbelief, read);
      // Observations of workers are valid all the same.
      takeHealth();
      return false;
    }
    doubted = undefined;
    disbelieved.over(read.revision);
    publication.hold('reading');
    state.replace(read);
    lastGood?.replace(read);
    options.loaded?.(read);
    await giveWay();
    if (isStopped) return true;
    for (const each of observed.observations) if (!each.ended) regions.known(each.region);
    takeHealth();
    publication.release('reading');
    await following?.stop();
    if (isStopped) return true;
    following = follow(observed.position);
    isFollowing = true;
    noteConnected(true);
    return true;
  }

  function notTakenIn(err: unknown): void {
    const unsaid = loader.fault(err);
    if (unsaid === undefined) return;
    const text = 'A change could not be taken in. Lifeguard reads the whole store again.';
    log.error({ err, revision: revision(), unsaid }, text);
  }

  /** Follows the store from the state that is served and from this observation on. */
  function follow(observation: string): Following {
    return store.follow(
      { ...state.position!, observation },
      {
        changed: state.apply,
        observed(observations) {
          for (const { region } of observations) regions.active(region);
          state.observe(observations, 'observation');
          // A new worker: its observations count only once it is on the roster.
          if (observations.some(({ worker }) => !state.health.isLive(worker))) void readWorkers();
        },
        lost() {
          isFollowing = false;
          const unsaid = loader.lost();
          if (unsaid === undefined) return;
          const text = 'The change feed starts after this revision. Reloading the store.';
          log.warn({ revision: revision(), unsaid }, text);
        },
        failed: notTakenIn,
        connected: noteConnected,
      },
    );
  }

  return {
    load: loader.now,
    reload(err) {
      notTakenIn(err);
      void loader.now();
    },
    giveWay,
    readWorkers,
    presence,
    disbelieved,
    regions,
    get damagedRecords() {
      return store.damage?.count ?? 0;
    },
    async stop() {
      isStopped = true;
      loader.stop();
      damage.stop();
      await following?.stop();
    },
  };
}

/** Creates the function that reads the live workers, one reading at a time. While the store is away it takes in nothing. */
function createWorkersReader(
  store: Pick<WorkerStore, 'workers'>,
  isStopped: () => boolean,
  take: (workers: readonly Worker[]) => void,
): () => Promise<void> {
  let isReading = false;
  return async () => {
    if (isReading || isStopped()) return;
    isReading = true;
    try {
      take(await store.workers());
    } catch {
      // The store is away.
    } finally {
      isReading = false;
    }
  };
}
