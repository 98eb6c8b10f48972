import { isDeepStrictEqual } from 'node:util';
import type { CheckKey } from '../../check/check.ts';
import type { Worker } from '../../check/worker.ts';
import type { Observation } from '../../health/observation.ts';
import type { EndpointHealth } from '../../pool/members.ts';
import { ANSWER_ADDRESSES_DEFAULT, type Endpoint, type Pool } from '../../pool/pool.ts';
import type { Change, Configuration, StorePosition } from '../../store/contract/documents.ts';
import { positionAfter, positionOf } from '../../store/integrity/belief.ts';
import { type KeptDocuments, keepDocuments } from '../../store/kept-documents.ts';
import type { LastGood } from '../../store/last-good/last-good.ts';
import type { Holding } from '../../store/reading/all-documents.ts';
import { verdictKeyOf } from '../../voting/region-scope.ts';
import { OrderedMap } from '../../zone/contents/ordered-map.ts';
import type { Zones } from '../../zone/contents/zones.ts';
import type { Zone } from '../../zone/zone.ts';
import type { Alarms } from '../alarm/alarms.ts';
import { type AllDownLog, createAllDownLog } from '../alarm/all-down-log.ts';
import { createHealthLogs, type HealthLogs } from '../alarm/health-logs.ts';
import { createUnservedZonesLog } from '../alarm/unserved-zones-log.ts';
import { createEndedResults, type EndedResults } from '../health/ended-results.ts';
import { endpointHealth, inheritedVerdict } from '../health/endpoint-health.ts';

import { createHealthState, type HealthRules, type HealthState } from '../health/health-state.ts';
import { createLastHealthy } from '../health/last-healthy.ts';
import { createPoolStatuses, type PoolStatuses } from '../health/pool-statuses.ts';
import { createRosterUpdates } from '../health/roster-updates.ts';
import { createWantedPlaces } from '../place/wanted-places.ts';
import { choiceOf } from '../publish/choice-of.ts';
import type { SteeringSource } from '../publish/choice-table.ts';
import { poolStateOf } from '../publish/pool-state.ts';
import { createTransitionCounts, type TransitionCounts } from '../publish/pool-transitions.ts';
import { createPoolWatchers, type PoolWatchers } from '../publish/pool-watchers.ts';
import { createPoolWriter, type PoolWriter } from '../publish/pool-writer.ts';
import { createServedLoadBalancers, type ServedLoadBalancers } from '../publish/served-load-balancers.ts';
import { createServedOverrides, type ServedOverrides } from '../publish/served-overrides.ts';
import { createUpdateLatency, type UpdateLatency, type UpdateSource } from '../publish/update-latency.ts';
import { type Configured, createConfigured } from './configured.ts';
import type { RefreshOptions } from './refresh-options.ts';
import { createRelinking } from './relinking.ts';
import { createServedRecords } from './served-records.ts';
import { createUnreadDocuments, type UnreadDocuments } from './unread-documents.ts';

/** What a node serves: the configuration, the health of its endpoints, and the answers that follow from both. */
export interface ServedState {
  /** The state of the store that is served; undefined: none yet. */
  readonly position: StorePosition | undefined;
  readonly configured: Configured;
  readonly health: HealthState;
  readonly ended: Pick<EndedResults, 'of' | 'inPool'>;
  readonly overrides: Pick<ServedOverrides, 'of' | 'all' | 'left' | 'nextChangeMs'>;
  readonly transitions: Pick<TransitionCounts, 'of'>;
  readonly latency: UpdateLatency;
  /** Writes the answers of changed pools into the table. */
  readonly publication: Pick<
    PoolWriter,
    'hold' | 'release' | 'publishSoon' | 'hasPublished' | 'isIdle' | 'watch'
  >;
  /** Returns the status of a pool, which is computed once after each change. */
  readonly statusOf: PoolStatuses['of'];
  /** Calls back with pools whose status may have changed, or whose endpoints have new results. */
  readonly watchResults: PoolWatchers['watch'];
  /** The load balancers that are served. */
  readonly loadBalancers: Pick<ServedLoadBalancers, 'all' | 'changeCount'>;
  /** The zones that are served, with the records and load balancers of the store in them. */
  readonly zones: Zones;
  /** Addresses of a family that an answer has at the most, where a pool does not say. */
  readonly addressesMax: number;
  /** Returns how a pool is answered at its own name. */
  readonly answerOf: AllDownLog['answerOf'];
  /** Returns what load balancers must know of a pool. */
  readonly choiceOf: SteeringSource['choiceOf'];
  /** Returns true where a document of this kind is served. */
  readonly has: KeptDocuments['has'];
  /** Puts the documents that are served in the place of those that are damaged in a reading. */
  readonly mend: KeptDocuments['mend'];
  /** Pools and zones that cannot be read, and of which nothing is known that could be served. */
  readonly unread: UnreadDocuments['refs'];
  /** The names of such pools, as far as they are known. */
  readonly unreadNames: UnreadDocuments['names'];
  /** Serves this reading. Throws where it cannot be taken in; then the documents before it stay. */
  replace(read: Configuration): void;
  /** Serves one further revision. */
  apply(change: Change): void;
  /**
   * Takes in observations. `source`: the kind of change for the measured time until their answers; absent: it is not
   * measured.
   */
  observe(observations: readonly Observation[], source?: UpdateSource): void;
  /** Takes in which workers are live, in slices where many checks are to be judged by that. */
  setWorkers(workers: readonly Worker[]): void;
  /** Serves by other settings of the configuration from now on. */
  useSettings(settings: ServedSettings): void;
  /** Takes in verdicts of the last good state, which stay in force until the first result. */
  seed(verdicts: NonNullable<ReturnType<LastGood['load']>>['verdicts']): void;
  /** Applies the clock to verdicts and alarms. */
  tick(): void;
  stop(): void;
}

/** Settings that a reload of the configuration may change. */
export interface ServedSettings {
  readonly policy: HealthRules;
  readonly answerAddressesMax: number;
  /** The zones of the configuration file. */
  readonly zones: readonly Zone[];
}

/** Dependencies and settings of createServedState. */
export interface ServedStateOptions
  extends Pick<
    RefreshOptions,
    | 'publisher'
    | 'zones'
    | 'probersPerRegion'
    | 'answerAddressesMax'
    | 'certificateWarningDays'
    | 'region'
    | 'policy'
    | 'lastGood'
    | 'lastHealthy'
    | 'epochMs'
    | 'refusal'
    | 'placesKnown'
  > {
  readonly alarms: Alarms;
  /** Called with a load balancer that cannot be read, and does not answer therefore. */
  readonly unreadable?: (id: string, error: unknown) => void;
  /** Called when a change could not be taken in after apply() had returned. */
  readonly failed: (error: unknown) => void;
}

const NO_ZONES: Zones = OrderedMap.of();

/** Creates the state of a node that serves nothing yet. */
export function createServedState(options: ServedStateOptions): ServedState {
  const { publisher, zones, lastGood, epochMs = Date.now } = options;
  let addressesMax = options.answerAddressesMax ?? ANSWER_ADDRESSES_DEFAULT;
  let { policy } = options;
  const monotonicMs = () => performance.now();
  const documents = keepDocuments();
  const unread = createUnreadDocuments();
  let position: StorePosition | undefined;
  const revision = () => position?.revision ?? 0;

  const loadBalancers = createServedLoadBalancers({
    ...(options.unreadable && { failed: options.unreadable }),
    wanted: (pool) => publication.mark([pool]),
  });
  const records = createServedRecords();
  const lastHealthy = createLastHealthy({ ...options.lastHealthy, isWanted: loadBalancers.wantLastHealthy });
  const allDown = createAllDownLog(options.alarms, lastHealthy);
  const places =
    options.placesKnown && createWantedPlaces({ load: options.placesKnown, alarms: options.alarms });

  const ended = createEndedResults();
  const transitions = createTransitionCounts();
  const latency = createUpdateLatency(monotonicMs);
  const { health, configured, logs, remember } = createCheckedPools(options, { monotonicMs, epochMs });
  const overrides = createServedOverrides({
    epochMs,
    changed: (ids) => publication.mark(ids),
    poolOf: configured.pool,
  });
  const statuses = createPoolStatuses({ healthOf, poolOf: configured.pool });
  const publication = createPoolWriter({
    publisher,
    stateOf: (id) =>
      poolStateOf(
        {
          configured,
          transitions,
          statusOf: statuses.of,
          unreadNameOf: unread.nameOf,
          addressesMax,
          allDown,
        },
        id,
      ),
    revision,
    latency,
  });
  /** Changes that the last good state has not yet, which takes them in after the verdicts of the checks that they make. */
  let unkept: Change[] = [];
  const relinking = createRelinking({
    link: configured.link,
    linked: (ids) => publication.mark(ids),
    begun: () => publication.hold('linking'),
    ended() {
      for (const change of unkept.splice(0)) lastGood?.apply(change);
      publication.release('linking');
    },
    failed: options.failed,
  });
  const results = createPoolWatchers();
  // The first to be called, so that no other callback reads a status from before the change.
  results.watch(statuses.drop);
  publication.watch(results.notify);

  const unservedZones = createUnservedZonesLog(options.alarms);
  const roster = createRosterUpdates({ health, judged, monotonicMs });

  function healthOf(pool: Pool, endpoint: Endpoint): EndpointHealth {
    const byChecks = endpointHealth(pool, configured.checksOf(pool, endpoint), health);
    const override = overrides.of(pool, endpoint)?.action;
    return override === undefined ? byChecks : { ...byChecks, override };
  }

  function publishChecks(checks: readonly CheckKey[], source?: UpdateSource): void {
    for (const check of checks) {
      publication.mark(configured.usersOf(check), source);
      remember(check);
    }
  }

  function judged(changed: readonly CheckKey[], source?: UpdateSource): void {
    publishChecks(changed, source);
    logs.observed(changed);
  }

  function load({ documents: all }: Holding): void {
    // All pools are linked anew, and the last good state is replaced.
    relinking.clear();
    unkept = [];
    publication.mark(configured.load(all));
    publication.mark(overrides.load(all));
    zones?.load(all);
    loadBalancers.load(all);
  }

  /** The zones with the records and load balancers in them. */
  function zonesServed(): Zones {
    return loadBalancers.addTo(records.addTo(zones?.all ?? NO_ZONES));
  }

  /** Has the zones published from now on. */
  function setZones(): void {
    if (zones === undefined) return;
    publisher.setZones(zonesServed());
    unservedZones.look(zones.unserved);
    if (loadBalancers.needPlaces) places?.want();
  }

  return {
    get position() {
      return position;
    },
    configured,
    health,
    ended,
    overrides,
    transitions,
    latency,
    publication,
    statusOf: statuses.of,
    watchResults: results.watch,
    loadBalancers,
    get zones() {
      return zonesServed();
    },
    get addressesMax() {
      return addressesMax;
    },
    answerOf: allDown.answerOf,
    choiceOf: (id) =>
      choiceOf(id, configured.pool(id), { statusOf: statuses.of, answerOf: allDown.answerOf, addressesMax }),
    has: documents.has,
    mend: documents.mend,
    get unread() {
      return unread.refs;
    },
    get unreadNames() {
      return unread.names;
    },
    replace(read) {
      const before = documents.all;
      try {
        load(read);
      } catch (error) {
        load(before);
        throw error;
      }
      lastHealthy.retain((id) => configured.pool(id) !== undefined);
      position = positionOf(read);
      documents.replace(read);
      publication.mark(unread.replace(read));
      records.take(documents.records);
      zones?.number(read);
      setZones();
    },
    apply(change) {
      position = positionAfter(position!, change);
      documents.apply(change);
      unread.apply(change);
      const { changed, toLink } = configured.apply(change);
      for (const id of changed) relinking.drop(id);
      publication.mark(changed);
      relinking.add(toLink);
      publication.mark(overrides.apply(change));
      const hasOtherZones = zones?.apply(change) ?? false;
      const hasOtherRecords = records.take(documents.records);
      if (loadBalancers.apply(change) || hasOtherZones || hasOtherRecords) setZones();
      if (relinking.isUnderWay) unkept.push(change);
      else lastGood?.apply(change);
      publication.publishSoon('configuration');
    },
    observe(observations, source) {
      const changed = health.observe(ended.take(observations));
      results.notify(observations.flatMap(({ check }) => [...configured.usersOf(check)]));
      judged(changed, source);
    },
    setWorkers: roster.take,
    useSettings({ policy: nextPolicy, answerAddressesMax, zones: configuredZones }) {
      const hasOtherRules = !isDeepStrictEqual(nextPolicy, policy);
      if (hasOtherRules) roster.useRules(nextPolicy);
      policy = nextPolicy;
      // What only zones change need not be judged or written again.
      if (hasOtherRules || answerAddressesMax !== addressesMax) publication.mark(configured.pools.keys());
      addressesMax = answerAddressesMax;
      if (zones?.configure(configuredZones)) setZones();
    },
    seed(verdicts) {
      for (const [check, { healthy, addresses }] of verdicts) health.seed(check, healthy, addresses);
    },
    tick() {
      publishChecks(health.tick());
      logs.look();
    },
    stop() {
      relinking.clear();
      places?.stop();
      roster.stop();
      publication.stop();
      overrides.stop();
    },
  };
}

/** The configured pools with the health of their checks. */
interface CheckedPools {
  readonly configured: Configured;
  readonly health: HealthState;
  /** Raises the alarms about checks. */
  readonly logs: HealthLogs;
  /** Keeps the verdicts on a check in the last good state: the undamped ones. */
  remember(check: CheckKey): void;
}

/** Creates pools of which there are none yet. A check that replaces another inherits its verdict, and one that ends is forgotten. */
function createCheckedPools(
  options: ServedStateOptions,
  { monotonicMs, epochMs }: { readonly monotonicMs: () => number; readonly epochMs: () => number },
): CheckedPools {
  const { lastGood, alarms, probersPerRegion } = options;
  const health = createHealthState({
    probersPerRegion,
    monotonicMs,
    ...(options.region === undefined ? {} : { region: options.region }),
    ...options.policy,
  });
  const configured = createConfigured({
    checkReplaced: (check, scope, predecessors) => {
      const inherited = inheritedVerdict(predecessors, health);
      if (inherited === undefined) return;
      health.seed(check, inherited.healthy, inherited.addresses);
      health.seed(verdictKeyOf(check, scope), inherited.healthy, inherited.addresses);
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
  const logs = createHealthLogs({
    alarms,
    health,
    configured,
    certificateWarningDays: options.certificateWarningDays ?? 0,
    epochMs,
    refusal: options.refusal ?? (() => undefined),
  });

  function remember(check: CheckKey): void {
    for (const { key, healthy, addresses } of health.verdictsOf(check))
      if (healthy !== undefined) lastGood?.hold(key, { healthy, addresses });
  }

  return { configured, health, logs, remember };
}
