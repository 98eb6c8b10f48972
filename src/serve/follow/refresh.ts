import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { CheckKey } from '../../check/check.ts';
import type { Observation } from '../../health/observation.ts';
import type { EndpointHealth } from '../../pool/members.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import { holdDocuments } from '../../store/held-documents.ts';
import { disbeliefIn, standingAfter, standingOf } from '../../store/integrity/belief.ts';
import type { Configuration, Following, Standing, StoredDocument } from '../../store/store.ts';
import { verdictKeyOf } from '../../voting/region-scope.ts';
import { type Alarms, createAlarms } from '../alarm/alarms.ts';
import { watchDamage } from '../alarm/damaged-store.ts';
import { createDisbelievedStore, type DisbelievedStore } from '../alarm/disbelieved-store.ts';
import { createHealthLogs } from '../alarm/health-logs.ts';
import { createWatchersLog } from '../alarm/watchers-log.ts';
import { endpointHealth, heldBy } from '../health/endpoint-health.ts';
import { createHealthState, type HealthState } from '../health/health-state.ts';
import { poolStateOf } from '../publish/pool-state.ts';
import { createPoolTurns, type PoolTurns } from '../publish/pool-transitions.ts';
import { createPoolWatchers, type PoolWatchers } from '../publish/pool-watchers.ts';
import { createPoolWriter } from '../publish/pool-writer.ts';
import { createServedOverrides, type ServedOverrides } from '../publish/served-overrides.ts';
import type { ServedZones } from '../publish/served-zones.ts';
import { createUpdateLatency, type UpdateLatency, type UpdateSource } from '../publish/update-latency.ts';
import { type Configured, createConfigured } from './configured.ts';
import { createLoader } from './loader.ts';
import { readStore } from './read-store.ts';
import type { RefreshOptions } from './refresh-options.ts';
import { createRegionsHeard, type RegionsHeard } from './reporting-regions.ts';
import { createStorePresence, type StorePresence } from './store-presence.ts';

export type { RefreshOptions } from './refresh-options.ts';

/** Between two steps of a load, each of which takes long where there are many pools, others get so long. */
const PAUSE_MS = 10;
/** So long the last good state waits for a store that is there, which may have what was written since. */
export const LAST_GOOD_WAIT_MS = 300;
/** How often the list of live workers is read. */
export const WORKERS_INTERVAL_MS = 1_000;

/** Follows the store and keeps the answer table true to it. */
export interface Refresh {
  /** What the store, or its last good state, had was published. */
  readonly isReady: boolean;
  /** Resolves when the store was read for the first time, or could not be, and what there is to answer is answered. */
  readonly tried: Promise<void>;
  /** Whether the store is there now. */
  readonly isConnected: boolean;
  readonly awayMs: StorePresence['awayMs'];
  readonly presence: Pick<StorePresence, 'lastAbsence'>;
  readonly revision: number;
  /** The store and the revision that the table shows, whole; undefined: nothing yet, or more is on its way. */
  readonly published: Standing | undefined;
  readonly disbelieved: Pick<DisbelievedStore, 'why' | 'isSetBack'>;
  readonly health: HealthState;
  readonly configured: Configured;
  readonly overrides: Pick<ServedOverrides, 'of' | 'all' | 'left' | 'nextTurnMs'>;
  readonly alarms: Alarms;
  /** Records of the store that cannot be read. */
  readonly damagedRecords: number;
  readonly latency: UpdateLatency;
  readonly regions: Pick<RegionsHeard, 'silentMs'>;
  readonly turns: Pick<PoolTurns, 'of'>;
  /** Calls back with pools whose endpoints may stand otherwise from now on; ends when what it returns is called. */
  readonly watch: PoolWatchers['watch'];
  /** The same, and with pools of whose endpoints something else was found, as for another reason. */
  readonly watchFound: PoolWatchers['watch'];
  /** What is known of an endpoint of a pool. */
  healthOf(pool: Pool, endpoint: Endpoint): EndpointHealth;
  stop(): Promise<void>;
}

/** Starts from the last good state, where there is one, and from the store as soon as that is there; never throws. */
export function startRefresh(options: RefreshOptions): Refresh {
  const { store, publisher, zones, log, lastGood, probersPerRegion } = options;
  const health = createHealthState({
    probersPerRegion,
    now: () => performance.now(),
    ...(options.region === undefined ? {} : { region: options.region }),
    ...options.policy,
  });
  const configured = createConfigured({
    succeeded: (check, scope, predecessors) => {
      const held = heldBy(predecessors, health);
      if (held === undefined) return;
      health.seed(check, held.healthy, held.addresses);
      health.seed(verdictKeyOf(check, scope), held.healthy, held.addresses);
      // By what those say who look from there now, which may be otherwise already.
      health.verdictOf(check, scope);
      remember(check);
    },
    ended: (check) => {
      for (const { key } of health.verdictsOf(check)) lastGood?.forget(key);
      health.forget(check);
      logs.forget(check);
    },
  });
  const alarms = createAlarms(log);
  const disbelieved = createDisbelievedStore(alarms, () => performance.now());
  const watchers = createWatchersLog(alarms, () => performance.now());
  const logs = createHealthLogs({
    alarms,
    health,
    configured,
    certificateWarningDays: options.certificateWarningDays ?? 0,
    nowMs: options.nowMs ?? Date.now,
    refusal: options.refusal ?? (() => undefined),
  });
  /** What is served; undefined: nothing yet. */
  let standing: Standing | undefined;
  const revisionNow = () => standing?.revision ?? 0;
  const latency = createUpdateLatency(() => performance.now());
  const regions = createRegionsHeard(() => performance.now());
  const turns = createPoolTurns();
  const pools = createPoolWriter({
    publisher,
    stateOf: (id) => poolStateOf({ configured, turns, healthOf }, id),
    revision: revisionNow,
    latency,
  });
  const found = createPoolWatchers();
  pools.watch(found.tell);
  const overrides = createServedOverrides({
    nowMs: options.nowMs ?? Date.now,
    turned(ids) {
      pools.mark(ids);
    },
    poolOf: configured.pool,
  });
  /** As fields of a log line. */
  const served = () => ({ revision: revisionNow() });
  const presence = createStorePresence(log, revisionNow);
  const held = holdDocuments();
  const damaged = watchDamage({
    store,
    alarms,
    log,
    poolNamed: (id) => configured.pool(id)?.name,
    changed: () => void loader.now(),
  });
  const loader = createLoader(load, (err, unsaid) => {
    pools.release();
    if (unsaid !== undefined) log.warn({ err, ready: isAnswering(), unsaid }, 'the store cannot be read');
    noteConnected(false);
  });
  const tried = Promise.withResolvers<void>();
  /** Until the last good state is published without the store. */
  let waiting: NodeJS.Timeout | undefined;
  let isStopped = false;
  let following: Following | undefined;
  let isFollowing = false;
  /** What was read of a store that is not believed, so that it need not be read whole again and again. */
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

  function takeZones({ all }: ServedZones): void {
    publisher.setZones(all);
    pools.publishSoon();
  }

  function markChecks(checks: readonly CheckKey[], source?: UpdateSource): void {
    for (const check of checks) {
      pools.mark(configured.usersOf(check), source);
      remember(check);
    }
    logs.heard(checks);
  }

  /** Takes in what workers found; returns the checks whose verdict became another. */
  function observe(observations: readonly Observation[]): CheckKey[] {
    const turned = health.observe(observations);
    found.tell(observations.flatMap(({ check }) => [...configured.usersOf(check)]));
    return turned;
  }

  /** What is remembered is the verdict beneath: what became too old holds on, and what is no longer held out turned meanwhile. */
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
      // The store is away: who was live stays live, so that nothing changes by that alone.
    } finally {
      readingWorkers = false;
    }
  }

  const isAnswering = () => pools.hasPublished || options.after !== undefined;

  /** Nobody comes before the first answers. */
  async function giveWay(): Promise<void> {
    await (isAnswering() ? sleep(PAUSE_MS) : turn());
  }

  /** Serves these documents in the place of all before, or, where they cannot be taken in, those before. */
  function replace(documents: readonly StoredDocument[]): void {
    const before = [...held.all];
    try {
      take(documents);
    } catch (error) {
      take(before);
      throw error;
    }
    held.replace(documents);
  }

  function take(documents: readonly StoredDocument[]): void {
    pools.mark(configured.load(documents));
    pools.mark(overrides.load(documents));
    if (zones?.load(documents)) takeZones(zones);
  }

  /** Whether that is all for now: a store that is not to be believed is looked at again. */
  async function load(): Promise<boolean> {
    const { read: found, observed, workers } = await readStore(store, giveWay, doubted);
    const read = held.mend(found);
    clearTimeout(waiting);
    if (isStopped) return true;
    const disbelief = await disbeliefIn(store, read, { standing, has: held.has });
    if (isStopped) return true;
    // More was heard meanwhile: nothing that is served already is undone.
    if (isFollowing && read.epoch === standing?.epoch && read.revision < revisionNow()) return false;
    if (disbelief !== undefined) {
      pools.release();
      disbelieved.found(disbelief, read, configured.pools.values(), revisionNow());
      doubted = disbelief.kind === 'damaged' ? undefined : found;
      noteConnected(true);
      // What workers find is true all the same: it is taken in each time the store is looked at.
      markChecks([...health.setWorkers(workers), ...observe(observed.observations)]);
      return false;
    }
    doubted = undefined;
    disbelieved.over(read.revision);
    pools.hold();
    replace(read.documents);
    standing = standingOf(read);
    lastGood?.replace(read);
    options.loaded?.(read);
    await giveWay();
    if (isStopped) return true;
    for (const { region } of observed.observations) regions.known(region);
    markChecks([...health.setWorkers(workers), ...observe(observed.observations)]);
    pools.release();
    await following?.stop();
    if (isStopped) return true;
    following = store.follow(
      { ...standing, observation: observed.position },
      {
        changed(change) {
          standing = standingAfter(read, change);
          held.apply(change);
          pools.mark(configured.apply(change));
          pools.mark(overrides.apply(change));
          if (zones?.apply(change)) takeZones(zones);
          lastGood?.apply(change);
          pools.publishSoon('configuration');
        },
        observed(observations) {
          for (const { region } of observations) regions.heard(region);
          markChecks(observe(observations), 'observation');
          // A worker nobody told of yet: until it counts as live its observations would not.
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
          log.error(
            { err, ...served() },
            'A change could not be taken in. Lifeguard reads the whole store again.',
          );
        },
        connected: noteConnected,
      },
    );
    isFollowing = true;
    noteConnected(true);
    return true;
  }

  function noteConnected(up: boolean): void {
    if (!isStopped) presence.note(up);
  }

  async function loadFirst(): Promise<void> {
    await loader.now();
    while (!pools.isIdle && !isStopped) await turn();
    tried.resolve();
  }

  function startFromLastGood(): void {
    const remembered = lastGood?.load();
    if (remembered === undefined) return;
    standing = standingOf(remembered.configuration);
    replace(remembered.configuration.documents);
    for (const [check, { healthy, addresses }] of remembered.verdicts) health.seed(check, healthy, addresses);
    const damagedThere = remembered.configuration.damaged?.documents;
    if (damagedThere !== undefined)
      log.error(
        { documents: damagedThere },
        'The last good state has damaged documents, which are left out.',
      );
    log.info({ ...served(), pools: configured.pools.size }, 'starting from the last good state');
    // The store may have better soon.
    pools.hold();
    waiting = setTimeout(pools.release, LAST_GOOD_WAIT_MS);
  }

  function begin(): void {
    if (isStopped) return;
    try {
      startFromLastGood();
    } catch (err) {
      // Before anything is answered, whoever starts this is told.
      if (options.after === undefined) throw err;
      log.error({ err }, 'the last good state cannot be used');
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
      return pools.hasPublished && pools.isIdle ? standing : undefined;
    },
    health,
    configured,
    overrides,
    alarms,
    get damagedRecords() {
      return store.damage?.count ?? 0;
    },
    latency,
    regions,
    turns,
    watch: pools.watch,
    watchFound: found.watch,
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
