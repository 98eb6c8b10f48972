import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, checkHost, checkKeyOf, checkPort } from '../check/check.ts';
import type { Monitor } from '../check/monitor.ts';
import { type AddressOutcome, DETAIL_CHARACTERS_MAX, isUnmade, type Outcome } from '../check/outcome.ts';
import type { AddressPreview, PoolPreview, PreviewRequest } from '../check/preview.ts';
import { poolStatus } from '../health/status.ts';
import { overrideOf } from '../pool/override.ts';
import type { Endpoint, Pool } from '../pool/pool.ts';
import { StoreRefused } from '../store/contract/failure.ts';
import { PREVIEW_MS } from '../store/contract/previews.ts';
import type { Lease } from '../store/contract/workers.ts';
import type { Store } from '../store/store.ts';
import { createRepeats } from '../telemetry/repeats.ts';
import type { Logger } from './logger.ts';

/** Time between two looks for a preview to run, milliseconds. */
export const PREVIEW_POLL_MS = 500;
/** Time between two answers of a preview that runs, milliseconds. */
export const PREVIEW_ANSWER_MS = 1_000;
/** Maximum of probes of a preview that run at a time. A worker runs one preview at a time. */
export const PREVIEW_PROBES_MAX = 256;

/** Dependencies of startPreviews. */
export interface PreviewsOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly lease: () => Lease | undefined;
  /** Runs one check. Rejects when the signal aborts, and when the probe could not run. */
  readonly probe: (check: Check, signal: AbortSignal) => Promise<Outcome>;
}

/** Runs previews until it is stopped. */
export interface Previews {
  /** Gives up the running preview, which another worker takes once the lease has ended. */
  stop(): Promise<void>;
}

type Found = PoolPreview['endpoints'][number];

/** Starts to take previews from the store, one at a time, to run their probes and to write the results. Never throws. */
export function startPreviews(options: PreviewsOptions): Previews {
  const { store, log } = options;
  const ending = new AbortController();
  const repeats = createRepeats();
  const { signal } = ending;
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);

  /** The membership logs that the store is away. */
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
    log.info({ preview: id, pools: pools.length, probes: tasks.length }, 'This worker ran a preview.');
  }

  async function foundBy({ endpoint: { address }, check }: Task): Promise<Found> {
    try {
      const { byAddress, ...whole } = await options.probe(check, signal);
      const addresses = byAddress?.map((each) => foundAt(each.address, each));
      return { ...foundAt(address, whole), ...(addresses && { addresses }) };
    } catch (err) {
      if (!signal.aborted) log.warn({ err, address }, 'Cannot run a probe of a preview.');
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
  const cut = detail?.slice(0, DETAIL_CHARACTERS_MAX);
  return { address, healthy: ok, rttMs, reason, ...(cut && { detail: cut }), responseCode };
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

/** Returns the previews of the pools whose endpoints were all probed: their health as if they were enabled and had this monitor. */
function donePools(
  { pools, monitor, overrides = [] }: PreviewRequest,
  found: ReadonlyMap<Endpoint, Found>,
  epochMs: number,
): PoolPreview[] {
  return pools.flatMap((pool) => {
    const endpoints = enabledOf(pool).flatMap((endpoint) => found.get(endpoint) ?? []);
    if (endpoints.length < enabledOf(pool).length) return [];
    const tried = { ...pool, enabled: true, monitor: monitor.id, monitorGroup: null };
    const { healthy } = poolStatus(tried, (endpoint) => {
      const result = found.get(endpoint);
      const override = overrideOf(overrides, pool, endpoint, epochMs)?.action;
      const isMade = result !== undefined && !isUnmade(result.reason);
      return { healthy: isMade ? result.healthy : undefined, ...(override && { override }) };
    });
    const isUnknown = healthy === undefined && { isUnknown: true };
    return [{ pool: pool.id, healthy: healthy ?? false, ...isUnknown, endpoints }];
  });
}

/** Returns the endpoints to try: the enabled ones, of a disabled pool as well. */
function enabledOf({ endpoints }: Pool): Endpoint[] {
  return endpoints.filter(({ enabled }) => enabled);
}
