import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { overrideOf } from '../../../src/pool/override.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import type { SimulatedNode, World } from '../world/world.ts';
import { Broken } from './broken.ts';

/** Looks at what a node answers for load balancers. */
export interface LoadBalancerRules {
  /** Throws Broken where a load balancer answers otherwise than the pools of its node do at this moment. */
  check(place: SimulatedNode): void;
}

/** The rules of load balancers that fail over, which hold in every history. */
export function createLoadBalancerRules(world: World): LoadBalancerRules {
  const { time, administrator, surroundings } = world;

  /** Endpoints that may be in an answer whatever their health: nobody disabled them or took them out. */
  function enabledIn(place: SimulatedNode, pool: Pool): string[] {
    const nowMs = world.epochMs(place);
    const isOut = (action: string | undefined) => action === 'out' || action === 'maintenance';
    return pool.endpoints
      .filter(({ enabled }) => pool.enabled && enabled)
      .filter((endpoint) => !isOut(overrideOf(administrator.overrides, pool, endpoint, nowMs)?.action))
      .map(({ address }) => address);
  }

  function checkOne(place: SimulatedNode, { name, defaultPools, fallbackPool, allDown }: LoadBalancer): void {
    const { node } = place;
    const answer = node.askLoadBalancer(name);
    const broken = (rule: string, details: object = {}) =>
      new Broken(rule, time.nowMs, { node: place.name, name, answer, ...details });
    if (!Array.isArray(answer)) throw broken('a load balancer is not answered');
    const poolOf = (id: string) => node.refresh.configured.pool(id)!;
    const usable = defaultPools
      .map((id) => ({ pool: poolOf(id), own: node.ask(poolOf(id).name) }))
      .find(({ own }) => Array.isArray(own) && own.length > 0);
    if (usable !== undefined) {
      const own = usable.own as readonly string[];
      const weights = node.weightsOf(usable.pool.name);
      const isDrawn = weights.some((weight) => weight !== weights[0]);
      const isRight = isDrawn
        ? answer.length === 1 && own.includes(answer[0]!)
        : String(answer) === String(own);
      if (!isRight) throw broken('a load balancer does not answer as its first usable pool', { own });
      return;
    }
    const fallback = poolOf(fallbackPool);
    const owners = answer.map(surroundings.ownerOf);
    if (allDown === 'nodata' && answer.length > 0)
      throw broken('a fallback pool without a healthy endpoint answers');
    const may = fallback.enabled ? fallback.endpoints.map(({ address }) => address) : [];
    if (!owners.every((owner) => may.includes(owner)))
      throw broken('the answer is not of the fallback pool', { may });
    if (allDown !== 'last_healthy' || answer.length === 0) return;
    const known = place.lastHealthy.get(fallbackPool);
    const last = fallback.endpoints.filter((endpoint) => known?.has(endpoint.name));
    const left = enabledIn(place, fallback).filter((address) =>
      last.some((each) => each.address === address),
    );
    // Those that were healthy last and that nobody took out since; all others where none is left.
    const isLast = owners.every((owner) => left.includes(owner));
    if (left.length > 0 && administrator.isSettled && !isLast)
      throw broken('others answer than those that were healthy last', { owners, left });
  }

  return {
    check(place) {
      // Between a change and its generation the pools of the configuration are not those that answer.
      if (place.node.refresh.published === undefined) return;
      for (const each of place.node.refresh.loadBalancers.all) checkOne(place, each);
    },
  };
}
