import type { LoadBalancer } from './load-balancer.ts';

/**
 * Lists the ids of the pools whose distance from clients a load balancer compares, each once: those that policy `proximity` may
 * choose from, of the load balancer, of its rules in every combination, and of its pool sets. They need coordinates. Disabled rules
 * and pool sets do not count.
 */
export function poolsToLocate({
  steeringPolicy,
  defaultPools,
  rules,
  poolSets,
}: Pick<LoadBalancer, 'steeringPolicy' | 'defaultPools' | 'rules' | 'poolSets'>): string[] {
  const overrides = (rules ?? []).flatMap((rule) => (!rule.disabled && rule.overrides) || []);
  const isNear = overrides.some((each) => each.steeringPolicy === 'proximity');
  const ofRules = overrides.flatMap((each) => {
    // A rule that sets another policy has it, unless a further rule matches.
    const policy = each.steeringPolicy || steeringPolicy;
    return isNear || policy === 'proximity' ? [...(each.defaultPools ?? []), ...(each.pools ?? [])] : [];
  });
  const own = isNear || steeringPolicy === 'proximity' ? defaultPools : [];
  const ofSets = (poolSets ?? []).flatMap(({ disabled, overrides: set }) =>
    !disabled && (set?.steeringPolicy || steeringPolicy) === 'proximity' ? (set?.pools ?? []) : [],
  );
  return [...new Set([...own, ...ofRules, ...ofSets])];
}
