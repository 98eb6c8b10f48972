import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import type { Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { StoredDocument } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { loadBalancerBodyOf, loadBalancerOf } from '../load-balancers/body.ts';
import { isLocated, losesCoordinates, unlocatedPools } from '../load-balancers/coordinates.ts';
import { hostNameOf } from '../load-balancers/host-name.ts';
import { loadBalancerDraft } from '../load-balancers/kind.ts';
import { withRenamedPools } from '../load-balancers/renamed-pools.ts';
import { outcomeProblems } from '../load-balancers/rules.ts';
import { moveProblems, zoneOf } from '../load-balancers/zone-of.ts';
import { shortName } from '../resource/name-words.ts';
import { isObjectId } from '../schema/object-id.ts';
import type { KnownZone } from '../zones/known-zone.ts';
import type { Wanted } from './schema.ts';
import type { Steps } from './steps.ts';

/** A pool as it will be, and its place in the document. */
export interface PlannedPool {
  readonly value: Pool;
  readonly was: Pool | undefined;
  readonly pointer: string;
}

type Entry = NonNullable<Wanted['load_balancers']>[number];

/** The options of createLoadBalancerPlanner. */
interface Planning {
  readonly epochMs: number;
  readonly newId: () => string;
  readonly zones: readonly KnownZone[];
}

/** Plans load balancers, after the pools of the document. */
export interface LoadBalancerPlanner {
  plan(entry: Entry, pointer: string): void;
  /** Removes the load balancers that were not planned. */
  prune(): void;
  /** Finds pools that lose coordinates which a load balancer needs that stays as it is. */
  checkOthers(): void;
}

/** Creates what plans load balancers; `planned` has the pools of the document. */
export function createLoadBalancerPlanner(
  documents: readonly StoredDocument[],
  planned: ReadonlyMap<string, PlannedPool>,
  steps: Steps,
  { epochMs, newId, zones }: Planning,
): LoadBalancerPlanner {
  const loadBalancers = documentsOf(documents, 'load_balancer');
  const named = new Map(loadBalancers.map((each) => [each.value.name, each]));
  const stored = new Map(documentsOf(documents, 'pool').map(({ id, value }) => [id, value]));
  const poolOf = (id: string) => planned.get(id)?.value ?? stored.get(id);
  const byName = new Map(
    [...stored.values(), ...[...planned.values()].map(({ value }) => value)].map(({ id, name }) => [
      poolNameKey(name),
      id,
    ]),
  );
  const kept = new Set<string>();
  let isPruned = false;

  /** The identifier of a pool by its name or identifier; where there is none, reports a problem, unless it only has a weight. */
  const idOf = (called: string, pointer: string, of: 'choice' | 'weight'): string => {
    const id = byName.get(poolNameKey(called)) ?? (poolOf(called) && called);
    if (id !== undefined) return id;
    if (of === 'choice' || !isObjectId(called))
      steps.problems.add({ pointer, rule: 'is neither the name of a pool nor an identifier of one' });
    return called;
  };

  /** As idOf, for the pools of one load balancer; reports a pool that a list, or a map of weights, has by two names. */
  const idsIn = (pointer: string) => {
    const called = new Map<string, string>();
    return (name: string, at: string, of: 'choice' | 'weight'): string => {
      const id = idOf(name, `${pointer}${at}`, of);
      const key = `${at.slice(0, at.lastIndexOf('/'))} ${id}`;
      const other = called.get(key);
      if (other !== undefined)
        steps.problems.add({ pointer: `${pointer}${at}`, rule: `is the same pool as "${shortName(other)}"` });
      called.set(key, name);
      return id;
    };
  };

  return {
    plan(entry, pointer) {
      const name = hostNameOf(entry.name)!;
      const found = named.get(name);
      if (kept.has(name))
        steps.problems.add({
          pointer: `${pointer}/name`,
          rule: 'is that of another load balancer of the document',
        });
      kept.add(name);
      const zone = zoneOf(zones, name)!;
      const body = withRenamedPools(entry, idsIn(pointer));
      const identity = { id: found?.id ?? newId(), epochMs, was: found?.value };
      const value: LoadBalancer = loadBalancerOf(body, zone, identity);
      for (const each of [
        ...moveProblems(value),
        ...unlocatedPools(value, poolOf),
        ...outcomeProblems(value),
      ])
        steps.problems.add({ ...each, pointer: `${pointer}${each.pointer}` });
      steps.put(
        'load_balancer',
        { id: value.id, name, found, pointer },
        loadBalancerDraft(value),
        loadBalancerBodyOf,
      );
    },
    prune() {
      isPruned = true;
      for (const each of loadBalancers)
        if (!kept.has(each.value.name)) steps.remove(each, 'load_balancer', each.value.name);
    },
    checkOthers() {
      const others = isPruned ? [] : loadBalancers.filter(({ value }) => !kept.has(value.name));
      const values = others.map(({ value }) => value);
      for (const { value, was, pointer } of planned.values()) {
        if (was === undefined || !isLocated(was) || isLocated(value)) continue;
        for (const each of losesCoordinates(value.id, values))
          steps.problems.add({ ...each, pointer: `${pointer}${each.pointer}` });
      }
    },
  };
}
