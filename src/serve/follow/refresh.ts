import { setImmediate as turn } from 'node:timers/promises';
import type { StorePosition } from '../../store/contract/documents.ts';
import { positionOf } from '../../store/integrity/belief.ts';
import type { Remembered } from '../../store/last-good/file.ts';
import { type Alarms, createAlarms } from '../alarm/alarms.ts';
import { logForeignAliases } from '../alarm/foreign-aliases-log.ts';
import type { RefreshOptions } from './refresh-options.ts';
import { createServedState, type ServedState } from './served-state.ts';
import { createStoreFollower, type StoreFollower } from './store-follower.ts';
import { READS_REFUSED } from './store-presence.ts';

/** Time that the last good state waits for the store, which may have newer documents, milliseconds. */
export const LAST_GOOD_WAIT_MS = 300;
/** Time between two readings of the live workers, milliseconds. */
export const WORKERS_INTERVAL_MS = 1_000;

/** Follows the store and updates the table of answers. */
export interface Refresh
  extends Pick<
      ServedState,
      | 'configured'
      | 'health'
      | 'ended'
      | 'overrides'
      | 'transitions'
      | 'latency'
      | 'statusOf'
      | 'watchResults'
      | 'addressesMax'
      | 'answerOf'
      | 'choiceOf'
      | 'loadBalancers'
      | 'useSettings'
      | 'zones'
    >,
    Pick<StoreFollower, 'presence' | 'disbelieved' | 'regions' | 'damagedRecords'> {
  /** true: the state of the store, or the last good state, is published. */
  readonly isReady: boolean;
  /** Pools and zones of the store that cannot be read, and of which this node knows nothing that it could serve. */
  readonly unread: ServedState['unread'];
  readonly unreadNames: ServedState['unreadNames'];
  /** Resolves after the first attempt to read the store, when everything known is published. */
  readonly tried: Promise<void>;
  readonly revision: number;
  /** The state of the store that this node follows; undefined: none yet. */
  readonly position: StorePosition | undefined;
  /** The store and the revision that the whole table shows; undefined: nothing yet, or changes are being published. */
  readonly published: StorePosition | undefined;
  readonly alarms: Alarms;
  /** Calls back with pools whose status may have changed. Call the returned function to end that. */
  readonly watch: ServedState['publication']['watch'];
  /** Publishes soon what another than the store made new. */
  publishSoon(): void;
  stop(): Promise<void>;
}

/** Starts from the last good state, where there is one, and follows the store as soon as it is there. Never throws. */
export function startRefresh(options: RefreshOptions): Refresh {
  const { store, log, lastGood, after } = options;
  const alarms = createAlarms(log);
  /** Why the store refuses writes, or else why it refuses to be read. */
  const refusal = () => options.refusal?.() ?? readRefusal();
  const state = createServedState({
    ...options,
    alarms,
    refusal,
    unreadable: (loadBalancer, err) =>
      log.error({ loadBalancer, err }, 'Cannot read a load balancer. It does not answer; all others do.'),
    failed: (error) => follower.reload(error),
  });
  const { publication } = state;
  /** Publishes the last good state where the store does not come in time. */
  let waiting: NodeJS.Timeout | undefined;
  let isStopped = false;
  const tried = Promise.withResolvers<void>();
  const follower = createStoreFollower({
    ...options,
    store,
    state,
    alarms,
    read: () => clearTimeout(waiting),
  });

  function readRefusal(): string | undefined {
    const why = follower.presence.refusal;
    return why && `${READS_REFUSED}${why}`;
  }

  function startFrom(remembered: Remembered | undefined): void {
    if (remembered === undefined) return;
    const { configuration, verdicts } = remembered;
    state.replace(configuration);
    state.seed(verdicts);
    const documents = configuration.damaged?.documents;
    if (documents !== undefined)
      log.error({ documents }, 'The last good state has damaged documents, which are left out.');
    const { revision } = positionOf(configuration);
    log.info({ revision, pools: state.configured.pools.size }, 'Starting from the last good state.');
    // The store may have newer documents soon.
    publication.hold('reading');
    waiting = setTimeout(() => publication.release('reading'), LAST_GOOD_WAIT_MS);
  }

  async function loadFirst(): Promise<void> {
    await follower.load();
    while (!publication.isIdle && !isStopped) await turn();
    tried.resolve();
    if (!isStopped) await logForeignAliases(state.zones, log);
  }

  /** While saved answers are served, others work in between. */
  async function beginInPieces(): Promise<void> {
    try {
      const remembered = isStopped ? undefined : await lastGood?.loadInPieces();
      if (!isStopped) startFrom(remembered);
    } catch (err) {
      log.error({ err }, 'Cannot use the last good state.');
    }
    if (!isStopped) void loadFirst();
  }

  if (after === undefined) {
    // Before anything is answered, the start fails where this cannot be used.
    startFrom(lastGood?.load());
    void loadFirst();
  } else void after.then(follower.giveWay).then(beginInPieces);
  const workersTimer = setInterval(() => {
    state.tick();
    void follower.readWorkers();
  }, WORKERS_INTERVAL_MS);

  const { configured, health, ended, overrides, transitions, latency, statusOf, watchResults } = state;
  const { answerOf, choiceOf, loadBalancers, useSettings } = state;
  const { presence, disbelieved, regions } = follower;
  return {
    configured,
    health,
    ended,
    overrides,
    transitions,
    latency,
    statusOf,
    watchResults,
    get addressesMax() {
      return state.addressesMax;
    },
    answerOf,
    choiceOf,
    loadBalancers,
    useSettings,
    get zones() {
      return state.zones;
    },
    presence,
    disbelieved,
    regions,
    get damagedRecords() {
      return follower.damagedRecords;
    },
    get isReady() {
      return publication.hasPublished;
    },
    get unread() {
      return state.unread;
    },
    get unreadNames() {
      return state.unreadNames;
    },
    tried: tried.promise,
    get revision() {
      return state.position?.revision ?? 0;
    },
    get position() {
      return state.position;
    },
    get published() {
      return publication.hasPublished && publication.isIdle ? state.position : undefined;
    },
    alarms,
    watch: publication.watch,
    publishSoon() {
      // Before anything is known there is nothing to publish, and saved answers may be served.
      if (state.position !== undefined) publication.publishSoon();
    },
    async stop() {
      isStopped = true;
      clearInterval(workersTimer);
      clearTimeout(waiting);
      state.stop();
      await follower.stop();
    },
  };
}
