import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { ConfiguredToken } from '../../pool/token.ts';
import type { AttemptLimit } from '../http/attempt-limit.ts';
import { apiError, quoted } from '../http/errors.ts';
import type { Caller } from './call.ts';

/** Maximum characters of a token. */
export const TOKEN_MAX = 512;

/** The credential of a request. */
export type Credential =
  | { readonly kind: 'token' | 'key'; readonly secret: string }
  | { readonly kind: 'none' | 'bad_authorization' | 'bad_key' };

/** Returns the SHA-256 of a token in hexadecimal digits, which is stored in its place. */
export function hashToken(token: string): string {
  return hash('sha256', token);
}

/** Finds the token with a secret, in the same time for every secret. */
export type TokenFinder = (secret: string) => ConfiguredToken | undefined;

/** Creates a finder for tokens by their hashes (hashToken). Throws for a text that is not a hash. */
export function createTokenFinder(tokens: readonly ConfiguredToken[]): TokenFinder {
  const known = tokens.map((token) => {
    if (!/^[0-9a-f]{64}$/.test(token.hash))
      throw new RangeError('a token hash must be 64 lower-case hex digits');
    return { token, hash: Buffer.from(token.hash, 'hex') };
  });
  return (secret) => {
    const given = hash('sha256', secret, 'buffer');
    let found: ConfiguredToken | undefined;
    for (const each of known) if (timingSafeEqual(each.hash, given)) found = each.token;
    return found;
  };
}

/**
 * Returns the credential of a request: `Authorization: Bearer <token>` (RFC 6750 §2.1), which takes precedence, since some
 * clients send both; or the older `X-Auth-Email` with `X-Auth-Key`, whose key is a token and whose mail address is ignored.
 */
export function credentialOf(headers: IncomingHttpHeaders): Credential {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const [, secret] = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization) ?? [];
    if (secret === undefined || secret.length > TOKEN_MAX) return { kind: 'bad_authorization' };
    return { kind: 'token', secret };
  }
  const key = headers['x-auth-key'];
  if (key === undefined) return { kind: 'none' };
  if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key) || key.length > TOKEN_MAX)
    return { kind: 'bad_key' };
  return headers['x-auth-email'] ? { kind: 'key', secret: key } : { kind: 'none' };
}

/**
 * Authenticates a request, and returns its token. Throws ApiError when the request is refused. Malformed credentials are not
 * counted. A right credential is accepted however many wrong ones came from its address, which others may share behind a proxy
 * or a NAT. The limit is for wrong ones: for their lines in the log and for what their clients learn.
 */
export async function authenticate(
  request: FastifyRequest,
  find: (secret: string) => Promise<Caller | undefined>,
  limit: AttemptLimit,
): Promise<Caller> {
  const credential = credentialOf(request.headers);
  switch (credential.kind) {
    case 'none':
      throw apiError('noCredential', {}, { 'www-authenticate': 'Bearer' });
    case 'bad_authorization':
      throw apiError('badAuthorization');
    case 'bad_key':
      throw apiError('badAuthKey');
    case 'token':
    case 'key': {
      const caller = await find(credential.secret);
      if (caller !== undefined) {
        limit.succeeded(request.ip);
        return caller;
      }
      const seconds = limit.waitSeconds(request.ip);
      if (seconds !== undefined)
        throw apiError('tooManyFailures', { seconds }, { 'retry-after': String(seconds) });
      limit.failed(request.ip);
      request.log.warn({ client: quoted(request.ip) }, 'Refused a wrong credential.');
      if (credential.kind === 'key') throw apiError('wrongKey');
      throw request.routeOptions.url?.endsWith('/tokens/verify')
        ? apiError('wrongToken')
        : apiError('noAccess');
    }
  }
}
