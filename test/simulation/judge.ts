import { BEAT_MS, REJOIN_SETTLE_MS } from '../../src/monitor/membership.ts';
import { NEWS_DELAY_MS } from '../../src/monitor/publish.ts';
import { REFERENCE_INTERVAL_MS, REFERENCE_TIMEOUT_SECONDS } from '../../src/monitor/references.ts';
import type { Pool } from '../../src/pool/pool.ts';
import { REGION_GRACE_MS } from '../../src/serve/health-state.ts';
import { WORKERS_INTERVAL_MS } from '../../src/serve/refresh.ts';
import { LEASE_MS } from '../../src/store/store.ts';
import { SETTLING_MS } from './plan.ts';
import type { SimulatedNode, World } from './world.ts';

/** A rule was broken. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** Looks at everything after every event, and throws Broken. */
export interface Judge {
  look(): void;
  /** A node was started again, and nothing has happened since. */
  restarted(place: SimulatedNode): void;
}

/** Longest pause between two attempts of a worker or node to reach the store (src/monitor, src/serve: RETRY_MAX_MS). */
const RETRY_MAX_MS = 2_000;
/** How long a check that was handed over may wait for its new holder (src/monitor/monitor.ts: RELEASE_CHECK_MS). */
const RELEASE_CHECK_MS = 10_000;
/** Rounds to the store that news may have to wait for, each there and back, while it is not slow. */
const ROUNDS = 10;
/** How long membership takes to come to rest after the last disturbance, at the latest. */
export const SETTLED_MS =
  LEASE_MS +
  Math.max(REGION_GRACE_MS, REJOIN_SETTLE_MS) +
  WORKERS_INTERVAL_MS +
  BEAT_MS +
  2 * RETRY_MAX_MS +
  2 * (REFERENCE_INTERVAL_MS + REFERENCE_TIMEOUT_SECONDS * 1_000) +
  RELEASE_CHECK_MS;
/** What may be old: the longest time that anything in a plan lasts, a paused worker's knowledge for one. */
const OLD_MS = 31_000;
/** The last good state on disk is behind by so much at most (LAST_GOOD_WRITE_MS, and a write of an event). */
const ON_DISK_MS = 50;
/** Between two looks at all that is not news. */
const SAMPLE_MS = 100;
/** Timers and answers that one process waits for at a time, beyond one for each check. */
const PENDING_MAX = 40;

/** What a node answered for a pool, and since when. */
interface Answered {
  readonly text: string;
  readonly addresses: readonly string[];
  readonly sinceMs: number;
}

/** What was to be answered for an endpoint at a time. */
interface Expected {
  readonly well: boolean | undefined;
  readonly sinceMs: number;
}

/** The rules that hold in every history. */
export function createJudge(world: World): Judge {
  const { time, plan, administrator, surroundings, regions, server } = world;
  /** By node and pool, the newest last. */
  const answered = new Map<string, Answered[]>();
  const seen = new Map<SimulatedNode, { readonly node: object; readonly generation: number }>();
  const expected = new Map<string, Expected[]>();
  let lookedMs = 0;
  /** When a region last began to vote. */
  let gainedMs = Number.NEGATIVE_INFINITY;
  let votedBefore: readonly string[] = [];

  const thresholds = () => Math.max(3, plan.consecutiveUp);
  const checkMs = plan.timeoutSeconds * 1_000 * (1 + plan.retries);
  const intervalMs = plan.intervalSeconds * 1_000;
  /** Between two checks of an endpoint that does not answer: ticks that find the last check under way are skipped. */
  const silentIntervalMs = intervalMs * (Math.floor(checkMs / intervalMs) + 1);
  /** From the moment an endpoint changes to the answer that says so, by workers that are at rest. */
  const detectedMs = () =>
    silentIntervalMs * Math.max(administrator.monitor.consecutiveDown ?? 1, plan.consecutiveUp) +
    checkMs +
    NEWS_DELAY_MS +
    2 * ROUNDS;
  const oldMs = () => OLD_MS + SETTLED_MS + silentIntervalMs * thresholds() + checkMs;

  const fail = (rule: string, details: object): never => {
    throw new Broken(`${rule} at ${time.nowMs} ms: ${JSON.stringify(details)}`);
  };

  /** Regions in which somebody is there to look, and to say so. */
  function votingRegions(): string[] {
    const voting = world.workers.filter(
      ({ process, link, isCutOff, isStopping }) =>
        process.state === 'running' && link.isUp && !isCutOff && !isStopping,
    );
    return regions.filter((region) => voting.some((worker) => worker.region === region));
  }

  /** What is to be answered for an endpoint; undefined: everybody who could say is gone. */
  function isWell(address: string): boolean | undefined {
    const voting = votingRegions();
    if (voting.length === 0) return undefined;
    const bad = voting.filter((region) => !surroundings.isWell(address, region));
    return bad.length * 2 <= voting.length;
  }

  /** Verdicts converge, in time, on what is true; endpoints of all nodes alike. */
  function checkTruth(place: SimulatedNode, pool: Pool): void {
    if (!place.link.isUp || !administrator.isSettled) return;
    const addresses = place.node.ask(pool.name);
    for (const { address, enabled } of pool.enabled ? pool.endpoints : []) {
      const well = enabled ? isWell(address) : false;
      const restMs = Math.max(
        world.disturbedMs + SETTLED_MS,
        surroundings.changedMs(address),
        administrator.touchedMs(pool.id),
      );
      if (well === undefined || time.nowMs < restMs + detectedMs() + (world.isEmptied ? RETRY_MAX_MS : 0))
        continue;
      const isIn = Array.isArray(addresses) && addresses.includes(address);
      if (isIn !== well)
        fail(well ? 'a well endpoint is out' : 'a failed endpoint is in', {
          node: place.name,
          pool: pool.name,
          address,
          addresses,
          changedMs: surroundings.changedMs(address),
          disturbedMs: world.disturbedMs,
          voting: votingRegions(),
          boundMs: detectedMs(),
        });
    }
    if (
      !pool.enabled &&
      time.nowMs >= administrator.touchedMs(pool.id) + SETTLED_MS &&
      Array.isArray(addresses)
    )
      fail('a disabled pool is answered', { node: place.name, pool: pool.name, addresses });
  }

  /** Nothing comes or goes without a reason that somebody saw. */
  function checkMoves(place: SimulatedNode, pool: Pool, was: Answered, now: Answered): void {
    const since = time.nowMs - oldMs();
    const touchedMs = administrator.touchedMs(pool.id);
    if (time.nowMs < SETTLING_MS || (touchedMs > SETTLING_MS && touchedMs >= since)) return;
    for (const address of was.addresses)
      if (!now.addresses.includes(address)) {
        checkSteady(place, address, false);
        checkPatience(place, address);
      }
    for (const address of now.addresses)
      if (!was.addresses.includes(address)) checkSteady(place, address, true);
    for (const address of was.addresses)
      if (!now.addresses.includes(address) && surroundings.badMs(address) < since)
        fail('an endpoint that nobody saw failing was withdrawn', {
          node: place.name,
          pool: pool.name,
          address,
          was: was.text,
          now: now.text,
          badMs: surroundings.badMs(address),
        });
    for (const address of now.addresses)
      if (!was.addresses.includes(address) && surroundings.goodMs(address) < since)
        fail('an endpoint that nobody saw well came back', {
          node: place.name,
          pool: pool.name,
          address,
          was: was.text,
          now: now.text,
          goodMs: surroundings.goodMs(address),
        });
  }

  /** Notes what is to be answered, so that later moves can be told from those that have no reason. */
  function expect(): void {
    const voting = votingRegions();
    const isGain = voting.some((region) => !votedBefore.includes(region));
    if (isGain && time.nowMs > SETTLING_MS) gainedMs = time.nowMs;
    votedBefore = voting;
    for (const { endpoints } of administrator.pools)
      for (const { address } of endpoints) {
        const known = expected.get(address) ?? [];
        const well = isWell(address);
        if (known.length === 0 || known.at(-1)!.well !== well)
          expected.set(address, [...known.slice(-20), { well, sinceMs: time.nowMs }]);
      }
  }

  /**
   * While an endpoint stays as it is, its answer changes only because regions come or go, and never because one is away
   * for less than its grace.
   */
  function checkSteady(place: SimulatedNode, address: string, isIn: boolean): void {
    const steadyMs = time.nowMs - oldMs();
    const changedMs = surroundings.changedMs(address);
    const hasChanged = changedMs > 0 && changedMs >= steadyMs;
    if (hasChanged || time.nowMs < SETTLING_MS || gainedMs >= time.nowMs - SETTLED_MS - detectedMs()) return;
    const known = expected.get(address) ?? [];
    const isReason = known.some(({ well, sinceMs }, at) => {
      const untilMs = known[at + 1]?.sinceMs ?? time.nowMs;
      return well === isIn && untilMs >= steadyMs && untilMs - sinceMs >= REGION_GRACE_MS - SAMPLE_MS;
    });
    if (!isReason)
      fail(isIn ? 'an endpoint came in by itself' : 'an endpoint went out by itself', {
        node: place.name,
        address,
        known,
      });
  }

  /** In peace it takes as many failures as configured, an interval apart. */
  function checkPatience(place: SimulatedNode, address: string): void {
    // A break between two checks is seen by nobody.
    const breakMs = silentIntervalMs + checkMs;
    const since = regions.map((region) => surroundings.badSinceMs(address, region, breakMs) ?? time.nowMs);
    const firstMs = Math.min(...since);
    const consecutiveDown = administrator.monitor.consecutiveDown ?? 1;
    const leastMs = (consecutiveDown - 1) * plan.intervalSeconds * 1_000;
    const isPeace =
      Math.max(world.disturbedMs, administrator.touchedMs(administrator.pools[0]!.id)) + SETTLED_MS;
    const isFlapping = time.nowMs - surroundings.badMs(address) > 0;
    if (isPeace < firstMs && !isFlapping && time.nowMs - firstMs < leastMs)
      fail('an endpoint went out too soon', { node: place.name, address, firstMs, leastMs });
  }

  function take(place: SimulatedNode, pool: Pool): Answered {
    const key = `${place.name} ${pool.name}`;
    const known = answered.get(key) ?? [];
    const last = known.at(-1);
    const reply = place.node.ask(pool.name);
    const text = String(reply);
    if (last?.text === text) return last;
    const addresses = Array.isArray(reply) ? (reply as readonly string[]) : [];
    const now = { text, addresses, sinceMs: time.nowMs };
    if (last !== undefined && place.node.refresh.isReady) checkMoves(place, pool, last, now);
    if (place.node.refresh.isReady) answered.set(key, [...known.slice(-20), now]);
    return now;
  }

  /** What is kept is bounded by what there is. */
  function checkBounds(): void {
    const checks = administrator.pools.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
    for (const { process } of [...world.workers, ...world.nodes])
      if (process.state === 'running' && process.pending > PENDING_MAX + 3 * checks)
        fail('a process waits for ever more', { process: process.name, pending: process.pending });
    if (server.followers > world.workers.length + world.nodes.length)
      fail('followers are left behind', { followers: server.followers });
    const isAtRest = time.nowMs > world.disturbedMs + SETTLED_MS + detectedMs();
    if (!isAtRest || !administrator.isSettled || world.isEmptied) return;
    // Of a region whose workers are all gone nobody is left to forget what its last ones said.
    for (const region of votingRegions()) {
      const most = checks * plan.probersPerRegion;
      const held = [...server.held.values()].filter((each) => each.region === region);
      if (held.length > most)
        fail('observations are left behind in the store', { region, held: held.length, most });
    }
  }

  function checkRevisions(): void {
    if (!world.isEmptied && administrator.isSettled && server.revision < administrator.acknowledged)
      fail('an acknowledged write is lost', { acknowledged: administrator.acknowledged });
    for (const place of world.nodes) {
      const isAtRest =
        time.nowMs >
        Math.max(world.disturbedMs, administrator.touchedMs(administrator.pools[0]!.id)) + SETTLED_MS;
      if (isAtRest && place.link.isUp && !world.isEmptied && place.node.refresh.revision !== server.revision)
        fail('a node is behind', {
          node: place.name,
          at: place.node.refresh.revision,
          store: server.revision,
        });
    }
  }

  return {
    look() {
      for (const place of world.nodes) {
        const { node } = place;
        const known = seen.get(place);
        if (known?.node === node && known.generation === node.generation) continue;
        seen.set(place, { node, generation: node.generation });
        for (const pool of administrator.pools) take(place, pool);
      }
      if (time.nowMs < lookedMs + SAMPLE_MS) return;
      lookedMs = time.nowMs;
      expect();
      for (const place of world.nodes) for (const pool of administrator.pools) checkTruth(place, pool);
      checkBounds();
      checkRevisions();
    },
    restarted(place) {
      if (!place.node.refresh.isReady) return;
      for (const { name } of administrator.pools) {
        const text = String(place.node.ask(name));
        const known = answered.get(`${place.name} ${name}`) ?? [];
        const recent = known.filter(
          (_, at) => (known[at + 1]?.sinceMs ?? time.nowMs) >= time.nowMs - ON_DISK_MS,
        );
        if (known.length > 0 && !recent.some((each) => each.text === text))
          fail('a node that starts again does not answer as it did', {
            node: place.name,
            pool: name,
            text,
            recent: recent.map((each) => each.text),
          });
      }
    },
  };
}
