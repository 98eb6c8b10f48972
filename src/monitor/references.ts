import { setTimeout as sleep } from 'node:timers/promises';
import { mustAbstain, type ReferenceTarget } from '../pool/abstaining.ts';
import type { Check, CheckKey } from '../pool/check.ts';
import type { Outcome } from '../pool/outcome.ts';

/** Between the end of one round and the start of the next. */
export const REFERENCE_INTERVAL_MS = 2_000;
/** Seconds a target has to answer. */
export const REFERENCE_TIMEOUT_SECONDS = 1;

/** What is probed, and who is told. */
export interface ReferencesOptions {
  readonly targets: readonly ReferenceTarget[];
  /** Makes one check; rejects when the signal aborts, and when it was unable to try. */
  readonly probe: (check: Check, signal: AbortSignal) => Promise<Outcome>;
  /** More than half of the targets failed, or no longer do. `failed`: those that did, as configured. */
  readonly changed: (isCutOff: boolean, failed: readonly string[]) => void;
}

/** Probes a worker's reference targets. */
export interface References {
  /** More than half of them failed when they were last probed. */
  readonly isCutOff: boolean;
  /** Resolves when a round that began after this call is over; at once without targets, or when stopped. */
  afresh(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts with a round at once; until its end the network counts as well. */
export function startReferences({ targets, probe, changed }: ReferencesOptions): References {
  const checks = targets.map(checkOf);
  const ending = new AbortController();
  const { signal } = ending;
  let isCutOff = false;
  let round: Promise<void> | undefined;
  /** The round after the one that runs, once somebody waits for it. */
  let next: Promise<void> | undefined;

  async function reaches(check: Check): Promise<boolean> {
    try {
      return (await probe(check, signal)).ok;
    } catch {
      // A machine that is unable to try reaches nothing.
      return false;
    }
  }

  async function probeAll(): Promise<void> {
    const reached = await Promise.all(checks.map(reaches));
    if (signal.aborted) return;
    const now = mustAbstain(reached);
    if (now === isCutOff) return;
    isCutOff = now;
    changed(
      now,
      targets.filter((_, i) => !reached[i]).map(({ text }) => text),
    );
  }

  function start(): Promise<void> {
    round = probeAll().finally(() => {
      round = undefined;
    });
    return round;
  }

  function afresh(): Promise<void> {
    if (checks.length === 0 || signal.aborted) return Promise.resolve();
    if (round === undefined) return start();
    next ??= round.then(() => {
      next = undefined;
      return signal.aborted ? undefined : start();
    });
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
