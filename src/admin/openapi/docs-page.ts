import swaggerUi from '@fastify/swagger-ui';
import { type AdminApp, allowOnly } from '../app.ts';

/** Where the page is. */
export const DOCS_PATH = '/docs';

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

/** Registers the OpenAPI document as a page for people, with a button to try each request. It needs no token. */
export async function docsPage(app: AdminApp): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: DOCS_PATH,
    staticCSP: CONTENT_POLICY,
    theme: { title: 'Lifeguard admin API' },
    // Without the bar for other documents.
    uiConfig: { layout: 'BaseLayout', docExpansion: 'none', filter: true, persistAuthorization: false },
  });
  // Without it a telephone shows the page as wide as a monitor's.
  app.addHook('onSend', async ({ url }, _, payload) =>
    typeof payload === 'string' && url.startsWith(DOCS_PATH)
      ? payload.replace('<head>', `<head>\n      ${VIEWPORT}`)
      : payload,
  );
  allowOnly(app, DOCS_PATH, ['GET']);
}
