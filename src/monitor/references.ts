import { setTimeout as sleep } from 'node:timers/promises';
import type { Check, CheckKey } from '../check/check.ts';
import type { Outcome } from '../check/outcome.ts';
import { mustAbstain, type ReferenceTarget } from '../voting/abstaining.ts';

/** Between the end of one round and the start of the next. */
export const REFERENCE_INTERVAL_MS = 2_000;
/** Seconds a target has to answer. */
export const REFERENCE_TIMEOUT_SECONDS = 1;
/** Between the starts of two rounds, which bounds those that run at a time: a silent target has its second in each. */
export const ROUND_GAP_MS = 200;

/** What is probed, and who is told. */
export interface ReferencesOptions {
  readonly targets: readonly ReferenceTarget[];
  /** Makes one check; rejects when the signal aborts, and when it was unable to try. */
  readonly probe: (check: Check, signal: AbortSignal) => Promise<Outcome>;
  /** More than half of the targets failed, or no longer do. `failed`: those that had by then, as configured. */
  readonly changed: (isCutOff: boolean, failed: readonly string[]) => void;
}

/** Probes a worker's reference targets. */
export interface References {
  /** More than half of them failed when they were last probed. */
  readonly isCutOff: boolean;
  /**
   * Resolves when a round that began after this call has decided: as soon as half of the targets, or more than half of
   * them, say so, within ROUND_GAP_MS and the time a target has. At once without targets, or when stopped.
   */
  afresh(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts with a round at once; until its end the network counts as well. */
export function startReferences({ targets, probe, changed }: ReferencesOptions): References {
  const checks = targets.map(checkOf);
  const ending = new AbortController();
  const { signal } = ending;
  let isCutOff = false;
  /** Rounds begun, when the last one was, and the last one that has decided: what an older one finds later is no news. */
  let rounds = 0;
  let begunMs = Number.NEGATIVE_INFINITY;
  let decided = 0;
  /** The round that begins next, once somebody waits for it. */
  let next: Promise<void> | undefined;

  async function reaches(check: Check, until: AbortSignal): Promise<boolean> {
    try {
      return (await probe(check, until)).ok;
    } catch {
      // A machine that is unable to try reaches nothing.
      return false;
    }
  }

  async function round(): Promise<void> {
    const number = ++rounds;
    begunMs = performance.now();
    const over = new AbortController();
    const { isNowCutOff, failed } = await poll(AbortSignal.any([signal, over.signal]));
    over.abort();
    if (signal.aborted || number < decided) return;
    decided = number;
    if (isNowCutOff === isCutOff) return;
    isCutOff = isNowCutOff;
    changed(isCutOff, failed);
  }

  /** Probes all targets at once, until it is decided: a silent one is not waited for where the others are enough. */
  function poll(until: AbortSignal): Promise<{ isNowCutOff: boolean; failed: readonly string[] }> {
    const reached: boolean[] = [];
    const failed: string[] = [];
    const { promise, resolve } = Promise.withResolvers<{ isNowCutOff: boolean; failed: readonly string[] }>();
    for (const [at, check] of checks.entries())
      void reaches(check, until).then((ok) => {
        reached.push(ok);
        if (!ok) failed.push(targets[at]!.text);
        const isNowCutOff = mustAbstain(reached, targets.length);
        if (isNowCutOff !== undefined) resolve({ isNowCutOff, failed: [...failed] });
      });
    return promise;
  }

  function afresh(): Promise<void> {
    if (checks.length === 0 || signal.aborted) return Promise.resolve();
    if (next !== undefined) return next;
    const waitMs = begunMs + ROUND_GAP_MS - performance.now();
    if (waitMs <= 0) return round();
    next = sleep(waitMs, undefined, { signal }).then(
      () => {
        next = undefined;
        return round();
      },
      () => undefined,
    );
    return next;
  }

  async function again(): Promise<void> {
    while (!signal.aborted) {
      await afresh();
      await sleep(REFERENCE_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  const running = checks.length > 0 ? again() : undefined;
  return {
    get isCutOff() {
      return isCutOff;
    },
    afresh,
    async stop() {
      ending.abort();
      await running;
    },
  };
}

/** The check of a target, of which nothing is stored. Of HTTP any answer will do: it came over the network. */
function checkOf({ text, type, address, port, path }: ReferenceTarget): Check {
  const monitor = {
    id: '',
    type,
    description: '',
    intervalSeconds: 1,
    timeoutSeconds: REFERENCE_TIMEOUT_SECONDS,
    retries: 0,
    method: 'GET',
    path,
    expectedCodes: '1xx,2xx,3xx,4xx,5xx',
    expectedBody: '',
    followRedirects: false,
    allowInsecure: true,
    probeZone: '',
    createdOn: '',
    modifiedOn: '',
  };
  return { key: text as CheckKey, monitor, address, port, users: [] };
}
