import { createHash, timingSafeEqual } from 'node:crypto';
import type { Store } from '../../store/store.ts';
import type { TokenVerifier } from '../auth.ts';
import { hashToken } from '../auth.ts';
import type { Caller } from '../call.ts';

/** Name of the token that the configuration gives, or the data directory keeps. */
export const BOOTSTRAP = 'bootstrap';

/** An identifier of a token that tells nothing of the hash it is known by. */
export function tokenId(token: string): string {
  return createHash('sha256').update(`token id\n${token}`).digest('hex').slice(0, 32);
}

/**
 * Finds who a secret belongs to: the bootstrap token, which `verify` knows, or one that the store keeps and that has not
 * ended; undefined: nobody. A token is looked up by an identifier made of the whole secret, then held against its hash in
 * constant time. It is read for every request, so that one that was deleted ends at once. Throws StoreUnavailable, except
 * for the bootstrap token.
 */
export async function callerOf(
  secret: string,
  store: Store,
  verify: TokenVerifier,
  nowMs: () => number,
): Promise<Caller | undefined> {
  const id = tokenId(secret);
  if (verify(secret)) return { id, name: BOOTSTRAP, isConfigured: true, scope: 'admin' };
  const found = await store.get('token', id);
  if (found === undefined) return undefined;
  const { name, hash, scope, poolPrefix, expiresOn } = found.value;
  if (!timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(hashToken(secret), 'hex'))) return undefined;
  if (hasEnded(expiresOn, nowMs())) return undefined;
  return {
    id,
    name,
    isConfigured: false,
    scope,
    ...(poolPrefix === undefined ? {} : { poolPrefix }),
    ...(expiresOn === undefined ? {} : { expiresOn }),
  };
}

/** Whether a caller that was let in would still be: its token is there and has not ended. Throws StoreUnavailable. */
export async function isStillIn(
  { id, isConfigured, expiresOn }: Caller,
  store: Store,
  nowMs: () => number,
): Promise<boolean> {
  if (hasEnded(expiresOn, nowMs())) return false;
  return isConfigured || (await store.get('token', id)) !== undefined;
}

function hasEnded(expiresOn: string | undefined, nowMs: number): boolean {
  return expiresOn !== undefined && Date.parse(expiresOn) <= nowMs;
}
