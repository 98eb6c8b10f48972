import { setTimeout as sleep } from 'node:timers/promises';
import type { ObservationKey } from '../../health/observation.ts';
import { type Measured, regionRttsMs } from '../../load-balancer/latency/measured.ts';
import type { PoolLatencies } from '../../load-balancer/latency/pool-latencies.ts';
import { createPieces } from '../../pace/next-turn.ts';
import type { ObservationStore } from '../../store/contract/observations.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import { scopeIncludes } from '../../voting/region-scope.ts';
import type { EndpointCheck } from '../follow/configured.ts';
import type { Refresh } from '../follow/refresh.ts';
import type { Logger } from '../logger.ts';
import type { Publisher } from '../publish/publisher.ts';

/** Time between the end of a sweep and the begin of the next one, milliseconds. */
export const SWEEP_PAUSE_MS = 60_000;
/** Observations that are read from the store at once, and the pause until the next ones, milliseconds. */
export const READ_AT_ONCE = 250;
const READ_PAUSE_MS = 10;

/** Dependencies of createLatencySweeps. */
export interface LatencySweepsOptions {
  readonly store: Pick<ObservationStore, 'observed'>;
  readonly publisher: Pick<Publisher, 'byLatency' | 'reorder'>;
  readonly refresh: Pick<Refresh, 'configured' | 'health' | 'statusOf' | 'publishSoon'>;
  readonly latencies: Pick<PoolLatencies, 'add' | 'look'>;
  readonly log: Pick<Logger, 'warn'>;
  /** A clock that never jumps, milliseconds. */
  readonly monotonicMs: () => number;
}

/** Measures the pools that load balancers order by latency, and has load balancers laid out again whose order changed. */
export interface LatencySweeps {
  /** Measures all of these pools once: takes the newest times that their checks have in the store. Never rejects. */
  sweep(): Promise<void>;
  /** Sweeps again and again, SWEEP_PAUSE_MS after each other, until stop(). */
  start(): void;
  stop(): void;
}

/** A check of an endpoint, and the observations of it that count. */
interface Asked {
  readonly check: EndpointCheck;
  readonly keys: readonly ObservationKey[];
}

/** A pool that is being measured: the checks with a vote of each endpoint that answers may hold. */
interface AskedPool {
  readonly id: string;
  readonly members: readonly (readonly Asked[])[];
}

/**
 * Creates it. Workers publish each result, and followers of the store get those that change something. So this node reads the others
 * itself, of the pools that need them.
 */
export function createLatencySweeps(options: LatencySweepsOptions): LatencySweeps {
  const { store, publisher, refresh, latencies, log, monotonicMs } = options;
  const { configured, health } = refresh;
  const repeats = createRepeats(monotonicMs);
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  function askedOf(id: string): AskedPool | undefined {
    const pool = configured.pool(id);
    if (pool === undefined) return undefined;
    const answered = refresh.statusOf(pool).endpoints.filter(({ isAnswered }) => isAnswered);
    const members = answered.map(({ endpoint }) => configured.checksOf(pool, endpoint).map(askedCheck));
    return { id, members };
  }

  function askedCheck(check: EndpointCheck): Asked {
    const keys = check.monitoringOnly
      ? []
      : health
          .observationsOf(check.key)
          .filter(({ region, worker }) => health.isLive(worker) && scopeIncludes(check.scope, region));
    return { check, keys };
  }

  /** Reads the newest observations of pools, and takes their times in. */
  async function measure(pools: readonly AskedPool[]): Promise<void> {
    const keys = pools.flatMap(({ members }) => members.flat().flatMap((asked) => asked.keys));
    const found = new Map<ObservationKey, Measured['observations'][number]>();
    for (let from = 0; from < keys.length && !isStopped; from += READ_AT_ONCE) {
      const some = keys.slice(from, from + READ_AT_ONCE);
      for (const [i, each] of (await store.observed(some)).entries()) if (each) found.set(some[i]!, each);
      if (from + READ_AT_ONCE < keys.length) await sleep(READ_PAUSE_MS);
    }
    const nowMs = monotonicMs();
    for (const { id, members } of pools) {
      const measured = members.map((checks) =>
        checks.map(
          ({ check, keys: own }): Measured => ({
            monitoringOnly: check.monitoringOnly,
            observations: own.flatMap((key) => found.get(key) ?? []),
          }),
        ),
      );
      for (const [region, rttMs] of regionRttsMs(measured)) latencies.add(id, region, rttMs, nowMs);
    }
  }

  async function measureAll(): Promise<void> {
    const isLong = createPieces();
    const seen = new Set<string>();
    let asked: AskedPool[] = [];
    let count = 0;
    for (const list of publisher.byLatency())
      for (const id of list) {
        const rest = isLong();
        if (rest) await rest;
        const pool = seen.has(id) ? undefined : askedOf(id);
        seen.add(id);
        if (pool === undefined) continue;
        asked.push(pool);
        count += pool.members.flat().reduce((sum, { keys }) => sum + keys.length, 0);
        if (count < READ_AT_ONCE) continue;
        await measure(asked);
        if (isStopped) return;
        await sleep(READ_PAUSE_MS);
        [asked, count] = [[], 0];
      }
    await measure(asked);
  }

  /** Does steps until the last, which has a value, in pieces. */
  async function inPieces<T>(steps: Iterator<void, T>): Promise<T> {
    const isLong = createPieces();
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      const rest = isLong();
      if (rest) await rest;
    }
  }

  async function sweep(): Promise<void> {
    try {
      await measureAll();
      repeats.over();
    } catch (err) {
      // Nothing is forgotten while the store is away.
      const unsaid = repeats.due(String(err));
      if (unsaid !== undefined)
        log.warn(
          { err, unsaid },
          'Cannot read how quick pools are. Load balancers keep the order that they have.',
        );
      return;
    }
    if (isStopped) return;
    await inPieces(latencies.look(publisher.byLatency(), monotonicMs())[Symbol.iterator]());
    if ((await inPieces(publisher.reorder())) && !isStopped) refresh.publishSoon();
  }

  function start(): void {
    timer = setTimeout(() => {
      void sweep().then(() => isStopped || start());
    }, SWEEP_PAUSE_MS);
  }

  return {
    sweep,
    start,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
