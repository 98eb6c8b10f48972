import { timingSafeEqual } from 'node:crypto';
import type { ConfiguredToken } from '../../pool/token.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import type { TokenFinder, TokenProof } from '../access/auth.ts';
import type { Caller } from '../access/call.ts';

/**
 * Finds the token of a secret, by its proof: one of the configuration, by `configured`, or a stored one that has not expired; undefined: none. A
 * stored token is found by an identifier made of the whole secret, and its hash is compared in constant time. It is read for every
 * request, so that a deleted token ends at once. Throws StoreUnavailable, except for tokens of the configuration.
 */
export async function callerOf(
  { id, hash: given }: TokenProof,
  store: Pick<DocumentStore, 'get'>,
  configured: TokenFinder,
  epochMs: () => number,
): Promise<Caller | undefined> {
  const own = configured(given);
  if (own !== undefined) return callerWith(own, id, epochMs());
  const found = await store.get('token', id);
  if (found === undefined) return undefined;
  const { hash } = found.value;
  if (!timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(given, 'hex'))) return undefined;
  return callerWith(found.value, id, epochMs());
}

function callerWith(
  { name, scope, poolPrefix, records, documentsMax, endpointsMax, expiresOn }: ConfiguredToken,
  id: string,
  epochMs: number,
): Caller | undefined {
  if (hasEnded(expiresOn, epochMs)) return undefined;
  return {
    id,
    name,
    scope,
    ...(poolPrefix === undefined ? {} : { poolPrefix }),
    ...(records === undefined ? {} : { records }),
    ...(documentsMax === undefined ? {} : { documentsMax }),
    ...(endpointsMax === undefined ? {} : { endpointsMax }),
    ...(expiresOn === undefined ? {} : { expiresOn }),
  };
}

function hasEnded(expiresOn: string | undefined, epochMs: number): boolean {
  return expiresOn !== undefined && Date.parse(expiresOn) <= epochMs;
}
