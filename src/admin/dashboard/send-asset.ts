import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Asset } from './assets.ts';

/** Sends a file from memory, compressed where the client takes that. The caller sets how long the client may keep it. */
export function sendAsset({ headers }: FastifyRequest, reply: FastifyReply, { type, body, gzip }: Asset) {
  const isCompressed = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));
  reply.headers({ 'content-type': type, vary: 'accept-encoding' });
  if (isCompressed) reply.header('content-encoding', 'gzip');
  return reply.send(isCompressed ? gzip : body);
}
