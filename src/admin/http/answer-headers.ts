import type { FastifyRequest } from 'fastify';

/** Time for which a browser uses only HTTPS for this host. */
const HSTS_SECONDS = 365 * 86_400;

/** Returns the header fields of every answer: its JSON must not be cached, shown as a page, or taken for another type. */
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

/** Returns the header fields of the answer to a request. */
export function answerHeaders({ id, protocol }: FastifyRequest): Record<string, string> {
  return { 'cf-ray': id, ...securityHeaders({ isEncrypted: protocol === 'https' }) };
}
