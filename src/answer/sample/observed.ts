import * as fromCounters from '../counters.ts';
import type { Exchange } from '../exchange.ts';
import type { Responder } from '../respond.ts';
import type { Sampling } from './ring.ts';
import * as fromRing from './ring.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { Counter, LATENCY_BOUNDS_NS } = fromCounters;
const { openRingWriter } = fromRing;

/** Of so many queries one is timed: a clock that is read for each would cost more than the rest of what counts. */
export const TIMED_EVERY = 256;

/** Lets another responder answer, times some of its answers, and copies a share of them where that is wanted. */
export function observed(
  responder: Responder,
  sampling: Sampling | undefined,
  counters: Float64Array,
  seed: number,
): Responder {
  const ring = sampling && openRingWriter(sampling.ring);
  /** The factor of a gap; -0: there is none. */
  const gapFactor = sampling === undefined || sampling.share >= 1 ? 0 : 1 / Math.log1p(-sampling.share);
  let state = seed | 1;
  let untilTimed = TIMED_EVERY;
  let untilSampled = gap();

  /** How many queries on the next one is copied: so that each is by the same chance, whatever the order of queries is. */
  function gap(): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const uniform = ((state >>> 0) + 1) / 0x1_0000_0001;
    return 1 + Math.min(0x3fff_ffff, Math.floor(Math.log(uniform) * gapFactor));
  }

  function timed(exchange: Exchange): number {
    const fromMs = performance.now();
    const length = responder.respond(exchange);
    const ns = (performance.now() - fromMs) * 1e6;
    let bucket = 0;
    while (bucket < LATENCY_BOUNDS_NS.length && ns > LATENCY_BOUNDS_NS[bucket]!) bucket += 1;
    counters[Counter.LATENCY + bucket]! += 1;
    counters[Counter.LATENCY_SUM_NS]! += ns;
    return length;
  }

  function sample(exchange: Exchange, length: number): void {
    untilSampled = gap();
    if (ring!.put(exchange, length)) counters[Counter.SAMPLED]! += 1;
    else counters[Counter.UNSAMPLED]! += 1;
  }

  return {
    respond(exchange) {
      untilTimed -= 1;
      let length: number;
      if (untilTimed === 0) {
        untilTimed = TIMED_EVERY;
        length = timed(exchange);
      } else length = responder.respond(exchange);
      if (ring !== undefined) {
        untilSampled -= 1;
        if (untilSampled <= 0) sample(exchange, length);
      }
      return length;
    },
  };
}
