import { parseAddress } from './address.ts';
import { answeredOf, type EndpointHealth, isAnswered, standingOf } from './members.ts';
import type { Endpoint, Pool } from './pool.ts';

/** Families of addresses that an answer can hold. */
export type Family = 'ipv4' | 'ipv6';

/** Why an endpoint is in its pool's answer, or not. */
export type AnswerReason =
  | 'pool_disabled'
  | 'endpoint_disabled'
  | 'weight_zero'
  | 'override'
  /** Its checks decide. */
  | 'healthy'
  /** No member of its pool is healthy, and it is answered nevertheless, as the pool's `all_down` says. */
  | 'all_down'
  | 'unhealthy'
  /** It has no result yet. */
  | 'unknown'
  | 'unmonitored'
  /** It may be answered, but its host name has no address yet. */
  | 'unresolved'
  /** It may be answered, but not to this question: its addresses are of the other family. */
  | 'other_family'
  /** It may be answered, but its addresses of this family are unhealthy. */
  | 'addresses_unhealthy';

/** Returns whether an endpoint is in its pool's answer for a family of addresses, and why, as membersOf() decides it. */
export function whyOf(
  pool: Pool,
  endpoint: Endpoint,
  health: EndpointHealth,
  family: Family,
): { readonly isIn: boolean; readonly why: AnswerReason } {
  if (!pool.enabled) return { isIn: false, why: 'pool_disabled' };
  if (!endpoint.enabled) return { isIn: false, why: 'endpoint_disabled' };
  if (endpoint.weight === 0) return { isIn: false, why: 'weight_zero' };
  const why = health.override === undefined ? standingOf(pool, endpoint, health) : 'override';
  if (!isAnswered(pool, endpoint, health)) return { isIn: false, why: why as AnswerReason };
  const answered = answeredOf(pool, endpoint, health).map(({ address }) => parseAddress(address).kind);
  if (answered.includes(family)) return { isIn: true, why: why as AnswerReason };
  const families = (health.addresses ?? [endpoint.address]).map((address) => parseAddress(address).kind);
  if (families.includes(family)) return { isIn: false, why: 'addresses_unhealthy' };
  const hasNone = families.every((kind) => kind !== 'ipv4' && kind !== 'ipv6');
  return { isIn: false, why: hasNone ? 'unresolved' : 'other_family' };
}
