import type { DocumentStore } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { type AdminApp, allowOnly } from '../app.ts';
import { EXAMPLE_MONITOR_ID } from './examples.ts';

/** How long the document waits for the store, milliseconds: without it, its examples have no identifier of an existing object. */
const STORE_WAIT_MS = 500;

/** Registers the OpenAPI document, whose examples have the identifier of an existing monitor. */
export function openapiRoute(app: AdminApp, store: Pick<DocumentStore, 'read'>): void {
  let document: string | undefined;
  /** The document as it was sent last, since a long one takes time to make. */
  let shown: { readonly id: string; readonly text: string } | undefined;
  app.get('/openapi.json', { schema: { hide: true } }, async (_, reply) => {
    // Made once: it takes long, and is the same for all.
    document ??= JSON.stringify(app.swagger());
    const id = (await monitorIdIn(store)) ?? EXAMPLE_MONITOR_ID;
    if (shown?.id !== id) shown = { id, text: document.replaceAll(EXAMPLE_MONITOR_ID, id) };
    return reply.type('application/json; charset=utf-8').send(shown.text);
  });
  allowOnly(app, '/openapi.json', ['GET']);
}

/** Finds the identifier of a monitor; undefined: there is none, or the store does not answer in time. */
async function monitorIdIn(store: Pick<DocumentStore, 'read'>): Promise<string | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, STORE_WAIT_MS, undefined);
  try {
    const read = await Promise.race([store.read(), late.promise]);
    return read && documentsOf(read.documents, 'monitor')[0]?.id;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
