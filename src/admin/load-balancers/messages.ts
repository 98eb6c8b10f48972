import { refusersOf } from '../../dns/rrset.ts';
import type { InertFields, LoadBalancer } from '../../load-balancer/load-balancer.ts';
import type { Message } from '../http/envelope.ts';
import { LARGE_ANSWERS } from '../pools/messages.ts';
import { listOfNames } from '../resource/name-words.ts';

/** Code of the message that properties of a load balancer have no effect. */
const WITHOUT_EFFECT = 10102;
/** Maximum number of properties in a message. */
const FIELDS_LISTED_MAX = 20;

/** Makes messages about a valid load balancer that its author should know: which properties DNS cannot do, and which resolvers refuse its answers. */
export function loadBalancerMessages(loadBalancer: LoadBalancer): Message[] {
  return [...withoutEffectMessages(loadBalancer), ...largeAnswerMessages(loadBalancer)];
}

function largeAnswerMessages({ name, answerAddressesMax }: LoadBalancer): Message[] {
  const refusers = refusersOf(answerAddressesMax ?? 0);
  if (refusers === undefined) return [];
  const message = `Load balancer "${name}" may have ${answerAddressesMax} addresses of a family in an answer. ${refusers}`;
  return [{ code: LARGE_ANSWERS, message, type: null }];
}

function withoutEffectMessages(loadBalancer: LoadBalancer): Message[] {
  const fields = withoutEffect(loadBalancer);
  if (fields.length === 0) return [];
  const message = `Load balancer "${loadBalancer.name}" has properties that are stored, but have no effect in DNS: ${listOfNames(fields, FIELDS_LISTED_MAX)}.`;
  return [{ code: WITHOUT_EFFECT, message, type: null }];
}

function withoutEffect(loadBalancer: LoadBalancer): string[] {
  const { proxied, networks, tunnelId, rules, poolSets } = loadBalancer;
  return [
    ...(proxied ? ['proxied'] : []),
    ...inertIn(loadBalancer, ''),
    ...(networks?.length ? ['networks'] : []),
    ...(tunnelId ? ['tunnel_id'] : []),
    ...(rules ?? []).flatMap(({ fixedResponse, overrides }, at) => [
      ...(fixedResponse ? [`rules[${at}].fixed_response`] : []),
      ...(overrides ? inertIn(overrides, `rules[${at}].overrides.`) : []),
    ]),
    ...(poolSets ?? []).flatMap(({ fixedResponse }, at) =>
      fixedResponse ? [`pool_sets[${at}].fixed_response`] : [],
    ),
  ];
}

/** Values that mean that nobody wants the property have none to lose. */
function inertIn({ adaptiveRouting, sessionAffinity, ...attributes }: InertFields, prefix: string): string[] {
  const { sessionAffinityAttributes, sessionAffinityTtl } = attributes;
  const isWanted = Boolean(sessionAffinity) && sessionAffinity !== 'none';
  return [
    ...(adaptiveRouting?.failover_across_pools === true ? [`${prefix}adaptive_routing`] : []),
    ...(isWanted ? [`${prefix}session_affinity`] : []),
    ...(isWanted && sessionAffinityTtl ? [`${prefix}session_affinity_ttl`] : []),
    ...(isWanted && sessionAffinityAttributes ? [`${prefix}session_affinity_attributes`] : []),
  ];
}
