import { ANSWERED_RECORDS_MAX } from '../../dns/rrset.ts';
import { parseAddress } from '../../pool/address.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import type { Message } from '../http/envelope.ts';

/** Code of the message that answers have a window of the pool. */
const MANY_ENDPOINTS = 10100;

/** Makes messages about a valid pool that its author should know. */
export function poolMessages({ name, endpoints }: Pool): Message[] {
  const answered = endpoints.filter(({ enabled, weight }) => enabled && weight > 0);
  const isWindow = (['ipv4', 'ipv6'] as const).some((family) => isOverOneAnswer(answered, family));
  if (!isWindow) return [];
  const count =
    answered.length === endpoints.length
      ? `${endpoints.length} endpoints.`
      : `${answered.length} of ${endpoints.length} endpoints in use.`;
  const message = `Pool "${name}" has ${count} An answer holds a window of ${ANSWERED_RECORDS_MAX} addresses, because resolvers refuse larger sets.`;
  return [{ code: MANY_ENDPOINTS, message, type: null }];
}

/** Whether the endpoints may have more addresses of a family than an answer holds. A host name counts as one of each family. */
function isOverOneAnswer(endpoints: readonly Endpoint[], family: 'ipv4' | 'ipv6'): boolean {
  const weights = endpoints
    .filter(({ address }) => [family, 'name'].includes(parseAddress(address).kind))
    .map(({ weight }) => weight);
  // Where weights differ, each answer is one address.
  return weights.length > ANSWERED_RECORDS_MAX && new Set(weights).size === 1;
}
