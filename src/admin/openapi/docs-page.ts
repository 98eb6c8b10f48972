import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AdminApp, allowOnly } from '../app.ts';

/** Where the page is. */
export const DOCS_PATH = '/docs';

/** Headers of the page's own answers that hold for the connection only, or that this server sets. */
const NOT_PASSED_ON = new Set(['connection', 'date', 'keep-alive', 'transfer-encoding']);

/**
 * Registers the OpenAPI document as a page for people, with a button to try each request. It needs no token. What makes the page is
 * loaded when somebody first asks for it, since few do, and loading it is a tenth of a start.
 */
export function docsPage(app: AdminApp): void {
  let page: Promise<FastifyInstance> | undefined;
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    page ??= load(app).catch((error: unknown) => {
      page = undefined;
      throw error;
    });
    const { headers, url } = request;
    const { statusCode, rawPayload, headers: found } = await (await page).inject({ url, headers });
    if (statusCode === 404) return reply.callNotFound();
    for (const [name, value] of Object.entries(found))
      if (value !== undefined && !NOT_PASSED_ON.has(name)) reply.header(name, value);
    return reply.code(statusCode).send(rawPayload);
  };
  app.get(DOCS_PATH, { schema: { hide: true } }, answer);
  app.get(`${DOCS_PATH}/*`, { schema: { hide: true } }, answer);
  app.addHook('onClose', async () => void (await page?.then((made) => made.close())));
  allowOnly(app, DOCS_PATH, ['GET']);
}

async function load(app: AdminApp): Promise<FastifyInstance> {
  return (await import('./shown-document.ts')).showDocument(app.swagger(), DOCS_PATH);
}
