import type { IncomingMessage } from 'node:http';
import { type ApiError, apiError } from './errors.ts';

/** The value of a Host field: a host, which may be empty, and a port (RFC 9110 §7.2, RFC 3986 §3.2.2). */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?$/;

/** Returns the error for a request whose Host fields break RFC 9112 §3.2; undefined: they are right. */
export function hostRefusal({
  httpVersion,
  headersDistinct,
}: Pick<IncomingMessage, 'httpVersion' | 'headersDistinct'>): ApiError | undefined {
  const [host, ...others] = headersDistinct.host ?? [];
  if (others.length > 0) return refused(`it has ${others.length + 1} Host fields instead of one`);
  // A client of HTTP/1.0 need not send the field.
  if (host === undefined) return httpVersion === '1.0' ? undefined : refused('it has no Host field');
  return HOST.test(host) ? undefined : refused('its Host field is not a host with or without a port');
}

/** Returns the error for a request that expects what no server here does (RFC 9110 §10.1.1). */
export function expectationRefusal({ headers }: Pick<IncomingMessage, 'headers'>): ApiError {
  return apiError('badExpectation', { expect: headers.expect ?? '' });
}

function refused(why: string): ApiError {
  return apiError('badRequest', { why: `${why} (RFC 9112 §3.2)` });
}
