import { hash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import swagger, { type StaticDocumentSpec } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type FastifyInstance, fastify } from 'fastify';
import type { Asset } from '../dashboard/assets.ts';

/** A part of the page: the page itself, or a file that it loads. */
export interface PagePart extends Asset {
  readonly entityTag: string;
  /** The content policy of HTML. */
  readonly policy?: string;
}

/** Where the files are that the page loads. One more is made for the page. */
const FILES = fileURLToPath(new URL('static/', import.meta.resolve('@fastify/swagger-ui')));
const MADE = 'swagger-initializer.js';
/** Digits of the hash in an entity tag. */
const TAG_DIGITS = 16;
const compress = promisify(gzip);

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

/** Reads the page of an OpenAPI document, which is at `path`, with and without a slash, with all that it loads, by their paths. */
export async function readPage(document: object, path: string): Promise<ReadonlyMap<string, PagePart>> {
  const page = await showDocument(document, path);
  const parts = new Map<string, PagePart>();
  const files = [...(await readdir(FILES)), MADE].map((name) => `${path}/static/${name}`);
  for (const url of [path, `${path}/`, ...files]) {
    const { statusCode, rawPayload: body, headers } = await page.inject({ url });
    if (statusCode !== 200) continue;
    const policy = headers['content-security-policy'];
    parts.set(url, {
      type: String(headers['content-type']),
      body,
      gzip: await compress(body),
      entityTag: `W/"${hash('sha256', body).slice(0, TAG_DIGITS)}"`,
      ...(policy !== undefined && { policy: String(policy) }),
    });
  }
  await page.close();
  return parts;
}

/** Makes a server that listens nowhere and has just the page of an OpenAPI document, at `path`. */
async function showDocument(document: object, path: string): Promise<FastifyInstance> {
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
