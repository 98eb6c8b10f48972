import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AdminApp, allowOnly } from '../app.ts';
import { type Assets, readAssets } from './assets.ts';
import { ASSETS_PATH, type Page, pageOf } from './page.ts';
import { sendAsset } from './send-asset.ts';

/** The first part of the paths of the page's views. Each may have further parts. */
const VIEWS = ['pools', 'load-balancers', 'explain', 'zones', 'events', 'tokens'];
/** A file of the page never changes, since its path has the hash of all of them (RFC 8246). */
const FOREVER = 'public, max-age=31536000, immutable';

/**
 * Registers the dashboard: one page for all its views, and its files. They need no token: they have no data. The files are read when
 * somebody first asks for them, since a start need not wait for that.
 */
export function dashboardPage(app: AdminApp): void {
  let reading: Promise<Assets & Page> | undefined;
  const loaded = () =>
    (reading ??= load().catch((error: unknown) => {
      reading = undefined;
      throw error;
    }));
  const showPage = async (_: FastifyRequest, reply: FastifyReply) => {
    const { html, policy } = await loaded();
    reply.headers({ 'content-security-policy': policy, 'content-type': 'text/html; charset=utf-8' });
    return reply.send(html);
  };
  for (const path of ['/', ...VIEWS.flatMap((view) => [`/${view}`, `/${view}/*`])]) {
    app.get(path, { schema: { hide: true } }, showPage);
    allowOnly(app, path, ['GET']);
  }
  const files = `${ASSETS_PATH}/:hash/*`;
  app.get(files, { schema: { hide: true } }, async (request, reply) => {
    const { hash, '*': name } = request.params as { readonly hash: string; readonly '*': string };
    const assets = await loaded();
    const file = hash === assets.hash ? assets.files.get(name) : undefined;
    if (file === undefined) return reply.callNotFound();
    return sendAsset(request, reply.header('cache-control', FOREVER), file);
  });
  allowOnly(app, files, ['GET']);
}

async function load(): Promise<Assets & Page> {
  const assets = await readAssets();
  return { ...assets, ...pageOf(assets) };
}
