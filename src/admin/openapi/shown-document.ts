import swagger, { type StaticDocumentSpec } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type FastifyInstance, fastify } from 'fastify';

/** Allows only scripts, styles and pictures from this server. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page is as wide as the screen. */
const VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">';

/** Makes a server that listens nowhere and has just the page of an OpenAPI document, at `path`. */
export async function showDocument(document: object, path: string): Promise<FastifyInstance> {
  const page = fastify();
  await page.register(swagger, {
    mode: 'static',
    specification: { document: document as StaticDocumentSpec['document'] },
  });
  await page.register(swaggerUi, {
    routePrefix: path,
    staticCSP: CONTENT_POLICY,
    theme: { title: 'Lifeguard admin API' },
    // Without the bar for other documents.
    uiConfig: { layout: 'BaseLayout', docExpansion: 'none', filter: true, persistAuthorization: false },
  });
  // Without it a telephone shows the page as wide as a monitor's.
  page.addHook('onSend', async ({ url }, _, payload) =>
    typeof payload === 'string' && url.startsWith(path)
      ? payload.replace('<head>', `<head>\n      ${VIEWPORT}`)
      : payload,
  );
  await page.ready();
  return page;
}
