import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DocumentStore, Kind } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import type { Zone } from '../../zone/zone.ts';
import { type AdminApp, allowOnly } from '../app.ts';
import { configuredZone } from '../zones/known-zone.ts';
import { DOCS_PATH } from './docs-page.ts';
import {
  EXAMPLE_ACCOUNT_ID,
  EXAMPLE_MONITOR_ID,
  EXAMPLE_POOL_ID,
  EXAMPLE_ZONE_ID,
  EXAMPLE_ZONE_NAME,
} from './examples.ts';

/** How long the document waits for the store, milliseconds: without it, its examples have no identifier of an existing object. */
const STORE_WAIT_MS = 500;

/** Registers the OpenAPI document, for programs and for the page, whose examples name an account, a monitor, a pool and a zone that exist. */
export function openapiRoute(
  app: AdminApp,
  store: Pick<DocumentStore, 'read'>,
  configured: readonly Zone[],
  account: string,
): void {
  let document: string | undefined;
  /** The document as it was sent last, since a long one takes time to make. */
  let shown: { readonly key: string; readonly text: string } | undefined;
  const answer = async (_: FastifyRequest, reply: FastifyReply) => {
    // Made once: it takes long, and is the same for all.
    document ??= JSON.stringify(app.swagger());
    const { monitor, pool, zone, zoneId } = await namesIn(store, configured);
    const key = [monitor, pool, zone, zoneId].join(' ');
    if (shown?.key !== key) {
      const text = document
        .replaceAll(EXAMPLE_ACCOUNT_ID, account)
        .replaceAll(EXAMPLE_MONITOR_ID, monitor)
        .replaceAll(EXAMPLE_POOL_ID, pool)
        .replaceAll(EXAMPLE_ZONE_NAME, zone)
        .replaceAll(EXAMPLE_ZONE_ID, zoneId);
      shown = { key, text };
    }
    return reply.type('application/json; charset=utf-8').send(shown.text);
  };
  for (const path of ['/openapi.json', `${DOCS_PATH}/json`]) {
    app.get(path, { schema: { hide: true } }, answer);
    allowOnly(app, path, ['GET']);
  }
}

/** What examples name. */
interface Named {
  readonly monitor: string;
  readonly pool: string;
  readonly zone: string;
  readonly zoneId: string;
}

/** Finds what examples name; where there is none, or the store does not answer in time, the names of the examples. */
async function namesIn(store: Pick<DocumentStore, 'read'>, configured: readonly Zone[]): Promise<Named> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, STORE_WAIT_MS, undefined);
  const read = await Promise.race([store.read(), late.promise]).catch(() => undefined);
  clearTimeout(timer);
  const first = configured[0] && configuredZone(configured[0]);
  const found = <K extends Kind>(kind: K) => read && documentsOf(read.documents, kind)[0];
  return {
    monitor: found('monitor')?.id ?? EXAMPLE_MONITOR_ID,
    pool: found('pool')?.id ?? EXAMPLE_POOL_ID,
    zone: first?.name ?? found('zone')?.value.name ?? EXAMPLE_ZONE_NAME,
    zoneId: first?.id ?? found('zone')?.id ?? EXAMPLE_ZONE_ID,
  };
}
