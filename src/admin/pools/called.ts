import type { Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { DocumentStore, StoredDocument } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';

/** Finds the pool with an identifier, or else with a name, in any case. */
export async function poolCalled(
  store: Pick<DocumentStore, 'get' | 'read'>,
  called: string,
): Promise<Pool | undefined> {
  return (await storedPoolCalled(store, called))?.value;
}

/** As poolCalled, with the whole stored document. */
export async function storedPoolCalled(
  store: Pick<DocumentStore, 'get' | 'read'>,
  called: string,
): Promise<Extract<StoredDocument, { kind: 'pool' }> | undefined> {
  const byId = await store.get('pool', called);
  if (byId !== undefined) return byId;
  const { documents } = await store.read();
  return documentsOf(documents, 'pool').find(({ value }) => isCalled(value, called));
}

/** Returns true when a pool has this identifier, or this name in any case. */
export function isCalled({ id, name }: Pick<Pool, 'id' | 'name'>, called: string): boolean {
  return id === called || poolNameKey(name) === poolNameKey(called);
}
