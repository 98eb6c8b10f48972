import { type Choice, choiceImage } from '../../answer/compile/choice-image.ts';
import { programImage } from '../../answer/compile/program-image.ts';
import type { TableWriter } from '../../answer/table.ts';
import { Type } from '../../dns/type.ts';
import { poolIdsNamed } from '../../load-balancer/pools-named.ts';
import { decisionOf } from '../../load-balancer/steering/decision.ts';
import { type Plan, settingsOf } from '../../load-balancer/steering/plan.ts';
import type { NodePlace, SteeringWorld } from '../../load-balancer/steering/steer.ts';

/** What load balancers steer by. */
export interface SteeringSource {
  readonly node: NodePlace;
  readonly byLatency: SteeringWorld['byLatency'];
  /** The present state of a pool. */
  choiceOf(id: string): Choice;
  /** Called with a load balancer that cannot be laid out, which is a fault of ours. */
  failed(name: string, error: unknown): void;
}

/** The pools that load balancers use, in the table: each once, as long as one uses it. */
export interface ChoiceTable {
  /** Lays out the programs of the load balancer at a name, and holds the pools it uses. undefined: it cannot be laid out. */
  programsAt(key: string, plan: Plan): readonly [Int32Array, Int32Array] | undefined;
  /** There is no load balancer at a name any more. */
  leave(key: string): void;
  /** Has a pool's present state replace the last one with the next generation, where a load balancer uses it. */
  write(id: string): void;
}

/** No pool is used as yet. */
export function createChoiceTable(table: TableWriter, source: SteeringSource): ChoiceTable {
  const used = new Map<string, { readonly ordinal: number; users: number }>();
  /** The pools that the load balancer at each name uses. */
  const usedAt = new Map<string, ReadonlySet<string>>();

  function hold(id: string): number {
    const known = used.get(id);
    if (known !== undefined) {
      known.users += 1;
      return known.ordinal;
    }
    const ordinal = table.takeChoice();
    used.set(id, { ordinal, users: 1 });
    table.addChoice(ordinal, choiceImage(source.choiceOf(id)));
    return ordinal;
  }

  function release(id: string): void {
    const entry = used.get(id)!;
    entry.users -= 1;
    if (entry.users > 0) return;
    used.delete(id);
    table.freeChoice(entry.ordinal);
  }

  function leave(key: string): void {
    const pools = usedAt.get(key);
    if (pools === undefined) return;
    usedAt.delete(key);
    for (const id of pools) release(id);
  }

  return {
    programsAt(key, plan) {
      const pools = new Set(poolIdsNamed(plan.loadBalancer));
      for (const id of pools) hold(id);
      leave(key);
      usedAt.set(key, pools);
      const base = settingsOf(plan.steering);
      const context = {
        node: source.node,
        byLatency: source.byLatency,
        ordinalOf: (id: string) => used.get(id)!.ordinal,
      };
      try {
        const [ipv4, ipv6] = [Type.A, Type.AAAA].map((type) =>
          programImage(decisionOf(plan, type, source.node), base, context),
        );
        return [ipv4!, ipv6!];
      } catch (error) {
        source.failed(plan.loadBalancer.name, error);
        return undefined;
      }
    },
    leave,
    write(id) {
      const entry = used.get(id);
      if (entry !== undefined) table.replaceChoice(entry.ordinal, choiceImage(source.choiceOf(id)));
    },
  };
}
