import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { ConfiguredToken } from '../../pool/token.ts';
import type { AttemptLimit } from '../http/attempt-limit.ts';
import { apiError, quoted } from '../http/errors.ts';
import { sessionIdOf } from '../sessions/cookie.ts';
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

/** Makes the identifier of a token, which reveals nothing about its hash. */
export function tokenId(token: string): string {
  return hash('sha256', `token id\n${token}`).slice(0, 32);
}

/** What proves that somebody has the secret of a token. It can stand for the secret in memory, and reveals it to nobody. */
export interface TokenProof {
  /** The identifier of the token (tokenId). */
  readonly id: string;
  /** The hash of the secret (hashToken). */
  readonly hash: string;
}

/** Makes the proof of a secret. */
export function proofOf(secret: string): TokenProof {
  return { id: tokenId(secret), hash: hashToken(secret) };
}

/** Finds the token whose secret has a hash (hashToken), in the same time for every hash. */
export type TokenFinder = (hash: string) => ConfiguredToken | undefined;

/** Creates a finder for tokens by their hashes (hashToken). Throws for a text that is not a hash. */
export function createTokenFinder(tokens: readonly ConfiguredToken[]): TokenFinder {
  const known = tokens.map((token) => {
    if (!/^[0-9a-f]{64}$/.test(token.hash))
      throw new RangeError('a token hash must be 64 lower-case hex digits');
    return { token, hash: Buffer.from(token.hash, 'hex') };
  });
  return (hex) => {
    const given = Buffer.from(hex, 'hex');
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

/** How requests are authenticated. */
export interface Authentication {
  /** Returns the token that a proof is of; undefined: there is none, or it has ended. */
  readonly find: (proof: TokenProof) => Promise<Caller | undefined>;
  /** Returns the token of the session of a request; undefined: it has none, or one that has ended. */
  readonly bySession: (request: FastifyRequest) => Promise<Caller | undefined>;
  readonly limit: AttemptLimit;
}

/**
 * Authenticates a request, by its header fields or else by its session, and returns its token. Throws ApiError when the request is
 * refused. Malformed credentials are not counted.
 */
export async function authenticate(request: FastifyRequest, authentication: Authentication): Promise<Caller> {
  const credential = credentialOf(request.headers);
  switch (credential.kind) {
    case 'none': {
      const caller = await authentication.bySession(request);
      if (caller !== undefined) return caller;
      if (sessionIdOf(request) !== undefined) throw apiError('sessionEnded');
      throw apiError('noCredential', {}, { 'www-authenticate': 'Bearer' });
    }
    case 'bad_authorization':
      throw apiError('badAuthorization');
    case 'bad_key':
      throw apiError('badAuthKey');
    case 'token':
    case 'key':
      return authenticateSecret(request, credential.secret, authentication, credential.kind);
  }
}

/**
 * Returns the token of a secret. Throws ApiError for a wrong one. A right secret is accepted however many wrong ones came from its
 * address, which others may share behind a proxy or a NAT. The limit is for wrong ones: for their lines in the log and for what
 * their clients learn.
 */
export async function authenticateSecret(
  request: FastifyRequest,
  secret: string,
  { find, limit }: Pick<Authentication, 'find' | 'limit'>,
  kind: 'token' | 'key' = 'token',
): Promise<Caller> {
  const caller = await find(proofOf(secret));
  if (caller !== undefined) {
    limit.succeeded(request.ip);
    return caller;
  }
  const seconds = limit.waitSeconds(request.ip);
  if (seconds !== undefined)
    throw apiError('tooManyFailures', { seconds }, { 'retry-after': String(seconds) });
  limit.failed(request.ip);
  request.log.warn({ client: quoted(request.ip) }, 'Refused a wrong credential.');
  if (kind === 'key') throw apiError('wrongKey');
  throw request.routeOptions.url?.endsWith('/tokens/verify') ? apiError('wrongToken') : apiError('noAccess');
}
