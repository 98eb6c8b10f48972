import { createAwayLog, FLAPS_TEXT } from '../../telemetry/away-log.ts';
import type { Logger } from '../logger.ts';

/** How the alarm `store_refuses` begins where the store refuses to be read, not to be written. */
export const READS_REFUSED = 'it does not let this node read: ';

/** An absence of the store that is over, by the clock of createStorePresence. */
export interface StoreAbsence {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Tracks whether the store is reachable. */
export interface StorePresence {
  /** Whether it answers and lets this node read. */
  readonly isConnected: boolean;
  /** Milliseconds since the store answered last, or since the start where it never did; 0 while it is there, also where it refuses to be read. */
  readonly awayMs: number;
  /** Milliseconds since it could be read last, or since the start; 0 while it is connected. */
  readonly withoutReadsMs: number;
  /** The latest absence that is over; undefined: there was none. */
  readonly lastAbsence: StoreAbsence | undefined;
  /** Why the store refuses to be read; undefined: it does not, or it is away for another reason. */
  readonly refusal: string | undefined;
  /** Notes an answer of the store. An absence that is noticed late, as when the store hangs, counts from here on. */
  answered(): void;
  /** Notes that the store is connected (true) or away, and logs a change. `why`: it is there, and refuses to be read. */
  note(isUp: boolean, why?: string): void;
}

/** Creates the presence of a store that is away. `revision`: the one that is served. `monotonicMs`: a clock that never jumps. */
export function createStorePresence(
  log: Logger,
  revision: () => number,
  monotonicMs: () => number = () => performance.now(),
): StorePresence {
  const lines = createAwayLog(
    {
      away(unsaid, isFlapping) {
        const text =
          refusal === undefined
            ? 'The store is away. Answers stay as they are until it is back.'
            : `The store refuses reads: ${refusal}. Answers stay as they are until it allows them.`;
        const flaps = isFlapping ? ` ${FLAPS_TEXT}` : '';
        log.warn({ revision: revision(), ...(unsaid > 0 && { unsaid }) }, text + flaps);
      },
      back: (seconds) =>
        log.info({ revision: revision() }, `The store is connected again, after ${seconds} s.`),
    },
    monotonicMs,
  );
  let isConnected = false;
  let refusal: string | undefined;
  let answeredMs = monotonicMs();
  /** When it answered last, though only to refuse. */
  let thereMs = answeredMs;
  let lastAbsence: StoreAbsence | undefined;
  let wasThere = false;
  return {
    get isConnected() {
      return isConnected;
    },
    get awayMs() {
      return isConnected || refusal !== undefined ? 0 : monotonicMs() - thereMs;
    },
    get withoutReadsMs() {
      return isConnected ? 0 : monotonicMs() - answeredMs;
    },
    get lastAbsence() {
      return lastAbsence;
    },
    get refusal() {
      return refusal;
    },
    answered() {
      if (isConnected) answeredMs = thereMs = monotonicMs();
    },
    note(isUp, why) {
      const nowMs = monotonicMs();
      const wasAway = !isConnected && refusal === undefined;
      // A refusal is an answer: what ended with it, or begins after it, is an absence.
      const isThere = isUp || why !== undefined;
      if (wasAway && isThere) lastAbsence = { fromMs: thereMs, untilMs: nowMs };
      if (isThere || refusal !== undefined) thereMs = nowMs;
      refusal = isUp ? undefined : why;
      if (isUp === isConnected) return;
      isConnected = isUp;
      if (isUp) {
        answeredMs = nowMs;
        if (!wasThere) log.info({ revision: revision() }, 'The store is connected.');
        wasThere = true;
        lines.back();
      } else lines.away();
    },
  };
}
