/** The address of Redis, and the login. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  /** Verified against the system's certificate authorities and the host's name. */
  readonly tls: boolean;
}

/** A URL that cannot be used. The message names the rule and never repeats the URL, which may hold a password. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

/**
 * Parses `redis[s]://[user[:password]@]host[:port][/database]`; `rediss` is TLS. Throws RedisUrlError on anything
 * else, options after `?` among it: an ignored one would be a surprise.
 */
export function parseRedisUrl(text: string): RedisAddress {
  // URL.parse, because the error of `new URL` carries the whole text.
  const url = URL.parse(text);
  if (url === null) throw new RedisUrlError('the Redis URL is not a URL');
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:')
    throw new RedisUrlError('the Redis URL must begin with redis:// or rediss://');
  if (url.hostname === '') throw new RedisUrlError('the Redis URL names no host');
  if (url.search !== '' || url.hash !== '')
    throw new RedisUrlError('the Redis URL must not have options after ? or #');
  const path = /^\/?(\d{0,5})$/.exec(url.pathname);
  if (path === null) throw new RedisUrlError('the path of the Redis URL must be a database number');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6379 : Number(url.port),
    ...(url.username === '' ? {} : { username: decode(url.username) }),
    ...(url.password === '' ? {} : { password: decode(url.password) }),
    database: Number(path[1]),
    tls: url.protocol === 'rediss:',
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlError('user or password of the Redis URL has a broken % escape');
  }
}
