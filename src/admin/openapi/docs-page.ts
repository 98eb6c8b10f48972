import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AdminApp, allowOnly } from '../app.ts';
import { sendAsset } from '../dashboard/send-asset.ts';
import type { PagePart } from './shown-document.ts';

/** Where the page is. */
export const DOCS_PATH = '/docs';

/**
 * Registers the OpenAPI document as a page for people, with a button to try each request. It needs no token. What makes the page is
 * loaded when somebody first asks for it, since few do, and loading it is a tenth of a start. Its parts are kept in memory, so that
 * those who ask without a token cost little.
 */
export function docsPage(app: AdminApp): void {
  let parts: Promise<ReadonlyMap<string, PagePart>> | undefined;
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    parts ??= load(app).catch((error: unknown) => {
      parts = undefined;
      throw error;
    });
    const { '*': name } = request.params as { readonly '*'?: string };
    const part = (await parts).get(name === undefined ? DOCS_PATH : `${DOCS_PATH}/${name}`);
    if (part === undefined) return reply.callNotFound();
    reply.headers({ 'cache-control': 'no-cache', etag: part.entityTag });
    if (request.headers['if-none-match'] === part.entityTag) return reply.code(304).send();
    if (part.policy !== undefined) reply.header('content-security-policy', part.policy);
    return sendAsset(request, reply, part);
  };
  app.get(DOCS_PATH, { schema: { hide: true } }, answer);
  app.get(`${DOCS_PATH}/*`, { schema: { hide: true } }, answer);
  allowOnly(app, DOCS_PATH, ['GET']);
}

async function load(app: AdminApp): Promise<ReadonlyMap<string, PagePart>> {
  return (await import('./shown-document.ts')).readPage(app.swagger(), DOCS_PATH);
}
