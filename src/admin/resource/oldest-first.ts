import type { DocumentStore, Documents, Kind } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';

/** Lists the documents of a kind, the oldest first. */
export async function oldestFirst<K extends Kind>(
  store: Pick<DocumentStore, 'read'>,
  kind: K,
): Promise<Documents[K][]> {
  const { documents } = await store.read();
  return documentsOf(documents, kind)
    .map(({ value }) => value as Documents[K])
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

function orderOf({ createdOn, id }: { readonly createdOn: string; readonly id: string }): string {
  return `${createdOn} ${id}`;
}
