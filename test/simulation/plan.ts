import type { HealthPolicy } from '../../src/config/health.ts';
import type { OverrideAction } from '../../src/pool/override.ts';
import { numbersFrom, oneOf, type Random } from '../fuzz/random.ts';
import {
  type LoadBalancerPlan,
  loadBalancersOf,
  type PoolPlan,
  policyOf,
  poolOf,
  REGIONS,
} from './setting.ts';

/** How the monitored service at an address answers the probes of a region. */
export type Condition = 'up' | 'down' | 'silent' | 'slow';

/** One thing that happens; who it happens to is a number, taken modulo how many there are. */
export type Step =
  | {
      readonly kind: 'endpoint';
      readonly address: number;
      readonly region: number | 'all';
      readonly to: Condition;
      /** Which monitor sees it so. */
      readonly aspect: number | 'all';
    }
  /** Everything fails at once, for one region or all. */
  | {
      readonly kind: 'mass failure';
      readonly region: number | 'all';
      readonly to: Condition;
      readonly lastsMs: number;
    }
  | { readonly kind: 'move'; readonly address: number }
  | {
      readonly kind: 'override';
      readonly pool: number;
      /** Absent: the whole pool. */
      readonly endpoint?: number;
      readonly action: OverrideAction;
      readonly beginsInMs: number;
      readonly lastsMs: number;
    }
  | { readonly kind: 'flap'; readonly address: number; readonly everyMs: number; readonly lastsMs: number }
  | { readonly kind: 'crash worker' | 'start worker' | 'stop worker'; readonly worker: number }
  | {
      readonly kind: 'pause worker' | 'cut worker off' | 'part worker';
      readonly worker: number;
      readonly lastsMs: number;
    }
  | { readonly kind: 'skew worker'; readonly worker: number; readonly skewMs: number }
  | { readonly kind: 'lose region'; readonly region: number }
  | { readonly kind: 'part node' | 'pause node'; readonly node: number; readonly lastsMs: number }
  | {
      readonly kind: 'restart node';
      readonly node: number;
      readonly withStore: boolean;
      readonly lastsMs: number;
    }
  /** Its wall clock jumps. */
  | { readonly kind: 'skew node'; readonly node: number; readonly skewMs: number }
  /** It reads its configuration anew, which has one of the policies. */
  | { readonly kind: 'reload node'; readonly node: number; readonly policy: number }
  /** A new process takes over from it, and it goes on answering until then. */
  | { readonly kind: 'replace node'; readonly node: number }
  | { readonly kind: 'store away'; readonly lastsMs: number; readonly forgets: boolean }
  /** A replica takes the place of the store, which lacks what was written for a while; where that were commits, somebody adopts it later. */
  | {
      readonly kind: 'store fails over';
      readonly lacksMs: number;
      readonly lastsMs: number;
      readonly adoptedInMs: number;
      /** What is written that the replica lacks. */
      readonly change?: Extract<Step, { readonly kind: 'change pool' }>;
    }
  /** The clock jumps by which it ends leases and leads. */
  | { readonly kind: 'store clock jumps' }
  | { readonly kind: 'store slow'; readonly delayMs: number; readonly lastsMs: number }
  | { readonly kind: 'store emptied'; readonly lastsMs: number }
  | {
      readonly kind: 'change pool';
      readonly pool: number;
      readonly how: 'toggle endpoint' | 'toggle pool' | 'threshold' | 'regions';
    };

/** A whole history: what there is, and what happens to it. */
export interface Plan {
  readonly seed: number;
  readonly regions: number;
  /** Workers in each region at the beginning. */
  readonly workersPerRegion: number;
  readonly probersPerRegion: number;
  readonly nodes: number;
  readonly pools: readonly PoolPlan[];
  readonly loadBalancers: readonly LoadBalancerPlan[];
  /** How nodes make verdicts: all alike by the first, until a reload. */
  readonly policies: readonly HealthPolicy[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly consecutiveDown: number;
  readonly consecutiveUp: number;
  /** How things are at the beginning. */
  readonly initial: readonly Step[];
  /** With the time at which they happen, milliseconds from the beginning, ascending. */
  readonly steps: readonly { readonly atMs: number; readonly step: Step }[];
  /** Happens at the end, when everything has come to rest. */
  readonly late: Plan['steps'];
  readonly endMs: number;
}

/** Nothing happens before: the first checks are made and published. */
export const SETTLING_MS = 12_000;
const STEPS_MAX = 16;
/** What happens after the very last step. */
const REST_MS = 30_000;

const HOUR_MS = 3_600_000;
/** In a long history, things go wrong close together again and again, and hours pass in between. */
const SPELL_EVERY_MS = 3 * HOUR_MS;

/** The history of a seed, the same always. `steps`: only so many of its first steps; `days`: it goes on for this time. */
export function planOf(seed: number, steps = Number.POSITIVE_INFINITY, days = 0): Plan {
  const random = numbersFrom(seed);
  const between = (low: number, high: number) => low + random(high - low + 1);
  const base = {
    seed,
    regions: between(1, 3),
    workersPerRegion: between(1, 3),
    probersPerRegion: between(1, 2),
    nodes: 2,
    pools: Array.from({ length: between(1, 3) }, () => between(1, 3)),
    intervalSeconds: between(3, 6),
    timeoutSeconds: between(1, 2),
    retries: between(0, 1),
    consecutiveDown: between(1, 3),
    consecutiveUp: between(1, 2),
  };
  const pools = base.pools.map((endpoints) => poolOf(random, endpoints, REGIONS.slice(0, base.regions)));
  const policies = [policyOf(random), policyOf(random)];
  // By numbers of their own: the rest of a history does not depend on them.
  const loadBalancers = loadBalancersOf(numbersFrom(seed ^ 0x10ad));
  // Regions that disagree from the beginning: then who has a vote shows in the answers.
  const initial = Array.from({ length: random(6) }, (): Step => {
    const [address, region] = [random(16), random(8)];
    const to = oneOf(random, ['down', 'silent'] as const);
    return { kind: 'endpoint', address, region, to, aspect: aspectOf(random) };
  });
  const happen: Plan['steps'][number][] = [];
  const spells = Math.max(1, Math.round((days * 24 * HOUR_MS) / SPELL_EVERY_MS));
  for (let spell = 0; spell < spells; spell++) {
    const atMs = SETTLING_MS + spell * SPELL_EVERY_MS;
    // Somebody starts a worker in each region again, where the spells before left none.
    if (spell > 0)
      for (let worker = 0; worker < base.regions; worker++)
        happen.push({ atMs, step: { kind: 'start worker', worker } });
    happen.push(...spellOf(random, atMs));
  }
  const kept = happen.slice(0, steps);
  const restMs = (kept.at(-1)?.atMs ?? SETTLING_MS) + 4 * LASTS_MAX_MS;
  // When all is at rest again the endpoints change once more: all that are left must see it.
  const late = Array.from({ length: 4 }, () => ({ atMs: restMs, step: calmStep(random) }));
  const holdMs = Math.max(...policies.map(({ damping }) => damping?.holdMaxMs ?? 0));
  return {
    ...base,
    pools,
    loadBalancers,
    policies,
    initial,
    steps: kept,
    late,
    endMs: restMs + REST_MS + holdMs,
  };
}

/** Steps one after the other: in some spells only the endpoints change, so that the tight bounds are looked at, in some things go wrong close together. */
function spellOf(random: Random, fromMs: number): Plan['steps'] {
  const isCalm = random(4) === 0;
  const gapMs = oneOf(random, [1_500, 6_000, 25_000]);
  let atMs = fromMs;
  return Array.from({ length: 2 + random(STEPS_MAX - 1) }, () => {
    atMs += 1 + random(gapMs);
    return { atMs, step: isCalm ? calmStep(random) : anyStep(random) };
  });
}

/** The longest that anything lasts. */
const LASTS_MAX_MS = 30_000;
const lasting = (random: Random) => oneOf(random, [500, 2_500, 4_000, 9_000, LASTS_MAX_MS]) - random(400);

const aspectOf = (random: Random) => (random(3) === 0 ? random(2) : 'all');

function calmStep(random: Random): Step {
  const address = random(16);
  const to = oneOf(random, ['up', 'down', 'silent', 'slow'] as const);
  const region = random(3) > 0 ? 'all' : random(8);
  return { kind: 'endpoint', address, region, to, aspect: aspectOf(random) };
}

function poolChange(random: Random): Extract<Step, { readonly kind: 'change pool' }> {
  const how = oneOf(random, ['toggle endpoint', 'toggle pool', 'threshold', 'regions'] as const);
  return { kind: 'change pool', pool: random(8), how };
}

function anyStep(random: Random): Step {
  const worker = random(16);
  const node = random(8);
  const lastsMs = lasting(random);
  switch (random(40)) {
    case 0:
    case 1:
      return { kind: 'crash worker', worker };
    case 2:
    case 3:
      return { kind: 'start worker', worker };
    case 4:
      return { kind: 'stop worker', worker };
    case 5:
    case 6:
      return { kind: 'pause worker', worker, lastsMs };
    case 7:
      return { kind: 'cut worker off', worker, lastsMs };
    case 8:
      return { kind: 'part worker', worker, lastsMs };
    case 9:
      return { kind: 'skew worker', worker, skewMs: oneOf(random, [-600_000, -2_000, 2_000, 600_000]) };
    case 10:
      return { kind: 'part node', node, lastsMs };
    case 11:
      return { kind: 'restart node', node, withStore: random(2) === 0, lastsMs };
    case 12:
      return { kind: 'store away', lastsMs, forgets: random(2) === 0 };
    case 13:
      return { kind: 'store slow', delayMs: 50 + random(350), lastsMs };
    case 14:
      return random(3) === 0
        ? { kind: 'store emptied', lastsMs }
        : { kind: 'lose region', region: random(8) };
    case 15:
      return poolChange(random);
    case 16:
      return { kind: 'flap', address: random(16), everyMs: 500 + random(7_000), lastsMs };
    case 17:
    case 18:
      return {
        kind: 'mass failure',
        region: random(2) === 0 ? 'all' : random(8),
        to: oneOf(random, ['down', 'silent'] as const),
        lastsMs,
      };
    case 19:
      return { kind: 'move', address: random(16) };
    case 20:
      return {
        kind: 'override',
        pool: random(8),
        ...(random(4) > 0 && { endpoint: random(8) }),
        action: oneOf(random, ['in', 'out', 'maintenance'] as const),
        beginsInMs: oneOf(random, [0, 3_000]),
        lastsMs,
      };
    case 21:
      return { kind: 'pause node', node, lastsMs };
    case 22:
      return { kind: 'reload node', node, policy: random(2) };
    case 23:
    case 24:
      return { kind: 'replace node', node };
    case 25:
    case 26:
      return {
        kind: 'store fails over',
        lacksMs: oneOf(random, [0, 20, 2_000, 9_000]),
        lastsMs,
        adoptedInMs: oneOf(random, [0, 1_000, 20_000]),
        ...(random(3) > 0 && { change: poolChange(random) }),
      };
    case 27:
      return { kind: 'skew node', node, skewMs: oneOf(random, [-HOUR_MS, -2_000, 0, 2_000, HOUR_MS]) };
    case 28:
      return { kind: 'store clock jumps' };
    default:
      return calmStep(random);
  }
}
