import { refusersOf } from '../../dns/rrset.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Message } from '../http/envelope.ts';

/** Code of the message that some resolvers refuse answers as large as a pool's may be. */
export const LARGE_ANSWERS = 10100;

/** Makes messages about a valid pool that its author should know. */
export function poolMessages({ name, answerAddressesMax }: Pool): Message[] {
  const refusers = refusersOf(answerAddressesMax ?? 0);
  if (refusers === undefined) return [];
  const message = `Pool "${name}" may have ${answerAddressesMax} addresses of a family in an answer. ${refusers}`;
  return [{ code: LARGE_ANSWERS, message, type: null }];
}
