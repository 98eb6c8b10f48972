import { type Choice, choiceImage } from '../../answer/compile/choice-image.ts';
import { type ProgramContext, programImage } from '../../answer/compile/program-image.ts';
import type { TableWriter } from '../../answer/table.ts';
import { formatName, type WireName } from '../../dns/name.ts';
import { Type } from '../../dns/type.ts';
import { poolIdsNamed } from '../../load-balancer/pools-named.ts';
import { decisionOf } from '../../load-balancer/steering/decision.ts';
import { type Plan, settingsOf } from '../../load-balancer/steering/plan.ts';
import type { NodePlace, SteeringWorld } from '../../load-balancer/steering/steer.ts';
import { ownerOf } from '../../zone/steered.ts';
import { withoutPool } from './choice-of.ts';

/** What load balancers steer by. */
export interface SteeringSource {
  readonly node: NodePlace;
  readonly byLatency: SteeringWorld['byLatency'];
  /** The present state of a pool. */
  choiceOf(id: string): Choice;
  /** The name of a pool, for people; undefined: there is none. Absent: nobody knows names. */
  nameOf?(id: string): string | undefined;
  /** Called with a load balancer that cannot be laid out, which is a fault of ours, or for which the table has no room. */
  failed(name: string, error: unknown): void;
}

/** The pools that load balancers use, in the table: each once, as long as one uses it. */
export interface ChoiceTable {
  /** Lays out the programs of the load balancer at a name, and holds the pools it uses. undefined: it cannot be laid out. */
  programsAt(key: string, plan: Plan): readonly [Int32Array, Int32Array] | undefined;
  /** The table has no room for the programs of the load balancer at a name. */
  failed(name: WireName, error: unknown): void;
  /** There is no load balancer at a name any more. */
  leave(key: string): void;
  /** Has a pool's present state replace the last one with the next generation, where a load balancer uses it. */
  write(id: string): void;
  /** The lists of pools that are laid out in the order of their latency. */
  byLatency(): Iterable<readonly string[]>;
  /** The names of all load balancers that are laid out. */
  names(): Iterable<WireName>;
  /** The names of load balancers whose lists have another order of latency now than they were laid out in: one load balancer a step. */
  outOfOrder(): Iterable<WireName | undefined>;
}

/** The orders of latency in which the lists of a load balancer were laid out. */
interface LaidOrders {
  readonly plan: Plan;
  readonly orders: Map<readonly string[], Map<string | undefined, readonly string[]>>;
}

/** No pool is used as yet. For a pool that cannot be laid out, which is a bug, it calls `failed`; all others are written. */
export function createChoiceTable(
  table: TableWriter,
  source: SteeringSource,
  failed: (pool: string, error: unknown) => void,
): ChoiceTable {
  const used = new Map<string, { readonly ordinal: number; users: number }>();
  /** The pools that the load balancer at each name uses. */
  const usedAt = new Map<string, ReadonlySet<string>>();
  /** The load balancer at each name. */
  const plans = new Map<string, Plan>();
  /** At each name whose load balancer orders pools by latency. */
  const ordersAt = new Map<string, LaidOrders>();

  const failedPool = (id: string, error: unknown) => failed(source.nameOf?.(id) ?? id, error);

  /** Lays a pool out; undefined: that failed. */
  function imageOf(id: string): Int32Array | undefined {
    try {
      return choiceImage(source.choiceOf(id));
    } catch (error) {
      failedPool(id, error);
      return undefined;
    }
  }

  function hold(id: string): void {
    const known = used.get(id);
    if (known !== undefined) {
      known.users += 1;
      return;
    }
    const image = imageOf(id) ?? choiceImage(withoutPool(id));
    const ordinal = table.takeChoice();
    try {
      table.addChoice(ordinal, image);
    } catch (error) {
      table.freeChoice(ordinal);
      throw error;
    }
    used.set(id, { ordinal, users: 1 });
  }

  /** Holds all of these pools, or none. Throws RangeError where the table is full. */
  function holdAll(pools: Iterable<string>): void {
    const held: string[] = [];
    try {
      for (const id of pools) {
        hold(id);
        held.push(id);
      }
    } catch (error) {
      for (const id of held) release(id);
      throw error;
    }
  }

  function release(id: string): void {
    const entry = used.get(id)!;
    entry.users -= 1;
    if (entry.users > 0) return;
    used.delete(id);
    table.freeChoice(entry.ordinal);
  }

  function leave(key: string): void {
    // Of a million names without load balancers none is looked for.
    if (usedAt.size === 0) return;
    const pools = usedAt.get(key);
    if (pools === undefined) return;
    usedAt.delete(key);
    plans.delete(key);
    ordersAt.delete(key);
    for (const id of pools) release(id);
  }

  /** Orders a list by latency, and notes how. */
  function layOrder(key: string, plan: Plan, list: readonly string[], region: string | undefined) {
    const { orders } = ordersAt.getOrInsertComputed(key, () => ({ plan, orders: new Map() }));
    const order = source.byLatency(list, region);
    orders.getOrInsertComputed(list, () => new Map()).set(region, order);
    return order;
  }

  function isInOrder({ orders }: LaidOrders): boolean {
    for (const [list, laid] of orders)
      for (const [region, order] of laid)
        if (!isSameOrder(source.byLatency(list, region), order)) return false;
    return true;
  }

  return {
    programsAt(key, plan) {
      const pools = new Set(poolIdsNamed(plan.loadBalancer));
      try {
        holdAll(pools);
      } catch (error) {
        source.failed(plan.loadBalancer.name, error);
        return undefined;
      }
      leave(key);
      usedAt.set(key, pools);
      plans.set(key, plan);
      const base = settingsOf(plan.steering);
      const context: ProgramContext = {
        node: source.node,
        byLatency: (list, region) => layOrder(key, plan, list, region),
        ordinalOf: (id: string) => used.get(id)!.ordinal,
        answers: plan.loadBalancer,
      };
      try {
        const programOf = (type: number) => programImage(decisionOf(plan, type, source.node), base, context);
        const ipv4 = programOf(Type.A);
        // Only the conditions of rules look at the type.
        return [ipv4, plan.rules.length === 0 ? ipv4 : programOf(Type.AAAA)];
      } catch (error) {
        source.failed(plan.loadBalancer.name, error);
        return undefined;
      }
    },
    failed: (name, error) => source.failed(formatName(name), error),
    leave,
    *byLatency() {
      for (const { orders } of ordersAt.values()) yield* orders.keys();
    },
    names: () => plans.values().map(ownerOf),
    *outOfOrder() {
      for (const laid of ordersAt.values()) yield isInOrder(laid) ? undefined : ownerOf(laid.plan);
    },
    write(id) {
      const entry = used.get(id);
      if (entry === undefined) return;
      // What cannot be laid out stays as it was, as the answer of the pool does.
      const image = imageOf(id);
      if (image === undefined) return;
      try {
        table.replaceChoice(entry.ordinal, image);
      } catch (error) {
        failedPool(id, error);
      }
    },
  };
}

function isSameOrder(a: readonly string[], b: readonly string[]): boolean {
  return a === b || a.every((id, i) => id === b[i]);
}
