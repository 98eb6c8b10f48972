import type { Check } from '../../../src/check/check.ts';
import type { Outcome } from '../../../src/check/outcome.ts';
import { probe } from '../../../src/probe/probe.ts';
import type { ReferenceTarget } from '../../../src/voting/abstaining.ts';
import type { Condition } from '../plan.ts';
import type { Process, VirtualTime } from './virtual-time.ts';

/** What workers probe: services at addresses, which regions and monitors may see differently. An endpoint is known by its address as it is authored. */
export interface Surroundings {
  /** `aspect`: what only the monitor of this number sees; 'all': every one. */
  set(address: string, region: string, to: Condition, aspect: number | 'all'): void;
  /** Whether probes from a region by a monitor succeed. */
  isWell(address: string, region: string, aspect: number): boolean;
  /** When anything last changed about an endpoint; -1: never. */
  changedMs(address: string): number;
  /** Since when a region finds it bad by any monitor, without a break longer than that; undefined: it does not. */
  badSinceMs(address: string, region: string, breakMs: number): number | undefined;
  /** When it last failed for somebody, now included, and when it last was well for somebody; -1: never. */
  badMs(address: string): number;
  goodMs(address: string): number;
  /** When a probe from one of these regions last failed; -1: never. */
  foundBadMs(address: string, regions: readonly string[]): number;
  /** Gives a host name another address. */
  move(name: string): void;
  /** What an endpoint's address is, resolved; its own where it is no host name. */
  addressOf(address: string): string;
  /** The endpoint that has, or had, an address. */
  ownerOf(address: string): string;
  /** Probes as a process of a region makes them, by the code that makes them for real. */
  probe(
    region: string,
    process: Process,
    isCutOff: () => boolean,
  ): (check: Check, signal: AbortSignal) => Promise<Outcome>;
}

/** Where workers look whether their own network is well. */
export const REFERENCES: readonly ReferenceTarget[] = ['198.51.100.1', '198.51.100.2'].map((address) => ({
  text: `tcp://${address}:53`,
  type: 'tcp',
  address,
  port: 53,
  path: '/',
}));

/** TTL of the addresses of host names, and what becomes of it on the way (src/pool/address-ttl.ts). */
export const NAME_TTL_SECONDS = 20;
/** An answer that comes at once takes this long. */
const PROMPT_MS = 5;
/** A monitor is known by the last digits of its id. */
const aspectOf = ({ monitor }: Check) => Number(monitor.id.slice(-2));

/** Everything is well. `aspects`: how many monitors look at an endpoint. */
export function createSurroundings(
  time: VirtualTime,
  regions: readonly string[],
  aspects: (address: string) => number,
): Surroundings {
  const conditions = new Map<string, Condition>();
  const changed = new Map<string, number>();
  const bad = new Map<string, number>();
  const foundBad = new Map<string, number>();
  /** The times it was bad, the newest last; open where it still is. */
  const badTimes = new Map<string, { readonly sinceMs: number; untilMs: number }[]>();
  /** Since when nobody finds it well. */
  const lost = new Map<string, number>();
  const moves = new Map<string, number>();
  const owners = new Map<string, string>();
  const aspectsOf = (address: string) => Array.from({ length: aspects(address) }, (_, at) => at);
  const isWell = (address: string, region: string, aspect: number) => {
    const condition = conditions.get(`${address} ${region} ${aspect}`) ?? 'up';
    return condition === 'up' || condition === 'slow';
  };
  const seers = (address: string) =>
    regions.flatMap((region) => aspectsOf(address).map((aspect) => ({ region, aspect })));
  const isBad = (address: string) =>
    seers(address).some(({ region, aspect }) => !isWell(address, region, aspect));

  function addressOf(address: string): string {
    const number = /^h(\d+)\./.exec(address)?.[1];
    const resolved =
      number === undefined ? address : `203.0.113.${10 * Number(number) + ((moves.get(address) ?? 0) % 10)}`;
    owners.set(resolved, address);
    return resolved;
  }

  /** What arrives after this time, unless the attempt is over; never, where that is undefined. */
  function arrive(
    ms: number | undefined,
    process: Process,
    signal: AbortSignal,
    error?: string,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const settle = () =>
      error === undefined ? resolve() : reject(Object.assign(new Error(error), { code: error }));
    if (ms !== undefined) time.after(ms, settle, process);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    return promise;
  }

  function note(address: string, region: string, aspect: number, wasBad: boolean): void {
    const key = `${address} ${region} ${aspect}`;
    const times = badTimes.get(key) ?? [];
    badTimes.set(key, times);
    const last = times.at(-1);
    const wasOpen = last?.untilMs === Number.POSITIVE_INFINITY;
    const well = isWell(address, region, aspect);
    if (wasOpen && well) last.untilMs = time.nowMs;
    if (!wasOpen && !well) times.push({ sinceMs: time.nowMs, untilMs: Number.POSITIVE_INFINITY });
    if (wasBad || isBad(address)) bad.set(address, time.nowMs);
    if (seers(address).some((seer) => isWell(address, seer.region, seer.aspect))) lost.delete(address);
    else if (!lost.has(address)) lost.set(address, time.nowMs);
  }

  return {
    isWell,
    set(address, region, to, which) {
      const wasBad = isBad(address);
      const all = aspectsOf(address);
      for (const aspect of which === 'all' ? all : [which % all.length]) {
        conditions.set(`${address} ${region} ${aspect}`, to);
        changed.set(address, time.nowMs);
        note(address, region, aspect, wasBad);
      }
    },
    badSinceMs(address, region, breakMs) {
      let earliestMs: number | undefined;
      for (const aspect of aspectsOf(address)) {
        let beganMs: number | undefined;
        for (const { sinceMs, untilMs } of (
          badTimes.get(`${address} ${region} ${aspect}`) ?? []
        ).toReversed()) {
          if (untilMs + breakMs < (beganMs ?? time.nowMs)) break;
          beganMs = sinceMs;
        }
        if (beganMs !== undefined) earliestMs = Math.min(beganMs, earliestMs ?? beganMs);
      }
      return earliestMs;
    },
    changedMs: (address) => changed.get(address) ?? -1,
    badMs: (address) => (isBad(address) ? time.nowMs : (bad.get(address) ?? -1)),
    goodMs: (address) => lost.get(address) ?? time.nowMs,
    foundBadMs: (address, seen) =>
      Math.max(-1, ...seen.map((region) => foundBad.get(`${address} ${region}`) ?? -1)),
    move(name) {
      moves.set(name, (moves.get(name) ?? 0) + 1);
      changed.set(name, time.nowMs);
    },
    addressOf,
    ownerOf: (address) => owners.get(address) ?? address,
    probe(region, process, isCutOff) {
      const ping = (check: Check) => async (_: string, signal: AbortSignal) => {
        const { monitor, address } = check;
        if (isCutOff()) return arrive(PROMPT_MS, process, signal, 'ENETUNREACH');
        switch (conditions.get(`${address} ${region} ${aspectOf(check)}`) ?? 'up') {
          case 'up':
            return arrive(PROMPT_MS, process, signal);
          case 'slow':
            return arrive(800 * monitor.timeoutSeconds, process, signal);
          case 'down':
            return arrive(PROMPT_MS, process, signal, 'EHOSTUNREACH');
          case 'silent':
            return arrive(undefined, process, signal);
        }
      };
      const resolve = async (name: string, signal: AbortSignal) => {
        await arrive(PROMPT_MS, process, signal, isCutOff() ? 'ESERVFAIL' : undefined);
        return { addresses: [addressOf(name)], ttlSeconds: NAME_TTL_SECONDS };
      };
      return async (check, signal) => {
        // A reference target is reached as any endpoint is that is well.
        const pinged: Check = { ...check, monitor: { ...check.monitor, type: 'icmp_ping' } };
        const outcome = await probe(pinged, { ping: ping(check), resolve, signal });
        if (!outcome.ok && !isCutOff()) foundBad.set(`${check.address} ${region}`, time.nowMs);
        return outcome;
      };
    },
  };
}
