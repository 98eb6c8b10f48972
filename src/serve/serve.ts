import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { OrdinalZone } from '../answer/compile/nodes.ts';
import { newCounters } from '../answer/counters.ts';
import { adopt, openTable } from '../answer/reader.ts';
import { createResponder, type ResponderSettings } from '../answer/respond.ts';
import { createTable, type TableBuffers, type TableWriter } from '../answer/table.ts';
import type { Config } from '../config/config.ts';
import { createPoolLatencies, type PoolLatencies } from '../load-balancer/latency/pool-latencies.ts';
import type { NodePlace } from '../load-balancer/steering/steer.ts';
import type { Locator } from '../place/locator.ts';
import type { Configuration } from '../store/contract/documents.ts';
import type { LastGood } from '../store/last-good/last-good.ts';
import type { Store } from '../store/store.ts';
import type { ContentsByApex } from '../zone/alias-loops.ts';
import { valuesUnder } from '../zone/contents/ordered-map.ts';
import type { Zone } from '../zone/zone.ts';
import { startClock } from './clock.ts';
import { type CountedNames, createCountedNames, shownName } from './counted/counted-names.ts';
import { type Refresh, startRefresh } from './follow/refresh.ts';
import type { Inheritance } from './inherited/inherited-sockets.ts';
import { createLatencySweeps } from './latency/latency-sweeps.ts';
import { type Ask, createAsk } from './listen/ask.ts';
import { type Listeners, startListeners } from './listen/listen.ts';
import type { Logger } from './logger.ts';
import type { Locating } from './place/locating.ts';
import type { SteeringSource } from './publish/choice-table.ts';
import { createPublisher } from './publish/publisher.ts';
import { createServedZones } from './publish/served-zones.ts';
import {
  createLeftOutLog,
  createUnlaidLog,
  createUnpublishedLog,
  createUnwrittenLog,
} from './publish/unpublished-log.ts';
import { createQueryLog, type QueryLogReading } from './query-log/query-log.ts';
import type { SavedAnswersFile, SavedTable } from './saved/format.ts';
import { openLastHealthyFile } from './saved/last-healthy-file.ts';
import { readSavedAnswers } from './saved/read.ts';
import { NOT_SAVED, saveAnswers } from './saved/save.ts';
import { responderSettings } from './settings.ts';

/** The sections of the configuration by which a node answers. */
export type ServedConfig = Pick<Config, 'dns' | 'zones' | 'monitor' | 'region' | 'health' | 'location'>;

/** Dependencies of startServe. */
export interface ServeOptions {
  readonly config: ServedConfig;
  readonly store: Store;
  readonly log: Logger;
  readonly lastGood?: LastGood;
  /** Locates clients; absent: their places are unknown. */
  readonly locating?: Pick<Locating, 'locator' | 'need' | 'watch'>;
  /**
   * The file of saved answers. Saved answers of the present configuration are served until the store is read. Where
   * there are many, the store is read when `after` resolves. Absent: the store is read at once, and nothing is answered
   * before.
   */
  readonly kept?: SavedAnswersFile & {
    isCurrent(kept: Pick<SavedTable, 'epoch' | 'revision' | 'link'>): Promise<boolean>;
    readonly after: Promise<void>;
  };
  /**
   * What a server that answers at the same addresses hands over: its sockets, and the secrets of its cookies. This one answers as
   * soon as its answers are published, since until then the other does.
   */
  readonly inherited?: Inheritance;
  /** The file of the last healthy members of pools; absent: they are forgotten at the end. */
  readonly lastHealthyPath?: string;
  /** Why the store refuses what this process writes; absent, or undefined: it does not. */
  readonly refusal?: () => string | undefined;
  /** Called with the whole configuration when it was read from the store and taken in. */
  readonly loaded?: (read: Configuration) => void;
}

/**
 * Up to this number of octets of saved answers the store is read at once, as that takes little time. A longer reading
 * would delay the API, while there are answers already.
 */
const READ_AT_ONCE_OCTETS = 512 * 1024;

const LAST_HEALTHY_FAILED =
  'Cannot read or write the file of the last healthy endpoints. After a restart, a pool without a healthy endpoint answers with all of them.';

/** A running DNS node. */
export interface Serving
  extends Pick<
    Listeners,
    'addresses' | 'tls' | 'https' | 'engine' | 'connections' | 'counters' | 'threadDeaths' | 'kernelDrops'
  > {
  readonly refresh: Refresh;
  /** Where the node is, and how it orders pools by latency. */
  readonly steering: Pick<SteeringSource, 'node' | 'byLatency'>;
  /** true: this node can answer queries correctly. */
  readonly isReady: boolean;
  /** true: the store is read later, because there are many saved answers. */
  readonly readsLater: boolean;
  readonly generation: number;
  /** The revision that this node serves; -1: none yet. */
  readonly revision: number;
  /** How full the answer table is. */
  readonly tableUsage: TableWriter['usage'];
  /** Answers a query from inside the process. It is not counted. */
  readonly ask: Ask;
  /** The average time of checks of a pool from each region, milliseconds, as far as load balancers order it by latency. */
  readonly rttsOf: PoolLatencies['averagesOf'];
  /**
   * Answers by another configuration from now on: its zones, health policy, location, and what answers say of this
   * server and limit. Listeners stay. `fingerprint`: that of the saved answers by it.
   */
  useConfig(config: ServedConfig, fingerprint: string): void;
  /** The zones that are served now, with the load balancers in them. */
  zones(): readonly Zone[];
  /** The contents of the zones in the newest generation, by the keys of their apexes. */
  contents(): ContentsByApex;
  /** What became of queries that the query log copied. */
  readonly queryLog: QueryLogReading;
  /** How many queries there were for pools and load balancers, and for names of zones. */
  readonly queries: {
    readonly names: CountedNames['queries'];
    readonly zones: Iterable<{ readonly name: string; readonly queries: number }>;
  };
  /** The secrets by which it makes cookies. */
  readonly cookieSecrets: ResponderSettings['cookieSecrets'];
  /** Follows the store no more, and writes no file: the answers stay as they are. */
  freeze(): Promise<void>;
  /** Freezes, answers no more by UDP, and lets connections end (Listeners.drain). Resolves with nothing left to stop. */
  drain(successor?: string): Promise<void>;
  stop(): Promise<void>;
}

/** Time between two looks whether the first answers are published, milliseconds. */
const PUBLISHED_LOOK_MS = 10;

/** Starts answering DNS from what the store holds. Rejects when an address cannot be bound. */
export async function startServe(options: ServeOptions): Promise<Serving> {
  const { config, store, log, lastGood, loaded } = options;
  const kept = await keptAnswers(options);
  const keptRevision = kept?.revision;
  const readsLater = kept !== undefined && kept.buffers.arena.byteLength > READ_AT_ONCE_OCTETS;
  let listeners: Listeners | undefined;
  const table = createTable({
    replaced(buffers) {
      latest = buffers;
      adopt(reader, buffers);
      listeners?.adopt(buffers);
    },
    hasAdopted: () => listeners?.hasAdopted() ?? false,
    isWaitedFor: keptRevision !== undefined,
  });
  const first = kept === undefined ? table.buffers : withLocator(kept.buffers, options.locating?.locator);
  /** What readers read. */
  let latest = first;
  const reader = openTable(first);
  const clock = startClock();
  const { inherited } = options;
  const queryLog = createQueryLog(log);
  const settingsOf = ({ dns }: ServedConfig, was?: Partial<ResponderSettings>) =>
    responderSettings(dns, clock.seconds, queryLog.use(dns), was);
  let settings = settingsOf(config, inherited && { cookieSecrets: inherited.cookieSecrets });
  const listen = async (): Promise<Listeners> => {
    const given = latest;
    const started = await startListeners({
      ...config.dns,
      ...(inherited && { inherited }),
      table: given,
      settings,
      log,
    });
    if (latest !== given) started.adopt(latest);
    listeners = started;
    return started;
  };
  const answersFirst = inherited === undefined || kept !== undefined;
  if (answersFirst)
    await listen().catch(async (error: unknown) => {
      await queryLog.stop();
      clock.stop();
      throw error;
    });
  if (keptRevision !== undefined)
    log.info(
      { revision: keptRevision },
      'Serving the answers saved before the start, until the store is loaded.',
    );
  const unpublished = createUnpublishedLog(log);
  const zones = createServedZones(config.zones);
  const latencies = createPoolLatencies();
  let node = nodePlace(config);
  const steering: Serving['steering'] = {
    get node() {
      return node;
    },
    byLatency: latencies.order,
  };
  const counted = createCountedNames(
    (at) => listeners?.counters.reduce((sum, { counters }) => sum + counters[at]!, 0) ?? 0,
  );
  const publisher = createPublisher(
    config.zones,
    table,
    unpublished.failed,
    unpublished.updated,
    zones,
    {
      get node() {
        return node;
      },
      byLatency: latencies.order,
      choiceOf: (id) => refresh.choiceOf(id),
      nameOf: (id) => refresh.configured.pool(id)?.name,
      failed: createUnlaidLog(log),
    },
    { leftOut: createLeftOutLog(log), unwritten: createUnwrittenLog(log), counted },
  );
  const { locating } = options;
  /** Has places looked up in this locator, by those who answer from saved answers too. */
  const locate = (locator: Locator) => {
    table.setLocator(locator.memory);
    if (kept === undefined || publisher.generation > 0) return;
    const located = withLocator(kept.buffers, locator);
    latest = located;
    adopt(reader, located);
    listeners?.adopt(located);
  };
  if (locating?.locator) locate(locating.locator);
  const unwatch = locating?.watch((locator) => {
    locate(locator);
    refresh.publishSoon();
  });
  const lastHealthy =
    options.lastHealthyPath === undefined
      ? undefined
      : openLastHealthyFile(options.lastHealthyPath, (err) => log.error({ err }, LAST_HEALTHY_FAILED));
  const refresh = startRefresh({
    store,
    publisher,
    zones,
    log,
    probersPerRegion: config.monitor.probersPerRegion,
    answerAddressesMax: config.dns.answerAddressesMax,
    certificateWarningDays: config.monitor.certificateWarningDays,
    region: config.region,
    policy: config.health,
    ...(lastGood ? { lastGood } : {}),
    ...(lastHealthy ? { lastHealthy } : {}),
    ...(loaded ? { loaded } : {}),
    ...(locating && { placesKnown: () => locating.need().then(() => undefined) }),
    ...(options.refusal ? { refusal: options.refusal } : {}),
    ...(keptRevision === undefined ? {} : { after: readsLater ? options.kept!.after : Promise.resolve() }),
  });
  const askBy = (by: ResponderSettings) =>
    createAsk(
      createResponder({ table: reader, settings: by, seed: randomInt(1, 2 ** 31), counters: newCounters() }),
    );
  let ask = askBy(settings);

  function useConfig(next: ServedConfig, nextFingerprint: string): void {
    // All of it shows with the next generation, after which answers are saved again.
    fingerprint = nextFingerprint;
    const place = nodePlace(next);
    if (!isDeepStrictEqual(place, node)) {
      node = place;
      publisher.layAgain();
    }
    refresh.useSettings({
      policy: next.health,
      answerAddressesMax: next.dns.answerAddressesMax,
      zones: next.zones,
    });
    refresh.publishSoon();
    settings = settingsOf(next, settings);
    ask = askBy(settings);
    listeners?.useSettings(settings);
  }

  const sweeps = createLatencySweeps({
    store,
    publisher,
    refresh,
    latencies,
    log,
    monotonicMs: () => performance.now(),
  });
  sweeps.start();
  let fingerprint = options.kept?.fingerprint;
  const keeping =
    options.kept &&
    saveAnswers({
      path: options.kept.path,
      get fingerprint() {
        return fingerprint!;
      },
      table,
      generation: () => publisher.generation,
      shown() {
        const { published, overrides } = refresh;
        if (published?.revision !== publisher.revision) return undefined;
        return {
          ...published,
          ...(overrides.nextChangeMs === undefined ? {} : { untilMs: overrides.nextChangeMs }),
        };
      },
      failed: (err) => log.error({ err }, NOT_SAVED),
    });
  let frozen: Promise<unknown> | undefined;
  /** The table changes no more as soon as following begins to stop, which a store that hangs may delay. */
  const freeze = async () => {
    unwatch?.();
    sweeps.stop();
    frozen ??= Promise.all([refresh.stop(), keeping?.stop(), lastHealthy?.stop()]);
    await frozen;
  };
  const listening =
    listeners ??
    (await whenPublished(refresh)
      .then(listen)
      .catch(async (error: unknown) => {
        await Promise.all([freeze(), queryLog.stop()]);
        clock.stop();
        throw error;
      }));
  return {
    addresses: listening.addresses,
    tls: listening.tls,
    https: listening.https,
    engine: listening.engine,
    connections: listening.connections,
    get threadDeaths() {
      return listening.threadDeaths;
    },
    kernelDrops: listening.kernelDrops,
    counters: listening.counters,
    refresh,
    steering,
    readsLater,
    get isReady() {
      return (refresh.isReady || keptRevision !== undefined) && refresh.unread.length === 0;
    },
    get generation() {
      return publisher.generation;
    },
    get revision() {
      return publisher.revision === -1 ? (keptRevision ?? -1) : publisher.revision;
    },
    get tableUsage() {
      return table.usage;
    },
    ask: (query, client) => ask(query, client),
    rttsOf: latencies.averagesOf,
    useConfig,
    zones: () => [...valuesUnder(refresh.zones, '')],
    contents: () => publisher.contents,
    get queries() {
      const zoneOf = ({ contents, ordinal }: OrdinalZone) => ({
        name: shownName(contents.head.apex),
        queries: counted.queriesOfZone(ordinal),
      });
      return { names: counted.queries, zones: Iterator.from(publisher.inTable).map(zoneOf) };
    },
    get queryLog() {
      return queryLog.reading;
    },
    get cookieSecrets() {
      return settings.cookieSecrets;
    },
    freeze,
    async drain(successor) {
      await Promise.all([listening.drain(successor), freeze()]);
      await queryLog.stop();
      clock.stop();
    },
    async stop() {
      await Promise.all([listening.stop(), freeze()]);
      await queryLog.stop();
      clock.stop();
    },
  };
}

async function whenPublished(refresh: Refresh): Promise<void> {
  await refresh.tried;
  while (!refresh.isReady) await sleep(PUBLISHED_LOOK_MS);
}

function nodePlace({ location }: Pick<Config, 'location'>): NodePlace {
  return { ...location.place, ...(location.pop && { pop: location.pop }) };
}

/** Adds the locator, where it is loaded, to saved answers. Load balancers in them steer by unknown places until it is. */
function withLocator(buffers: TableBuffers, locator: Locator | undefined): TableBuffers {
  return locator === undefined ? buffers : { ...buffers, locator: locator.memory };
}

async function keptAnswers({ kept }: ServeOptions): Promise<SavedTable | undefined> {
  const found = kept && readSavedAnswers(kept, Date.now());
  return found && (await kept.isCurrent(found)) ? found : undefined;
}
