import { BEAT_MS, REJOIN_SETTLE_MS } from '../../../src/monitor/assignment/membership.ts';
import { NEWS_DELAY_MS } from '../../../src/monitor/publish/publish.ts';
import { REFERENCE_INTERVAL_MS, REFERENCE_TIMEOUT_SECONDS } from '../../../src/monitor/references.ts';
import type { Endpoint, Pool } from '../../../src/pool/pool.ts';
import { WORKERS_INTERVAL_MS } from '../../../src/serve/follow/refresh.ts';
import { LEASE_MS } from '../../../src/store/contract/workers.ts';
import { regionScopeOf, scopeIncludes } from '../../../src/voting/region-scope.ts';
import { REGION_GRACE_MS } from '../../../src/voting/roster.ts';
import { SETTLING_MS } from '../plan.ts';
import { NAME_TTL_SECONDS } from '../world/surroundings.ts';
import type { SimulatedNode, World } from '../world/world.ts';
import { checkBounds, checkRevisions, isFollowing } from './bounds.ts';
import { Broken } from './broken.ts';
import { createLoadBalancerRules } from './load-balancers.ts';
import { policyBounds } from './policy-bounds.ts';
import { createTruth } from './truth.ts';

/** Looks at everything after every event, and throws Broken. */
export interface Judge {
  look(): void;
  /** A step has happened: what is to be answered may be otherwise from this moment on. */
  stepped(): void;
  /** A node was started again, and nothing has happened since. */
  restarted(place: SimulatedNode): void;
  /** Another process, which has read the store, answers in the place of a node from now on. */
  replaced(place: SimulatedNode): void;
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
/** TTL of the answers of pools (test/zone/zone-file.ts). */
const POOL_TTL_SECONDS = 30;
/** Between two looks at all that is not news. */
const SAMPLE_MS = 100;

/** What a node answered for a pool, and since when. */
interface Answered {
  readonly text: string;
  /** Of the endpoints that are in it, as they are authored. */
  readonly addresses: readonly string[];
  readonly sinceMs: number;
}

/** What was to be answered for an endpoint at a time. */
interface Expected {
  readonly well: boolean | undefined;
  readonly sinceMs: number;
  /** Regions without a vote then. */
  readonly absent: readonly string[];
}

/** The rules that hold in every history. */
export function createJudge(world: World): Judge {
  const { time, plan, administrator, surroundings, regions } = world;
  const policies = policyBounds(plan);
  const truth = createTruth(world);
  const loadBalancers = createLoadBalancerRules(world);
  const { votingRegions } = truth;
  /** By node and pool, the newest last. */
  const answered = new Map<string, Answered[]>();
  const seen = new Map<SimulatedNode, { readonly node: object; readonly generation: number }>();
  const expected = new Map<string, Expected[]>();
  const restartedMs = new Map<SimulatedNode, number>();
  let lookedMs = 0;
  /** When a region last began to vote, and each of them. */
  let gainedMs = Number.NEGATIVE_INFINITY;
  const gainedBy = new Map<string, number>();
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
    throw new Broken(rule, time.nowMs, details);
  };
  /** Where so many checks may fail together that they are held back for one more failure. */
  const guardedMs = () => (truth.checks >= policies.massFailureMinimum ? silentIntervalMs : 0);
  const keyOf = (place: SimulatedNode, address: string) => `${place.name} ${address}`;

  /** Since when nobody could say anything of an endpoint; undefined: somebody can. */
  function unseenSinceMs(place: SimulatedNode, address: string): number | undefined {
    const last = expected.get(keyOf(place, address))?.at(-1);
    return last?.well === undefined ? last?.sinceMs : undefined;
  }

  /** Whether the policy for stale verdicts may have said, a while ago or now, what is answered for an endpoint. */
  function mayBeStale(place: SimulatedNode, address: string): boolean {
    const { staleMs } = policies;
    if (staleMs === undefined) return false;
    const sinceMs = time.nowMs - oldMs() - staleMs;
    const known = expected.get(keyOf(place, address)) ?? [];
    const wasUnseen = known.some(
      ({ well }, at) => well === undefined && (known[at + 1]?.sinceMs ?? time.nowMs) >= sinceMs,
    );
    return wasUnseen || (restartedMs.get(place) ?? Number.NEGATIVE_INFINITY) >= sinceMs;
  }

  /** What is to be answered for an endpoint once all is at rest; undefined: nobody can say. */
  function wanted(place: SimulatedNode, pool: Pool, endpoint: Endpoint): boolean | undefined {
    const isIn = truth.isIn(place, pool, endpoint);
    const { afterMs, policy: word } = place.policy.stale;
    const unseenMs = unseenSinceMs(place, endpoint.address);
    if (isIn !== undefined || afterMs === undefined || unseenMs === undefined) return isIn;
    // After a reload nobody can say how old a verdict was, and what was made of it.
    if (world.hasReloaded) return undefined;
    const isTooOld = word !== 'hold' && time.nowMs > unseenMs + SETTLED_MS + afterMs;
    return isTooOld ? word === 'healthy' : undefined;
  }

  /** Verdicts converge, in time, on what is true; endpoints of all nodes alike. */
  function checkTruth(place: SimulatedNode, pool: Pool): void {
    if (!isFollowing(world, place)) return;
    const { skewMs } = place.process;
    const addresses = place.node.ask(pool.name);
    const answers = Array.isArray(addresses) ? (addresses as readonly string[]) : [];
    let isAtRest = true;
    for (const endpoint of pool.enabled ? pool.endpoints : []) {
      const { address } = endpoint;
      const isWanted = wanted(place, pool, endpoint);
      const restMs = Math.max(
        world.disturbedMs + SETTLED_MS,
        surroundings.changedMs(address),
        administrator.touchedMs(pool.id, skewMs),
      );
      const isUnbelieved = world.isEmptied || world.setBackMs !== undefined;
      const extraMs = (isWanted ? policies.heldOutMs : guardedMs()) + (isUnbelieved ? RETRY_MAX_MS : 0);
      if (isWanted === undefined || time.nowMs < restMs + detectedMs() + extraMs) {
        isAtRest = false;
        continue;
      }
      const isIn = answers.includes(surroundings.addressOf(address));
      const isSomewhere = answers.some((each) => surroundings.ownerOf(each) === address);
      // Where nobody can look a host name stays where it was.
      const isWhere = truth.isWell(place, pool, endpoint) === undefined ? isSomewhere : isIn;
      if (isWhere !== isWanted || isWhere !== isSomewhere)
        fail(isWanted ? 'a well endpoint is out' : 'a failed endpoint is in', {
          node: place.name,
          pool: pool.name,
          address,
          addresses,
          changedMs: surroundings.changedMs(address),
          disturbedMs: world.disturbedMs,
          voting: truth.countingRegions(place, pool),
          boundMs: detectedMs() + extraMs,
        });
    }
    if (isAtRest) checkFirm(place, pool, answers);
    if (
      !pool.enabled &&
      time.nowMs >= Math.max(world.disturbedMs, administrator.touchedMs(pool.id, skewMs)) + SETTLED_MS &&
      Array.isArray(addresses)
    )
      fail('a disabled pool is answered', { node: place.name, pool: pool.name, addresses });
  }

  /** Where all is at rest answers are kept as long as ever, and what came back has its whole weight again. */
  function checkFirm(place: SimulatedNode, pool: Pool, answers: readonly string[]): void {
    const changedMs = Math.max(
      world.disturbedMs,
      administrator.touchedMs(pool.id, place.process.skewMs),
      ...pool.endpoints.map(({ address }) => surroundings.changedMs(address)),
    );
    const restMs =
      changedMs + SETTLED_MS + detectedMs() + guardedMs() + policies.heldOutMs + silentIntervalMs;
    const isNamed = pool.endpoints.some(({ address }) => surroundings.addressOf(address) !== address);
    const ttl = place.node.ttlOf(pool.name);
    const most = isNamed ? NAME_TTL_SECONDS : POOL_TTL_SECONDS;
    const details = { node: place.name, pool: pool.name, answers, ttl };
    if (time.nowMs < restMs || !pool.enabled) return;
    if (ttl !== undefined && ttl > most) fail('an answer may be kept for too long', details);
    if (ttl !== undefined && ttl < most / 2) fail('an answer stays short', details);
    const weights = place.node.weightsOf(pool.name);
    if (time.nowMs >= restMs + policies.recoveryMs && weights.some((weight) => weight !== 100))
      fail('an endpoint that came back does not get its weight', { ...details, weights });
  }

  /** Nothing comes or goes without a reason that somebody saw. */
  function checkMoves(place: SimulatedNode, pool: Pool, was: Answered, now: Answered): void {
    noteGain();
    const since = time.nowMs - oldMs();
    const touchedMs = administrator.touchedMs(pool.id, place.process.skewMs);
    if (time.nowMs < SETTLING_MS || (touchedMs > SETTLING_MS && touchedMs >= since)) return;
    const gone = was.addresses.filter((each) => !now.addresses.includes(each) && !mayBeStale(place, each));
    const come = now.addresses.filter(
      (each) => !was.addresses.includes(each) && !mayBeStale(place, each) && !isHeldBack(place, each),
    );
    for (const address of gone) {
      checkSteady(place, address, false);
      checkPatience(place, address);
      checkFound(place, pool, address);
    }
    for (const address of come) checkSteady(place, address, true);
    for (const address of gone)
      if (surroundings.badMs(address) < since)
        fail('an endpoint that nobody saw failing was withdrawn', {
          node: place.name,
          pool: pool.name,
          address,
          was: was.text,
          now: now.text,
          badMs: surroundings.badMs(address),
        });
    for (const address of come)
      if (surroundings.goodMs(address) < since)
        fail('an endpoint that nobody saw well came back', {
          node: place.name,
          pool: pool.name,
          address,
          was: was.text,
          now: now.text,
          goodMs: surroundings.goodMs(address),
        });
  }

  /** Whether a mass failure holds back what was found of an endpoint, so that it may come back for a round. */
  function isHeldBack({ node }: SimulatedNode, address: string): boolean {
    const held = [...node.refresh.health.heldBack.values()].flatMap((checks) => [...checks]);
    return held.some((check) => check.includes(address));
  }

  /** While no region that counts finds an endpoint bad it does not go out, however long ago one did. */
  function checkFound(place: SimulatedNode, pool: Pool, address: string): void {
    const scope = regionScopeOf(pool);
    const foundMs = surroundings.foundBadMs(
      address,
      regions.filter((region) => scopeIncludes(scope, region)),
    );
    const heardMs =
      silentIntervalMs * plan.consecutiveUp +
      checkMs +
      LEASE_MS +
      REGION_GRACE_MS +
      WORKERS_INTERVAL_MS +
      BEAT_MS +
      NEWS_DELAY_MS +
      2 * ROUNDS;
    const isHeard = world.unheardMs + SETTLED_MS < time.nowMs;
    if (isHeard && foundMs < time.nowMs - heardMs)
      fail('an endpoint went out that no region has found bad of late', {
        node: place.name,
        address,
        foundMs,
        heardMs,
      });
  }

  /** Notes when a region begins to vote; before its first word is judged, which may come between two samples. */
  function noteGain(): void {
    const voting = votingRegions();
    const gained = voting.filter((region) => !votedBefore.includes(region));
    if (gained.length > 0 && time.nowMs > SETTLING_MS) gainedMs = time.nowMs;
    for (const region of gained) gainedBy.set(region, time.nowMs);
    votedBefore = voting;
  }

  /** Notes what is to be answered, so that later moves can be told from those that have no reason. */
  function expect(): void {
    noteGain();
    const absent = regions.filter((region) => !votedBefore.includes(region));
    for (const place of world.nodes)
      for (const pool of administrator.pools)
        for (const endpoint of pool.endpoints) {
          const key = keyOf(place, endpoint.address);
          const known = expected.get(key) ?? [];
          const well = truth.isWell(place, pool, endpoint);
          if (known.length === 0 || known.at(-1)!.well !== well)
            expected.set(key, [...known.slice(-20), { well, sinceMs: time.nowMs, absent }]);
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
    // A node that has just started knows nothing of a region that went before.
    const isNew = (restartedMs.get(place) ?? 0) > Math.max(0, time.nowMs - LEASE_MS - REGION_GRACE_MS);
    if (hasChanged || isNew || time.nowMs < SETTLING_MS || gainedMs >= time.nowMs - SETTLED_MS - detectedMs())
      return;
    const known = expected.get(keyOf(place, address)) ?? [];
    const isReason = known.some(({ well, sinceMs, absent }, at) => {
      const untilMs = known[at + 1]?.sinceMs ?? time.nowMs;
      // Another region that crashes meanwhile has its vote for longer than one that left: the absence goes on.
      const backMs = absent.map((region) => gainedBy.get(region) ?? 0).filter((ms) => ms > sinceMs);
      const lastedMs = absent.length === 0 ? untilMs : Math.min(time.nowMs, ...backMs);
      return well === isIn && untilMs >= steadyMs && lastedMs - sinceMs >= REGION_GRACE_MS - SAMPLE_MS;
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
      Math.max(world.disturbedMs, administrator.touchedMs(administrator.pools[0]!.id, place.process.skewMs)) +
      SETTLED_MS;
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
    const answers = Array.isArray(reply) ? (reply as readonly string[]) : [];
    const addresses = answers.map(surroundings.ownerOf);
    const now = { text, addresses, sinceMs: time.nowMs };
    if (last !== undefined && place.node.refresh.isReady) checkMoves(place, pool, last, now);
    if (place.node.refresh.isReady) answered.set(key, [...known.slice(-20), now]);
    return now;
  }

  return {
    look() {
      for (const place of world.nodes) {
        const { node } = place;
        const known = seen.get(place);
        if (known?.node === node && known.generation === node.generation) continue;
        seen.set(place, { node, generation: node.generation });
        for (const pool of administrator.pools) take(place, pool);
        loadBalancers.check(place);
      }
      if (time.nowMs < lookedMs + SAMPLE_MS) return;
      lookedMs = time.nowMs;
      expect();
      for (const place of world.nodes) for (const pool of administrator.pools) checkTruth(place, pool);
      const isAtRest = time.nowMs > world.disturbedMs + SETTLED_MS + detectedMs();
      const isWhole = administrator.isSettled && !world.isEmptied && world.setBackMs === undefined;
      checkBounds(world, isAtRest && isWhole ? votingRegions() : []);
      checkRevisions(world, SETTLED_MS);
    },
    stepped: expect,
    replaced: (place) => void restartedMs.set(place, time.nowMs),
    restarted(place) {
      restartedMs.set(place, time.nowMs);
      // What flapped, or was stale for too long, is known to who runs alone: the verdicts beneath are remembered.
      if (!place.node.refresh.isReady || !policies.areVerdictsAll) return;
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
