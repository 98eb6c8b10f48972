import type {} from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isWriting } from '../access/call.ts';
import { apiError } from '../http/errors.ts';

/** The header field with which the dashboard marks its requests. No other site can send it without being asked first. */
export const PAGE_HEADER = 'x-lifeguard-dashboard';
/** Values of Sec-Fetch-Site of requests that no other site causes. */
const OWN_SITES: readonly unknown[] = [undefined, 'same-origin', 'none'];

/**
 * Returns the name of the cookie. Over TLS its prefix makes a browser keep it for this host alone (RFC 6265bis §4.1.3.2). Cookies do
 * not know ports, so that the name has it: several servers on one machine have a session each.
 */
function cookieName({ protocol, socket }: FastifyRequest): string {
  const name = `lifeguard-session-${socket.localPort ?? 0}`;
  return protocol === 'https' ? `__Host-${name}` : name;
}

/** Returns the identifier of the session that a request has in its cookie; undefined: none. */
export function sessionIdOf(request: FastifyRequest): string | undefined {
  const text = request.headers.cookie;
  return text === undefined ? undefined : request.server.parseCookie(text)[cookieName(request)] || undefined;
}

/** Sends the cookie that begins a session of `seconds`; with an empty identifier and 0 seconds, that ends it. */
export function setSessionCookie(reply: FastifyReply, id: string, seconds: number): void {
  reply.setCookie(cookieName(reply.request), id, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: reply.request.protocol === 'https',
    maxAge: seconds,
  });
}

/**
 * Throws ApiError for a request that another site than the dashboard may have caused, for requests with a cookie: browsers say so
 * of many, and what writes needs PAGE_HEADER and the origin of this server.
 */
export function checkFromPage(request: FastifyRequest): void {
  const { headers, method } = request;
  if (!OWN_SITES.includes(headers['sec-fetch-site'])) throw apiError('otherSite');
  if (!isWriting(method)) return;
  const { origin } = headers;
  const isOwn = origin !== undefined && URL.canParse(origin) && new URL(origin).host === request.host;
  if (!isOwn || headers[PAGE_HEADER] === undefined) throw apiError('otherSite');
}
