import type { Attempt } from './attempt.ts';
import type { TestedDestination } from './destination.ts';

/** Longest time of a test of all destinations, milliseconds. */
export const TRIAL_MS = 15_000;

/** The result of a test. */
export interface Tried {
  /** Key of the destination. */
  readonly destination: string;
  readonly attempt: Attempt;
  readonly tookMs: number;
}

/** Sends a test to each destination, once, and at the same time. Never rejects, and takes no longer than TRIAL_MS. */
export function tryDestinations(
  destinations: readonly TestedDestination[],
  trialMs: number = TRIAL_MS,
): Promise<Tried[]> {
  const signal = AbortSignal.timeout(trialMs);
  return Promise.all(
    destinations.map(async (each) => {
      const beganMs = performance.now();
      const attempt = await each.test(signal);
      const isLate = attempt.kind === 'failed' && signal.aborted;
      return {
        destination: each.key,
        attempt: isLate ? { kind: 'failed', reason: `not taken within ${trialMs} ms` } : attempt,
        tookMs: performance.now() - beganMs,
      };
    }),
  );
}
