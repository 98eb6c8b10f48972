import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation, ObservationKey } from '../../health/observation.ts';
import { createTimeSeries, STEP_MS, type TimeSeries } from '../../health/time-series.ts';
import { createPieces } from '../../pace/next-turn.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import type { ObservationStore } from '../../store/contract/observations.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import { scopeIncludes } from '../../voting/region-scope.ts';
import type { Refresh } from '../follow/refresh.ts';
import type { Logger } from '../logger.ts';

/** Maximum number of series, each of one check in one region. A series takes 6 KB. */
export const SERIES_MAX = 2_000;
/** Maximum number of pools that come first because somebody asked for them. A new one replaces the one asked for longest ago. */
export const WANTED_POOLS_MAX = 500;
/** Observations that are read from the store at once, and the pause until the next ones, milliseconds. */
const READ_AT_ONCE = 250;
const READ_PAUSE_MS = 10;

/** The response times of an endpoint in a region. */
export interface RegionTimes {
  readonly region: string;
  /** Milliseconds, a step after the other; null where nothing was measured. */
  readonly timesMs: readonly (number | null)[];
}

/** Dependencies of createResponseTimes. */
export interface ResponseTimesOptions {
  readonly store: Pick<ObservationStore, 'observed'>;
  readonly refresh: Pick<Refresh, 'configured' | 'health'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly epochMs?: () => number;
}

/** The response times of the last day, a step of STEP_MS after the other, as this process measured them. */
export interface ResponseTimes {
  /** Returns the times of an endpoint by region, `count` steps from a moment on, milliseconds since the epoch. Its pool comes first from now on. */
  of(pool: Pool, endpoint: Endpoint, fromMs: number, count: number): readonly RegionTimes[];
  /** Takes in the newest time of each check. Never rejects. */
  measure(): Promise<void>;
  /** Measures at each step, until stop(). */
  start(): void;
  stop(): void;
}

/**
 * Creates response times without any. Workers publish each result, and followers of the store get those that change something. So
 * this reads the others itself: of all checks up to SERIES_MAX, those of the pools that somebody asked for first.
 */
export function createResponseTimes(options: ResponseTimesOptions): ResponseTimes {
  const { store, refresh, log, epochMs = Date.now } = options;
  const { configured, health } = refresh;
  const repeats = createRepeats();
  let series = new Map<string, TimeSeries>();
  /** Pools that were asked for, the latest last. */
  const wanted = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  function observationsOf(pool: Pool, endpoint: Endpoint): Observation[] {
    return configured
      .checksOf(pool, endpoint)
      .filter(({ monitoringOnly }) => !monitoringOnly)
      .flatMap(({ key, scope }) =>
        health.observationsOf(key).filter(({ region }) => scopeIncludes(scope, region)),
      );
  }

  function* poolsInOrder(): Iterable<Pool> {
    for (const id of [...wanted].toReversed()) {
      const pool = configured.pool(id);
      if (pool !== undefined) yield pool;
    }
    for (const [id, pool] of configured.pools) if (!wanted.has(id)) yield pool;
  }

  /** Finds what is to be read: of each check and region the worker with the newest result, by the key of its series. */
  async function keysToRead(): Promise<Map<string, Observation>> {
    const found = new Map<string, Observation>();
    const isLong = createPieces();
    for (const pool of poolsInOrder()) {
      for (const endpoint of pool.endpoints)
        for (const each of observationsOf(pool, endpoint)) {
          const key = seriesKey(each);
          const known = found.get(key);
          if (known === undefined && found.size >= SERIES_MAX) return found;
          if (known === undefined || isBetter(each, known)) found.set(key, each);
        }
      const rest = isLong();
      if (rest) await rest;
    }
    return found;
  }

  function isBetter(each: Observation, than: Observation): boolean {
    const [isLive, wasLive] = [health.isLive(each.worker), health.isLive(than.worker)];
    return isLive === wasLive ? each.atMs > than.atMs : isLive;
  }

  async function measureAll(): Promise<void> {
    const wantedNow = [...(await keysToRead())];
    const kept = new Map<string, TimeSeries>();
    for (const [key] of wantedNow) kept.set(key, series.get(key) ?? createTimeSeries());
    series = kept;
    for (let from = 0; from < wantedNow.length && !isStopped; from += READ_AT_ONCE) {
      const some = wantedNow.slice(from, from + READ_AT_ONCE);
      const newest = await store.observed(some.map(([, observation]) => observation));
      const nowMs = epochMs();
      for (const [i, each] of newest.entries())
        if (each !== undefined && health.isLive(each.worker))
          kept.get(some[i]![0])!.add(each.lastOk && each.fault === undefined ? each.rttMs : undefined, nowMs);
      if (from + READ_AT_ONCE < wantedNow.length) await sleep(READ_PAUSE_MS);
    }
  }

  async function measure(): Promise<void> {
    try {
      await measureAll();
      repeats.over();
    } catch (err) {
      const unsaid = repeats.due(String(err));
      if (unsaid !== undefined)
        log.warn(
          { err, unsaid },
          'Cannot read response times. Their series have a gap until the store is back.',
        );
    }
  }

  function start(): void {
    timer = setTimeout(
      () => {
        void measure().then(() => isStopped || start());
      },
      STEP_MS - (epochMs() % STEP_MS),
    ).unref();
  }

  return {
    of(pool, endpoint, fromMs, count) {
      wanted.delete(pool.id);
      wanted.add(pool.id);
      if (wanted.size > WANTED_POOLS_MAX) wanted.delete(wanted.values().next().value!);
      const byRegion = new Map<string, TimeSeries[]>();
      const seen = new Set<string>();
      for (const each of observationsOf(pool, endpoint)) {
        const key = seriesKey(each);
        const known = seen.has(key) ? undefined : series.get(key);
        seen.add(key);
        if (known !== undefined) byRegion.getOrInsertComputed(each.region, () => []).push(known);
      }
      return [...byRegion].map(([region, all]) => ({
        region,
        timesMs: meansOf(all.map((one) => one.read(fromMs, count))),
      }));
    },
    measure,
    start,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** The key of the series that an observation is of. */
function seriesKey({ check, region }: ObservationKey): string {
  return `${region} ${check}`;
}

/** Returns the mean of several series at each step, without those that have nothing there. */
function meansOf(all: readonly (readonly (number | null)[])[]): (number | null)[] {
  const [first = [], ...others] = all;
  if (others.length === 0) return [...first];
  return first.map((_, step) => {
    const known = all.flatMap((each) => each[step] ?? []);
    return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0) / known.length;
  });
}
