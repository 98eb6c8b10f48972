import type { FastifyRequest } from 'fastify';

/** How long a browser asks this host by HTTPS alone. */
const HSTS_SECONDS = 365 * 86_400;

/** Header fields of every answer, whatever became of the request: JSON that nobody keeps, shows as a page, or takes for something else. */
export function securityHeaders({ isEncrypted }: { readonly isEncrypted: boolean }): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    // Not over HTTP (RFC 6797 §7.2).
    ...(isEncrypted && { 'strict-transport-security': `max-age=${HSTS_SECONDS}` }),
  };
}

/** Header fields of an answer to a request. */
export function answerHeaders({ id, protocol }: FastifyRequest): Record<string, string> {
  return { 'cf-ray': id, ...securityHeaders({ isEncrypted: protocol === 'https' }) };
}
