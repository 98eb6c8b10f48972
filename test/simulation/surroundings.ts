import type { ReferenceTarget } from '../../src/pool/abstaining.ts';
import type { Check } from '../../src/pool/check.ts';
import type { FailureReason, Outcome } from '../../src/pool/outcome.ts';
import type { Condition } from './plan.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What workers probe: services at addresses, which the regions may see differently. */
export interface Surroundings {
  set(address: string, region: string, to: Condition): void;
  /** Whether probes from a region succeed. */
  isWell(address: string, region: string): boolean;
  /** When anything last changed about an address; -1: never. */
  changedMs(address: string): number;
  /** Since when a region finds it bad without a break longer than that; undefined: it does not. */
  badSinceMs(address: string, region: string, breakMs: number): number | undefined;
  /** When it last failed for some region, now included, and when it last was well for some; -1: never. */
  badMs(address: string): number;
  goodMs(address: string): number;
  probe(region: string, isCutOff: () => boolean): (check: Check, signal: AbortSignal) => Promise<Outcome>;
}

/** Where workers look whether their own network is well. */
export const REFERENCES: readonly ReferenceTarget[] = ['198.51.100.1', '198.51.100.2'].map((address) => ({
  text: `tcp://${address}:53`,
  type: 'tcp',
  address,
  port: 53,
  path: '/',
}));

/** A probe that is answered at once takes so long. */
const PROMPT_MS = 5;

/** Everything is well. */
export function createSurroundings(time: VirtualTime, regions: readonly string[]): Surroundings {
  const conditions = new Map<string, Condition>();
  const changed = new Map<string, number>();
  const bad = new Map<string, number>();
  /** The times it was bad, the newest last; open where it still is. */
  const badTimes = new Map<string, { readonly sinceMs: number; untilMs: number }[]>();
  /** Since when no region finds it well. */
  const lost = new Map<string, number>();
  const isWell = (address: string, region: string) => {
    const condition = conditions.get(`${address} ${region}`) ?? 'up';
    return condition === 'up' || condition === 'slow';
  };

  async function take(ms: number, ok: boolean, reason: FailureReason, signal: AbortSignal): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    await promise;
    signal.removeEventListener('abort', abort);
    return { ok, reason: ok ? 'No failures' : reason, responseCode: ok ? 200 : 0, rttMs: ms };
  }

  return {
    isWell,
    set(address, region, to) {
      const wasBad = regions.some((each) => !isWell(address, each));
      conditions.set(`${address} ${region}`, to);
      changed.set(address, time.nowMs);
      const key = `${address} ${region}`;
      const times = badTimes.get(key) ?? [];
      badTimes.set(key, times);
      const last = times.at(-1);
      const isBad = last?.untilMs === Number.POSITIVE_INFINITY;
      if (isBad && isWell(address, region)) last.untilMs = time.nowMs;
      if (!isBad && !isWell(address, region))
        times.push({ sinceMs: time.nowMs, untilMs: Number.POSITIVE_INFINITY });
      if (wasBad || regions.some((each) => !isWell(address, each))) bad.set(address, time.nowMs);
      if (regions.some((each) => isWell(address, each))) lost.delete(address);
      else if (!lost.has(address)) lost.set(address, time.nowMs);
    },
    badSinceMs(address, region, breakMs) {
      let beganMs: number | undefined;
      for (const { sinceMs, untilMs } of (badTimes.get(`${address} ${region}`) ?? []).toReversed()) {
        if (untilMs + breakMs < (beganMs ?? time.nowMs)) break;
        beganMs = sinceMs;
      }
      return beganMs;
    },
    changedMs: (address) => changed.get(address) ?? -1,
    badMs: (address) =>
      regions.some((region) => !isWell(address, region)) ? time.nowMs : (bad.get(address) ?? -1),
    goodMs: (address) => lost.get(address) ?? time.nowMs,
    probe: (region, isCutOff) => (check, signal) => {
      const { monitor, address } = check;
      if (isCutOff()) return take(PROMPT_MS, false, 'Network Unreachable', signal);
      const timeoutMs = monitor.timeoutSeconds * 1_000;
      switch (conditions.get(`${address} ${region}`) ?? 'up') {
        case 'up':
          return take(PROMPT_MS, true, 'No failures', signal);
        case 'slow':
          return take(0.8 * timeoutMs, true, 'No failures', signal);
        case 'down':
          return take(PROMPT_MS, false, 'TCP connection failed', signal);
        case 'silent':
          return take(timeoutMs * (1 + monitor.retries), false, 'TCP Timeout', signal);
      }
    },
  };
}
