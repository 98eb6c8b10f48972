import { createRetry } from '../../check/retry.ts';
import type { HealthEvent } from '../../event/event.ts';
import type { Observation, ObservationKey } from '../../health/observation.ts';
import { StoreRefused } from '../../store/contract/failure.ts';
import type { Lease } from '../../store/contract/workers.ts';
import type { Store } from '../../store/store.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import type { Logger } from '../logger.ts';
import { createOutbox, PUTS_MAX } from './outbox.ts';

/** Time that urgent results wait for others, so that what happens together is published together, milliseconds. */
export const NEWS_DELAY_MS = 5;
/** Time that other results wait, which bounds the load on the store, milliseconds. */
export const REST_DELAY_MS = 1_000;
/** Shortest and longest pause after a failed publication, milliseconds; each is twice the one before. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1_000;

/** Dependencies of createResultPublisher. */
export interface ResultPublisherOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly lease: () => Lease | undefined;
  /** Joins again after the lease was refused. Resolves after the attempt. */
  readonly rejoin: (refused: Lease) => Promise<void>;
  /** Called at each attempt that the store refuses, with its reason. */
  readonly refused?: (why: string) => void;
  /** Called when everything that waited is published. */
  readonly caughtUp?: () => void;
}

/** Publishes the results of this worker: one publication at a time, in order, and repeated until the store takes it. */
export interface ResultPublisher {
  /** Adds an observation. `changed`: it is urgent. `drops` are published together with it. */
  put(observation: Observation, changed: boolean, drops: readonly ObservationKey[]): void;
  drop(key: ObservationKey): void;
  add(events: readonly HealthEvent[]): void;
  /** Stops after one last attempt to publish everything. Begins nothing more once `giveUp` aborts. */
  stop(giveUp: AbortSignal): Promise<void>;
  /** true: nothing waits to be published. */
  readonly isIdle: boolean;
  /** Number of publications, and below of failed attempts. */
  readonly published: number;
  readonly failed: number;
}

/** Creates a publisher with nothing to publish. */
export function createResultPublisher(options: ResultPublisherOptions): ResultPublisher {
  const { store, log, lease, rejoin, refused = () => {}, caughtUp = () => {} } = options;
  const outbox = createOutbox();
  const retry = createRetry(RETRY_MIN_MS, RETRY_MAX_MS);
  let published = 0;
  let failed = 0;
  let eventsLost = 0;
  const repeats = createRepeats();
  const losses = createRepeats();
  let isStopped = false;
  let sending: Promise<void> | undefined;
  /** true during the pause after a failed publication, which urgent results must not shorten. */
  let isPausing = false;
  let timer: NodeJS.Timeout | undefined;
  let timerAtMs = Number.POSITIVE_INFINITY;
  let restSinceMs = performance.now();

  function wake(): void {
    if (isStopped || isPausing || sending !== undefined || outbox.isEmpty) return;
    const now = performance.now();
    setTimer(outbox.hasNews ? now + NEWS_DELAY_MS : Math.max(now, restSinceMs + REST_DELAY_MS));
  }

  function setTimer(atMs: number): void {
    if (atMs >= timerAtMs) return;
    clearTimeout(timer);
    timerAtMs = atMs;
    timer = setTimeout(onTimer, Math.max(0, atMs - performance.now()));
  }

  function clearTimer(): void {
    clearTimeout(timer);
    timerAtMs = Number.POSITIVE_INFINITY;
    isPausing = false;
  }

  function onTimer(): void {
    clearTimer();
    const isRestDue = performance.now() >= restSinceMs + REST_DELAY_MS;
    sending = sendAll(isRestDue).finally(() => {
      sending = undefined;
      wake();
    });
  }

  async function sendAll(withRest: boolean): Promise<void> {
    if (withRest) restSinceMs = performance.now();
    // Results that come in meanwhile wait their own time, unless they are urgent.
    for (let rounds = withRest ? Math.ceil(outbox.puts / PUTS_MAX) : 0; !isStopped; rounds--) {
      if (outbox.isEmpty || (rounds <= 0 && !outbox.hasNews)) {
        if (withRest) caughtUp();
        return;
      }
      if (await sendOne(rounds > 0)) continue;
      isPausing = true;
      if (!isStopped) setTimer(performance.now() + retry.pauseMs());
      return;
    }
  }

  /** Sends one publication. Returns true when the store took it. */
  async function sendOne(withRest: boolean): Promise<boolean> {
    const current = lease();
    const publication = current && outbox.take(withRest);
    if (publication === undefined) return false;
    try {
      if ((await store.publish(current!, publication)) === 'published') {
        published++;
        retry.reset();
        const seconds = repeats.over();
        if (seconds !== undefined)
          log.info({ published }, `Check results are published again, after ${seconds} s.`);
        return true;
      }
    } catch (err) {
      failed++;
      outbox.restore(publication);
      const unsaid = repeats.due(String(err));
      if (unsaid !== undefined)
        log.warn({ err, unsaid }, 'Cannot publish check results. They are kept until the store takes them.');
      if (err instanceof StoreRefused) refused(err.why);
      return false;
    }
    failed++;
    outbox.restore(publication);
    await rejoin(current!);
    return false;
  }

  return {
    put(observation, changed, drops) {
      outbox.put(observation, changed, drops);
      wake();
    },
    drop(key) {
      outbox.drop(key);
      wake();
    },
    add(events) {
      outbox.add(events);
      const lost = outbox.eventsLost - eventsLost;
      if (lost > 0 && losses.due('') !== undefined) {
        log.error({ lost }, 'Events are lost: too many wait for the store.');
        eventsLost = outbox.eventsLost;
      }
      wake();
    },
    async stop(giveUp) {
      clearTimer();
      isStopped = true;
      await sending;
      while (!giveUp.aborted && !outbox.isEmpty && (await sendOne(true)));
    },
    get isIdle() {
      return outbox.isEmpty && sending === undefined;
    },
    get published() {
      return published;
    },
    get failed() {
      return failed;
    },
  };
}
