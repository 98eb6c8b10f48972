import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { CheckKey } from '../../check/check.ts';
import type { Observation } from '../../health/observation.ts';
import type { EndpointHealth } from '../../pool/members.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import { disbeliefIn, positionAfter, positionOf } from '../../store/integrity/belief.ts';
import { keepDocuments } from '../../store/kept-documents.ts';
import type { Configuration, Following, StoredDocument, StorePosition } from '../../store/store.ts';
import { verdictKeyOf } from '../../voting/region-scope.ts';
import { type Alarms, createAlarms } from '../alarm/alarms.ts';
import { watchDamage } from '../alarm/damaged-store.ts';
import { createDisbelievedStore, type DisbelievedStore } from '../alarm/disbelieved-store.ts';
import { createHealthLogs } from '../alarm/health-logs.ts';
import { createUncheckedPoolsLog } from '../alarm/unchecked-pools-log.ts';
import { createEndedResults, type EndedResults } from '../health/ended-results.ts';
import { endpointHealth, inheritedVerdict } from '../health/endpoint-health.ts';
import { createHealthState, type HealthState } from '../health/health-state.ts';
import { poolStateOf } from '../publish/pool-state.ts';
import { createTransitionCounts, type TransitionCounts } from '../publish/pool-transitions.ts';
import { createPoolWatchers, type PoolWatchers } from '../publish/pool-watchers.ts';
import { createPoolWriter } from '../publish/pool-writer.ts';
import { createServedOverrides, type ServedOverrides } from '../publish/served-overrides.ts';
import { createUpdateLatency, type UpdateLatency, type UpdateSource } from '../publish/update-latency.ts';
import { type Configured, createConfigured } from './configured.ts';
import { createLoader } from './loader.ts';
import { readStore } from './read-store.ts';
import type { RefreshOptions } from './refresh-options.ts';
import { createReportingRegions, type ReportingRegions } from './reporting-regions.ts';
import { createStorePresence, type StorePresence } from './store-presence.ts';

/** Pause between two steps of a load, which takes long where there are many pools, milliseconds. */
const PAUSE_MS = 10;
/** Time that the last good state waits for the store, which may have newer documents, milliseconds. */
export const LAST_GOOD_WAIT_MS = 300;
/** Time between two readings of the live workers, milliseconds. */
export const WORKERS_INTERVAL_MS = 1_000;

/** Follows the store and updates the table of answers. */
export interface Refresh {
  /** true: the state of the store, or the last good state, is published. */
  readonly isReady: boolean;
  /** Resolves after the first attempt to read the store, when everything known is published. */
  readonly tried: Promise<void>;
  /** true: the store is connected now. */
  readonly isConnected: boolean;
  readonly awayMs: StorePresence['awayMs'];
  readonly presence: Pick<StorePresence, 'lastAbsence'>;
  readonly revision: number;
  /** The store and the revision that the whole table shows; undefined: nothing yet, or changes are being published. */
  readonly published: StorePosition | undefined;
  readonly disbelieved: Pick<DisbelievedStore, 'why' | 'isSetBack'>;
  readonly health: HealthState;
  readonly ended: Pick<EndedResults, 'of' | 'inPool'>;
  readonly configured: Configured;
  readonly overrides: Pick<ServedOverrides, 'of' | 'all' | 'left' | 'nextChangeMs'>;
  readonly alarms: Alarms;
  /** Number of records of the store that cannot be read. */
  readonly damagedRecords: number;
  readonly latency: UpdateLatency;
  readonly regions: Pick<ReportingRegions, 'silentMs'>;
  readonly transitions: Pick<TransitionCounts, 'of'>;
  /** Calls back with pools whose status may have changed. Call the returned function to end that. */
  readonly watch: PoolWatchers['watch'];
  /** Calls back also with pools whose endpoints have new results, as for another reason. */
  readonly watchResults: PoolWatchers['watch'];
  /** Returns the health of an endpoint of a pool. */
  healthOf(pool: Pool, endpoint: Endpoint): EndpointHealth;
  stop(): Promise<void>;
}

/** Starts from the last good state, where there is one, and follows the store as soon as it is there. Never throws. */
export function startRefresh(options: RefreshOptions): Refresh {
  const { store, publisher, zones, log, lastGood, probersPerRegion } = options;
  const health = createHealthState({
    probersPerRegion,
    monotonicMs: () => performance.now(),
    ...(options.region === undefined ? {} : { region: options.region }),
    ...options.policy,
  });
  const configured = createConfigured({
    checkReplaced: (check, scope, predecessors) => {
      const held = inheritedVerdict(predecessors, health);
      if (held === undefined) return;
      health.seed(check, held.healthy, held.addresses);
      health.seed(verdictKeyOf(check, scope), held.healthy, held.addresses);
      // Decides the verdict in this scope by its current votes, which may differ already.
      health.verdictOf(check, scope);
      remember(check);
    },
    checkEnded: (check) => {
      for (const { key } of health.verdictsOf(check)) lastGood?.forget(key);
      health.forget(check);
      logs.forget(check);
    },
  });
  const ended = createEndedResults();
  const alarms = createAlarms(log);
  const disbelieved = createDisbelievedStore(alarms, () => performance.now());
  const watchers = createUncheckedPoolsLog(alarms, () => performance.now());
  const logs = createHealthLogs({
    alarms,
    health,
    configured,
    certificateWarningDays: options.certificateWarningDays ?? 0,
    epochMs: options.epochMs ?? Date.now,
    refusal: options.refusal ?? (() => undefined),
  });
  /** The store and the revision that are served; undefined: none yet. */
  let position: StorePosition | undefined;
  const revisionNow = () => position?.revision ?? 0;
  const latency = createUpdateLatency(() => performance.now());
  const regions = createReportingRegions(() => performance.now());
  const transitions = createTransitionCounts();
  const pools = createPoolWriter({
    publisher,
    stateOf: (id) => poolStateOf({ configured, turns: transitions, healthOf }, id),
    revision: revisionNow,
    latency,
  });
  const found = createPoolWatchers();
  pools.watch(found.tell);
  const overrides = createServedOverrides({
    epochMs: options.epochMs ?? Date.now,
    changed(ids) {
      pools.mark(ids);
    },
    poolOf: configured.pool,
  });
  /** Returns the fields of a log line that say what is served. */
  const served = () => ({ revision: revisionNow() });
  const presence = createStorePresence(log, revisionNow);
  const noteConnected = (up: boolean) => void (isStopped || presence.note(up));
  const held = keepDocuments();
  const damaged = watchDamage({
    store,
    alarms,
    log,
    poolNamed: (id) => configured.pool(id)?.name,
    changed: () => void loader.now(),
  });
  const loader = createLoader(load, (err, unsaid) => {
    pools.release();
    if (unsaid !== undefined)
      log.warn({ err, ready: isAnswering(), unsaid }, 'Cannot read the store. Lifeguard tries again.');
    noteConnected(false);
  });
  const tried = Promise.withResolvers<void>();
  /** Publishes the last good state where the store does not come in time. */
  let waiting: NodeJS.Timeout | undefined;
  let isStopped = false;
  let following: Following | undefined;
  let isFollowing = false;
  /** The latest reading of a store that is not believed, so that only changes need to be read again. */
  let doubted: Configuration | undefined;
  let readingWorkers = false;

  function healthOf(pool: Pool, endpoint: Endpoint): EndpointHealth {
    const known = endpointHealth(pool, configured.checksOf(pool, endpoint), health);
    const override = overrides.of(pool, endpoint)?.action;
    return override === undefined ? known : { ...known, override };
  }

  function remember(check: CheckKey): void {
    for (const { key, healthy, addresses } of health.verdictsOf(check))
      if (healthy !== undefined) lastGood?.hold(key, { healthy, addresses });
  }

  function markChecks(checks: readonly CheckKey[], source?: UpdateSource): void {
    for (const check of checks) {
      pools.mark(configured.usersOf(check), source);
      remember(check);
    }
    logs.observed(checks);
  }

  /** Takes in observations. Returns the checks whose verdict changed. */
  function observe(observations: readonly Observation[]): CheckKey[] {
    const turned = health.observe(ended.take(observations));
    found.tell(observations.flatMap(({ check }) => [...configured.usersOf(check)]));
    return turned;
  }

  /** Applies the clock to the verdicts. The last good state keeps the undamped ones. */
  function tick(): void {
    for (const check of health.tick()) {
      pools.mark(configured.usersOf(check));
      remember(check);
    }
  }

  async function readWorkers(): Promise<void> {
    if (readingWorkers || isStopped) return;
    readingWorkers = true;
    try {
      const workers = await store.workers();
      presence.heard();
      for (const { region } of workers) regions.heard(region);
      markChecks(health.setWorkers(workers));
      if (presence.isConnected) watchers.look(configured.pools.values(), revisionNow(), health.liveWorkers);
    } catch {
      // The store is away: the live workers stay live, so that no verdict changes because of that.
    } finally {
      readingWorkers = false;
    }
  }

  const isAnswering = () => pools.hasPublished || options.after !== undefined;

  /** Yields to other work, for longer once answers are served. */
  async function giveWay(): Promise<void> {
    await (isAnswering() ? sleep(PAUSE_MS) : nextTurn());
  }

  /** Serves these documents, and numbers zones by them. Where they cannot be taken in, the ones before stay. */
  function replace(read: Configuration): void {
    const before = [...held.all];
    try {
      take(read.documents);
    } catch (error) {
      take(before);
      throw error;
    }
    held.replace(read.documents);
    zones?.number(read);
    if (zones !== undefined) publisher.setZones(zones.all);
  }

  function take(documents: readonly StoredDocument[]): void {
    pools.mark(configured.load(documents));
    pools.mark(overrides.load(documents));
    zones?.load(documents);
  }

  /** Loads the store. Returns false where it must be read again, as a store that is not believed. */
  async function load(): Promise<boolean> {
    const { read: found, observed, workers } = await readStore(store, giveWay, doubted);
    const read = held.mend(found);
    clearTimeout(waiting);
    if (isStopped) return true;
    const disbelief = await disbeliefIn(store, read, { position, has: held.has });
    if (isStopped) return true;
    // The feed brought newer revisions meanwhile, which must not be undone.
    if (isFollowing && read.epoch === position?.epoch && read.revision < revisionNow()) return false;
    if (disbelief !== undefined) {
      pools.release();
      disbelieved.found(disbelief, read, configured.pools.values(), revisionNow());
      doubted = disbelief.kind === 'damaged' ? undefined : found;
      noteConnected(true);
      // Observations of workers are valid all the same.
      markChecks([...health.setWorkers(workers), ...observe(observed.observations)]);
      return false;
    }
    doubted = undefined;
    disbelieved.over(read.revision);
    pools.hold();
    replace(read);
    position = positionOf(read);
    lastGood?.replace(read);
    options.loaded?.(read);
    await giveWay();
    if (isStopped) return true;
    for (const each of observed.observations) if (!each.ended) regions.known(each.region);
    markChecks([...health.setWorkers(workers), ...observe(observed.observations)]);
    pools.release();
    await following?.stop();
    if (isStopped) return true;
    following = store.follow(
      { ...position, observation: observed.position },
      {
        changed(change) {
          position = positionAfter(read, change);
          held.apply(change);
          pools.mark(configured.apply(change));
          pools.mark(overrides.apply(change));
          if (zones?.apply(change)) publisher.setZones(zones.all);
          lastGood?.apply(change);
          pools.publishSoon('configuration');
        },
        observed(observations) {
          for (const { region } of observations) regions.heard(region);
          markChecks(observe(observations), 'observation');
          // A new worker: its observations count only once it is on the roster.
          if (observations.some(({ worker }) => !health.isLive(worker))) void readWorkers();
        },
        lost() {
          isFollowing = false;
          const unsaid = loader.lost();
          if (unsaid !== undefined)
            log.warn(
              { ...served(), unsaid },
              'The change feed starts after this revision. Reloading the store.',
            );
        },
        failed(err) {
          const unsaid = loader.fault(err);
          const text = 'A change could not be taken in. Lifeguard reads the whole store again.';
          if (unsaid !== undefined) log.error({ err, ...served(), unsaid }, text);
        },
        connected: noteConnected,
      },
    );
    isFollowing = true;
    noteConnected(true);
    return true;
  }

  async function loadFirst(): Promise<void> {
    await loader.now();
    while (!pools.isIdle && !isStopped) await nextTurn();
    tried.resolve();
  }

  function startFromLastGood(): void {
    const remembered = lastGood?.load();
    if (remembered === undefined) return;
    position = positionOf(remembered.configuration);
    replace(remembered.configuration);
    for (const [check, { healthy, addresses }] of remembered.verdicts) health.seed(check, healthy, addresses);
    const documents = remembered.configuration.damaged?.documents;
    if (documents !== undefined)
      log.error({ documents }, 'The last good state has damaged documents, which are left out.');
    log.info({ ...served(), pools: configured.pools.size }, 'Starting from the last good state.');
    // The store may have newer documents soon.
    pools.hold();
    waiting = setTimeout(pools.release, LAST_GOOD_WAIT_MS);
  }

  function begin(): void {
    if (isStopped) return;
    try {
      startFromLastGood();
    } catch (err) {
      // Before anything is answered, the start fails.
      if (options.after === undefined) throw err;
      log.error({ err }, 'Cannot use the last good state.');
    }
    void loadFirst();
  }

  if (options.after === undefined) begin();
  else void options.after.then(giveWay).then(begin);
  const workersTimer = setInterval(() => {
    tick();
    logs.look();
    void readWorkers();
  }, WORKERS_INTERVAL_MS);

  return {
    get isReady() {
      return pools.hasPublished;
    },
    tried: tried.promise,
    get isConnected() {
      return presence.isConnected;
    },
    get awayMs() {
      return presence.awayMs;
    },
    presence,
    get revision() {
      return revisionNow();
    },
    disbelieved,
    get published() {
      return pools.hasPublished && pools.isIdle ? position : undefined;
    },
    health,
    ended,
    configured,
    overrides,
    alarms,
    get damagedRecords() {
      return store.damage?.count ?? 0;
    },
    latency,
    regions,
    transitions,
    watch: pools.watch,
    watchResults: found.watch,
    healthOf,
    async stop() {
      isStopped = true;
      clearInterval(workersTimer);
      loader.stop();
      clearTimeout(waiting);
      pools.stop();
      overrides.stop();
      damaged.stop();
      await following?.stop();
    },
  };
}
