import type { Token } from '../../pool/token.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import { StoreNotReplicated, StoreUnavailable, StoreUncertain } from '../../store/contract/failure.ts';
import { apiError } from '../http/errors.ts';
import { putDocument } from '../resource/write.ts';

/**
 * Stores a new token and returns the revision. Where the answer cannot have the secret, nobody would ever know it. So a token that too few
 * replicas confirmed is deleted again, and where nobody knows whether the token exists, the error says what to do. Throws ApiError.
 */
export async function storeToken(store: DocumentStore, value: Token): Promise<number> {
  const unique = [{ key: value.name.toLowerCase(), pointer: '/name', rule: 'is that of another token' }];
  try {
    return (await putDocument(store, 'token', value.id, { value, unique, references: [] })).revision;
  } catch (error) {
    if (!(error instanceof StoreUncertain)) throw error;
    if (error instanceof StoreNotReplicated && (await isDeleted(store, value.id)))
      throw apiError('tokenWithdrawn', { have: error.have, wanted: error.wanted });
    throw apiError('tokenWithoutSecret', { name: value.name });
  }
}

/** Deletes a token. Returns false where it may still be there. */
async function isDeleted(store: DocumentStore, id: string): Promise<boolean> {
  try {
    const committed = await store.commit([{ op: 'delete', kind: 'token', id }]);
    // A failover may have lost it already.
    return committed.ok || committed.refusal.kind === 'not_found';
  } catch (error) {
    if (error instanceof StoreNotReplicated) return true;
    if (error instanceof StoreUnavailable) return false;
    throw error;
  }
}
