import { createRetry } from '../../check/retry.ts';
import type { HealthEvent } from '../../event/event.ts';
import type { Observation, ObservationKey } from '../../health/observation.ts';
import { type Lease, type Store, StoreRefused } from '../../store/store.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import type { Logger } from '../logger.ts';
import { createOutbox, PUTS_MAX } from './outbox.ts';

/** How long news wait for more of them, so that what happens together is published together. */
export const NEWS_DELAY_MS = 5;
/** How long anything else waits, which bounds the load on the store. */
export const REST_DELAY_MS = 1_000;
/** Pauses after a publication that failed: doubling from the first to the second. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1_000;

/** Where a publisher publishes, and by what right. */
export interface PublisherOptions {
  readonly store: Store;
  readonly log: Logger;
  readonly lease: () => Lease | undefined;
  /** The lease was refused; resolves when joining again was tried. */
  readonly rejoin: (refused: Lease) => Promise<void>;
  /** The store is there and refuses what waits, for this reason. Called at each attempt. */
  readonly refused?: (why: string) => void;
  /** All that waited was published. */
  readonly caughtUp?: () => void;
}

/** Brings to the store what this worker finds: one publication at a time, in order, again and again until it is there. */
export interface Publisher {
  /** `drops` go out together with the observation. */
  put(observation: Observation, changed: boolean, drops: readonly ObservationKey[]): void;
  drop(key: ObservationKey): void;
  add(events: readonly HealthEvent[]): void;
  /** Ends after one last attempt at all that waits; begins no more once `giveUp` aborts. */
  stop(giveUp: AbortSignal): Promise<void>;
  /** Nothing waits to be published. */
  readonly isIdle: boolean;
  /** Publications made, and failed attempts. */
  readonly published: number;
  readonly failed: number;
}

/** A publisher with nothing to publish. */
export function createPublisher(options: PublisherOptions): Publisher {
  const { store, log, lease, rejoin, refused = () => {}, caughtUp = () => {} } = options;
  const outbox = createOutbox();
  const retry = createRetry(RETRY_MIN_MS, RETRY_MAX_MS);
  let published = 0;
  let failed = 0;
  let eventsLost = 0;
  const repeats = createRepeats();
  let isStopped = false;
  let sending: Promise<void> | undefined;
  /** Set while a failed publication is being waited out: news must not hurry it. */
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
    // What comes in while sending waits for its own turn, unless it is news.
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

  /** Whether a publication was made. */
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
      if (outbox.eventsLost > eventsLost)
        log.error({ lost: outbox.eventsLost - eventsLost }, 'events lost: too many wait for the store');
      eventsLost = outbox.eventsLost;
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
