import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { CheckKey } from '../pool/check.ts';
import { type EndpointHealth, membersOf } from '../pool/members.ts';
import type { Observation } from '../pool/observation.ts';
import type { Endpoint, Pool } from '../pool/pool.ts';
import { viewKeyOf } from '../pool/sight.ts';
import type { LastGood } from '../store/last-good.ts';
import type { Configuration, Following, Store } from '../store/store.ts';
import { type Alarms, createAlarms } from './alarms.ts';
import { type Configured, createConfigured } from './configured.ts';
import { createEmptiedStore } from './emptied-store.ts';
import { addressesHeld, endpointHealth, healthBy } from './endpoint-health.ts';
import { createHealthLogs, type HealthLogsOptions } from './health-logs.ts';
import { createHealthState, type HealthOptions, type HealthState } from './health-state.ts';
import type { Logger } from './logger.ts';
import { createPoolTurns, type PoolTurns } from './pool-turns.ts';
import { createPoolWatchers, type PoolWatchers } from './pool-watchers.ts';
import { createPoolWriter } from './pool-writer.ts';
import type { Publisher } from './publisher.ts';
import { readStore } from './read-store.ts';
import { createRegionsHeard, type RegionsHeard } from './regions-heard.ts';
import { createServedOverrides, type ServedOverrides } from './served-overrides.ts';
import type { ServedZones } from './served-zones.ts';
import { createUpdateLatency, type UpdateLatency, type UpdateSource } from './update-latency.ts';
import { createWatchersLog } from './watchers-log.ts';

/** Between two steps of a load, each of which takes long where there are many pools, others get so long. */
const PAUSE_MS = 10;
/** So long the last good state waits for a store that is there, which may have what was written since. */
export const LAST_GOOD_WAIT_MS = 300;
/** How often the list of live workers is read. */
export const WORKERS_INTERVAL_MS = 1_000;
/** Between two attempts to load from a store that is away: doubles from the first to the second. */
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 2_000;

/** What startRefresh works with. */
export interface RefreshOptions extends Partial<Pick<HealthLogsOptions, 'refusal'>> {
  readonly store: Store;
  readonly publisher: Publisher;
  /** Follows the zones made over the API; absent: there are only those the publisher began with. */
  readonly zones?: ServedZones;
  readonly log: Logger;
  /** Workers of a region that run each check. */
  readonly probersPerRegion: number;
  /** Days before its end from which a certificate that a check saw is an alarm; absent: never. */
  readonly certificateWarningDays?: number;
  /** Where this node stands; absent: nowhere, for pools that want the verdict of its region. */
  readonly region?: string;
  /** What becomes of verdicts that are too old, of mass failures, of what flaps, turns or comes back; absent: nothing. */
  readonly policy?: Omit<HealthOptions, 'probersPerRegion' | 'now' | 'region'>;
  /** What was true when this node last knew; absent: the store cannot be away. */
  readonly lastGood?: LastGood;
  /** Called with the whole configuration when it was read from the store and taken in. */
  readonly loaded?: (read: Configuration) => void;
  /** Something true is answered already: there is time until this resolves. Absent: there is not. */
  readonly after?: Promise<void>;
  /** Milliseconds since the epoch, by which overrides begin and end; the machine's clock unless given. */
  readonly nowMs?: () => number;
}

/** Follows the store and keeps the answer table true to it. */
export interface Refresh {
  /** What the store, or its last good state, had was published. */
  readonly isReady: boolean;
  /** Resolves when the store was read for the first time, or could not be, and what there is to answer is answered. */
  readonly tried: Promise<void>;
  /** Whether the store is there now. */
  readonly isConnected: boolean;
  /** Milliseconds since the store went away, or since the start where it was never there; 0 while it is there. */
  readonly awayMs: number;
  readonly revision: number;
  /** The store and the revision that the table shows, whole; undefined: nothing yet, or more is on its way. */
  readonly published: { readonly epoch: string; readonly revision: number } | undefined;
  readonly health: HealthState;
  readonly configured: Configured;
  readonly overrides: Pick<ServedOverrides, 'of' | 'all' | 'left' | 'nextTurnMs'>;
  readonly alarms: Alarms;
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
    succeeded: (check, sight, predecessors) => {
      const healthy = healthBy(predecessors, health);
      if (healthy === undefined) return;
      health.hold(check, healthy, addressesHeld(predecessors, health));
      health.hold(viewKeyOf(check, sight), healthy);
      // By what those say who look from there now, which may be otherwise already.
      health.verdictOf(check, sight);
      remember(check);
    },
    ended: (check) => {
      for (const { key } of health.viewsOf(check)) lastGood?.forget(key);
      health.forget(check);
      logs.forget(check);
    },
  });
  const alarms = createAlarms(log);
  const emptied = createEmptiedStore(alarms, () => performance.now());
  const watchers = createWatchersLog(alarms, () => performance.now());
  const logs = createHealthLogs({
    alarms,
    health,
    configured,
    certificateWarningDays: options.certificateWarningDays ?? 0,
    nowMs: options.nowMs ?? Date.now,
    refusal: options.refusal ?? (() => undefined),
  });
  const latency = createUpdateLatency(() => performance.now());
  const regions = createRegionsHeard(() => performance.now());
  const turns = createPoolTurns();
  const pools = createPoolWriter({
    publisher,
    stateOf(id) {
      const pool = configured.pool(id);
      if (pool === undefined) {
        turns.forget(id);
        return { id, pool, members: [] };
      }
      const verdicts: (boolean | undefined)[] = [];
      const members = membersOf(pool, (endpoint) => {
        const known = healthOf(pool, endpoint);
        verdicts.push(known.healthy);
        return known;
      });
      turns.published(pool, verdicts);
      return { id, pool, members };
    },
    revision: () => revision,
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
  let epoch = '';
  let revision = 0;
  let isConnected = false;
  let awaySinceMs = performance.now();
  const tried = Promise.withResolvers<void>();
  /** Until the last good state is published without the store. */
  let waiting: NodeJS.Timeout | undefined;
  let isStopped = false;
  let following: Following | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let retryMs = RETRY_MIN_MS;
  let readingWorkers = false;

  function healthOf(pool: Pool, endpoint: Endpoint): EndpointHealth {
    const known = endpointHealth(pool, configured.checksOf(pool, endpoint), health);
    const override = overrides.of(pool, endpoint)?.action;
    return override === undefined ? known : { ...known, override };
  }

  function remember(check: CheckKey): void {
    for (const { key, healthy } of health.viewsOf(check))
      if (healthy !== undefined) lastGood?.hold(key, { healthy, addresses: health.addressesOf(check) });
  }

  function takeZones({ all }: ServedZones): void {
    publisher.setZones(all);
    pools.mark(configured.pools.keys());
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
  function lapse(): void {
    for (const check of health.lapse()) {
      pools.mark(configured.usersOf(check));
      remember(check);
    }
  }

  async function readWorkers(): Promise<void> {
    if (readingWorkers || isStopped) return;
    readingWorkers = true;
    try {
      const workers = await store.workers();
      for (const { region } of workers) regions.heard(region);
      markChecks(health.setWorkers(workers));
      if (isConnected) watchers.look(configured.pools.values(), revision, health.liveWorkers);
    } catch {
      // The store is away: who was live stays live, so that nothing changes by that alone.
    } finally {
      readingWorkers = false;
    }
  }

  /** Whether a configuration may take the place of the one that is served. */
  function mayAdopt(read: Configuration): boolean {
    const isOther = read.epoch !== epoch || read.revision < revision;
    const hasAny = configured.pools.size > 0 || zones?.hasAuthored === true;
    const losesAll = read.documents.length === 0 && hasAny;
    return !(isOther && losesAll);
  }

  const isAnswering = () => pools.hasPublished || options.after !== undefined;

  /** Nobody comes before the first answers. */
  async function giveWay(): Promise<void> {
    await (isAnswering() ? sleep(PAUSE_MS) : turn());
  }

  async function load(): Promise<void> {
    const { read, observed, workers } = await readStore(store, giveWay).catch((error: unknown) => {
      pools.release();
      throw error;
    });
    clearTimeout(waiting);
    if (isStopped) return;
    if (!mayAdopt(read)) {
      pools.release();
      emptied.found(read, configured.pools.values(), revision);
      noteConnected(true);
      // What workers find is true all the same: it is taken in each time the store is looked at.
      markChecks([...health.setWorkers(workers), ...observe(observed.observations)]);
      retryLater();
      return;
    }
    emptied.over(read.revision);
    retryMs = RETRY_MIN_MS;
    epoch = read.epoch;
    revision = read.revision;
    pools.hold();
    pools.mark(configured.load(read.documents));
    overrides.load(read.documents);
    if (zones?.load(read.documents)) takeZones(zones);
    lastGood?.replace(read);
    options.loaded?.(read);
    await giveWay();
    if (isStopped) return;
    markChecks([...health.setWorkers(workers), ...observe(observed.observations)]);
    pools.release();
    await following?.stop();
    if (isStopped) return;
    following = store.follow(
      { epoch, revision, observation: observed.position },
      {
        changed(change) {
          revision = change.revision;
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
          if (observations.some(({ worker }) => !health.knows(worker))) void readWorkers();
        },
        lost() {
          log.warn({ revision }, 'the change feed does not reach back to here: reading everything');
          void tryLoad();
        },
        connected: noteConnected,
      },
    );
    noteConnected(true);
  }

  function noteConnected(up: boolean): void {
    if (up === isConnected || isStopped) return;
    isConnected = up;
    awaySinceMs = performance.now();
    if (up) log.info({ revision }, 'store connected');
    else log.warn({ revision }, 'store away: answers stay as they are');
  }

  async function tryLoad(): Promise<void> {
    try {
      await load();
    } catch (err) {
      if (isStopped) return;
      log.warn({ err, ready: isAnswering() }, 'the store cannot be read');
      noteConnected(false);
      retryLater();
    }
    while (!pools.isIdle && !isStopped) await turn();
    tried.resolve();
  }

  function retryLater(): void {
    if (isStopped) return;
    retryTimer = setTimeout(() => void tryLoad(), retryMs);
    retryMs = Math.min(2 * retryMs, RETRY_MAX_MS);
  }

  function startFromLastGood(): void {
    const remembered = lastGood?.load();
    if (remembered === undefined) return;
    epoch = remembered.configuration.epoch;
    revision = remembered.configuration.revision;
    pools.mark(configured.load(remembered.configuration.documents));
    overrides.load(remembered.configuration.documents);
    if (zones?.load(remembered.configuration.documents)) takeZones(zones);
    for (const [check, { healthy, addresses }] of remembered.verdicts) health.hold(check, healthy, addresses);
    log.info({ revision, pools: configured.pools.size }, 'starting from the last good state');
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
    void tryLoad();
  }

  if (options.after === undefined) begin();
  else void options.after.then(giveWay).then(begin);
  const workersTimer = setInterval(() => {
    lapse();
    logs.look();
    void readWorkers();
  }, WORKERS_INTERVAL_MS);

  return {
    get isReady() {
      return pools.hasPublished;
    },
    tried: tried.promise,
    get isConnected() {
      return isConnected;
    },
    get awayMs() {
      return isConnected ? 0 : performance.now() - awaySinceMs;
    },
    get revision() {
      return revision;
    },
    get published() {
      return pools.hasPublished && pools.isIdle ? { epoch, revision } : undefined;
    },
    health,
    configured,
    overrides,
    alarms,
    latency,
    regions,
    turns,
    watch: pools.watch,
    watchFound: found.watch,
    healthOf,
    async stop() {
      isStopped = true;
      clearInterval(workersTimer);
      clearTimeout(retryTimer);
      clearTimeout(waiting);
      pools.stop();
      overrides.stop();
      await following?.stop();
    },
  };
}
