import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, checkHost, checkKeyOf, checkPort } from '../check/check.ts';
import type { Monitor } from '../check/monitor.ts';
import { type AddressOutcome, DETAIL_CHARACTERS_MAX, isUnmade, type Outcome } from '../check/outcome.ts';
import type { AddressPreview, PoolPreview, PreviewRequest } from '../check/preview.ts';
import { poolStatus } from '../health/status.ts';
import { overrideOf } from '../pool/override.ts';
import type { Endpoint, Pool } from '../pool/pool.ts';
import { type Lease, PREVIEW_MS, type Store, StoreRefused } from '../store/store.ts';
import { createRepeats } from '../telemetry/repeats.ts';
import type { Logger } from './logger.ts';

/** Between two looks for a preview to carry out. */
export const PREVIEW_POLL_MS = 500;
/** Between two answers of a preview that is not done. */
export const PREVIEW_ANSWER_MS = 1_000;
/** Probes of a preview running at a time; a worker carries out one preview at a time. */
export const PREVIEW_PROBES_MAX = 256;

/** What carries out previews, and for whom. */
export interface PreviewsOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly lease: () => Lease | undefined;
  /** Makes one check; rejects when the signal aborts, and when it was unable to try. */
  readonly probe: (check: Check, signal: AbortSignal) => Promise<Outcome>;
}

/** Carries out previews as long as it is not stopped. */
export interface Previews {
  /** Gives up what is under way; another worker is given it once the lease has ended. */
  stop(): Promise<void>;
}

type Found = PoolPreview['endpoints'][number];

/** Takes previews from the store, one at a time, probes what they ask for and answers; never throws. */
export function startPreviews(options: PreviewsOptions): Previews {
  const { store, log } = options;
  const ending = new AbortController();
  const repeats = createRepeats();
  const { signal } = ending;
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);

  /** A store that is away is told of by the membership. */
  function noteRefusal(err: unknown): undefined {
    const unsaid = err instanceof StoreRefused ? repeats.due(err.why) : undefined;
    if (unsaid !== undefined)
      log.warn({ err, unsaid }, 'The store refuses what this worker writes of previews.');
  }

  async function takeAndCarryOut(): Promise<void> {
    while (!signal.aborted) {
      const lease = options.lease();
      const request = lease && (await store.takePreview(lease).catch(noteRefusal));
      if (lease && request) await carryOut(request, lease);
      else await pause(PREVIEW_POLL_MS);
    }
  }

  async function carryOut(request: PreviewRequest, lease: Lease): Promise<void> {
    const { id, pools } = request;
    const tooLateMs = performance.now() + PREVIEW_MS;
    const tasks = pools.flatMap((pool) => tasksOf(pool, request.monitor));
    const found = new Map<Endpoint, Found>();
    const queue = tasks.values();
    const lane = async () => {
      for (const task of queue) {
        if (signal.aborted) return;
        found.set(task.endpoint, await foundBy(task));
      }
    };
    const lanes = Promise.all(Array.from({ length: Math.min(PREVIEW_PROBES_MAX, tasks.length) }, lane));
    const answer = (isLast: boolean) =>
      store.answerPreview(lease, id, donePools(request, found, Date.now()), isLast).catch(noteRefusal);
    const isDone = lanes.then(() => true);
    while (!(await Promise.race([isDone, pause(PREVIEW_ANSWER_MS)]))) {
      if (signal.aborted) return;
      await answer(false);
    }
    while (!signal.aborted && performance.now() < tooLateMs && (await answer(true)) === undefined)
      await pause(PREVIEW_POLL_MS);
    log.info({ preview: id, pools: pools.length, probes: tasks.length }, 'preview carried out');
  }

  async function foundBy({ endpoint: { address }, check }: Task): Promise<Found> {
    try {
      const { byAddress, ...whole } = await options.probe(check, signal);
      const addresses = byAddress?.map((each) => foundAt(each.address, each));
      return { ...foundAt(address, whole), ...(addresses && { addresses }) };
    } catch (err) {
      if (!signal.aborted) log.warn({ err, address }, 'a probe of a preview could not be made');
      const fault = err instanceof Error ? err.message : String(err);
      return foundAt(address, { ok: false, reason: 'Probe Not Possible', rttMs: 0, responseCode: 0, fault });
    }
  }

  const running = takeAndCarryOut();
  return {
    async stop() {
      ending.abort();
      await running;
    },
  };
}

function foundAt(
  address: string,
  { ok, reason, fault, detail = fault, rttMs, responseCode }: Omit<AddressOutcome, 'address'>,
): AddressPreview {
  const told = detail?.slice(0, DETAIL_CHARACTERS_MAX);
  return { address, healthy: ok, rttMs, reason, ...(told && { detail: told }), responseCode };
}

interface Task {
  readonly endpoint: Endpoint;
  readonly check: Check;
}

function tasksOf(pool: Pool, monitor: Monitor): Task[] {
  return enabledOf(pool).map((endpoint) => {
    const host = checkHost(monitor, endpoint);
    const check = {
      key: checkKeyOf(monitor, endpoint),
      monitor,
      address: endpoint.address,
      port: checkPort(monitor, endpoint),
      ...(host === undefined ? {} : { host }),
      users: [{ pool, endpoint }],
    };
    return { endpoint, check };
  });
}

/** The pools all of whose endpoints were probed, judged as if the monitor were theirs, and as they would be if enabled. */
function donePools(
  { pools, monitor, overrides = [] }: PreviewRequest,
  found: ReadonlyMap<Endpoint, Found>,
  nowMs: number,
): PoolPreview[] {
  return pools.flatMap((pool) => {
    const endpoints = enabledOf(pool).flatMap((endpoint) => found.get(endpoint) ?? []);
    if (endpoints.length < enabledOf(pool).length) return [];
    const tried = { ...pool, enabled: true, monitor: monitor.id, monitorGroup: null };
    const { healthy } = poolStatus(tried, (endpoint) => {
      const result = found.get(endpoint);
      const override = overrideOf(overrides, pool, endpoint, nowMs)?.action;
      const isMade = result !== undefined && !isUnmade(result.reason);
      return { healthy: isMade ? result.healthy : undefined, ...(override && { override }) };
    });
    const isUnknown = healthy === undefined && { isUnknown: true };
    return [{ pool: pool.id, healthy: healthy ?? false, ...isUnknown, endpoints }];
  });
}

/** A pool that is disabled may be tried, an endpoint that is not. */
function enabledOf({ endpoints }: Pool): Endpoint[] {
  return endpoints.filter(({ enabled }) => enabled);
}
