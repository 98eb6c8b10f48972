import { setTimeout as sleep } from 'node:timers/promises';
import type { Check, CheckKey } from '../check/check.ts';
import type { Outcome } from '../check/outcome.ts';
import { mustAbstain, type ReferenceTarget } from '../voting/abstaining.ts';

/** Time from the end of one round to the start of the next, milliseconds. */
export const REFERENCE_INTERVAL_MS = 2_000;
/** Seconds within which a target must answer. */
export const REFERENCE_TIMEOUT_SECONDS = 1;
/** Shortest time between the starts of two rounds, milliseconds. It bounds the rounds that run at a time, since a silent target takes a second in each. */
export const ROUND_GAP_MS = 200;

/** Dependencies of startReferences. */
export interface ReferencesOptions {
  readonly targets: readonly ReferenceTarget[];
  /** Runs one check. Rejects when the signal aborts, and when the probe could not run. */
  readonly probe: (check: Check, signal: AbortSignal) => Promise<Outcome>;
  /** Called when more than half of the targets fail, and when they no longer do. `failed`: those that failed so far, as configured. */
  readonly changed: (isCutOff: boolean, failed: readonly string[]) => void;
}

/** Probes a worker's reference targets. */
export interface References {
  /** true: more than half of them failed in the latest round. */
  readonly isCutOff: boolean;
  /**
   * Resolves when a round that began after this call is decided, which takes at most ROUND_GAP_MS and the time that a
   * target has. Resolves at once without targets, or when stopped.
   */
  afresh(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts probing the targets. Until the end of the first round the network counts as healthy. */
export function startReferences({ targets, probe, changed }: ReferencesOptions): References {
  const checks = targets.map(checkOf);
  const ending = new AbortController();
  const { signal } = ending;
  let isCutOff = false;
  /** Number of rounds begun, and below the start of the latest and the latest that is decided: an older one decides nothing. */
  let rounds = 0;
  let begunMs = Number.NEGATIVE_INFINITY;
  let decided = 0;
  /** The next round, once a caller waits for it. */
  let next: Promise<void> | undefined;

  async function reaches(check: Check, until: AbortSignal): Promise<boolean> {
    try {
      return (await probe(check, until)).ok;
    } catch {
      // A machine that cannot run the probe reaches nothing.
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

  /** Probes all targets at once, until the results so far decide: it does not wait for a silent one where the others are enough. */
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

/** Returns the check of a target, which is never stored. Any HTTP answer is good: it came over the network. */
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
