import { upAfter } from '../flips/flip-plan.ts';

/** Endpoints that a pool must have healthy to be usable: with fewer, load balancers answer with another pool. */
export const MINIMUM_UP = 3;
/** Pools of each load balancer; the last one is its fallback pool as well. */
const POOLS_EACH = 4;

/** A load balancer of the storm. */
export interface Steered {
  readonly name: string;
  /** Pools by their numbers, in order. */
  readonly pools: readonly number[];
  /** Drawn among the usable ones, instead of the first of them. */
  readonly isDrawn: boolean;
}

/** The load balancer with a number, over pools 1 to `pools` - 1. */
export function steeredOf(i: number, pools: number): Steered {
  // Different strides, so that each pool is the first one, the second one and so on of different load balancers.
  const others = Array.from(
    { length: POOLS_EACH },
    (_, k) => 1 + ((i * (2 * k + 1) + 211 * k) % (pools - 1)),
  );
  return { name: `lb${i}.example.com`, pools: [...new Set(others)], isDrawn: i % 2 === 1 };
}

/** The steps that a pool may have been at: from one to another, both of them too. */
export type StepsOf = (pool: number) => { readonly from: number; readonly to: number };

/** Returns true where a load balancer may answer with the first `up` endpoints of a pool at such steps of its pools. */
export function isExplained(
  { pools, isDrawn }: Steered,
  answered: { readonly pool: number; readonly up: number },
  stepsOf: StepsOf,
): boolean {
  const has = (pool: number, passes: (up: number) => boolean): boolean => {
    const { from, to } = stepsOf(pool);
    for (let step = from; step <= to; step += 1) if (passes(upAfter(step))) return true;
    return false;
  };
  const mayBeUnusable = (pool: number) => has(pool, (up) => up < MINIMUM_UP);
  if (!pools.includes(answered.pool) || !has(answered.pool, (up) => up === answered.up)) return false;
  if (answered.up >= MINIMUM_UP)
    return isDrawn || pools.slice(0, pools.indexOf(answered.pool)).every(mayBeUnusable);
  // Only the fallback pool answers with fewer, where no pool is usable.
  return answered.pool === pools.at(-1) && pools.every(mayBeUnusable);
}
