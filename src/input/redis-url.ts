import { TextError } from './reader.ts';

/** A host name or IP address without brackets, and a port. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** How Redis is found, and the login. */
export interface RedisAddress {
  /**
   * `server`: the one server. `sentinel`: the primary that these sentinels name. `cluster`: the primary that has the slot of the
   * store, which these nodes of a cluster name.
   */
  readonly by: 'server' | 'sentinel' | 'cluster';
  /** One, or up to REDIS_SERVERS_MAX sentinels or nodes. */
  readonly servers: readonly HostAndPort[];
  /** The name that the sentinels have for the primary; absent: there are none. */
  readonly primary?: string;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  /** Verified, by its authority and its name. */
  readonly tls: boolean;
}

/** Most sentinels, or nodes of a cluster, of a URL. */
export const REDIS_SERVERS_MAX = 16;

const PORTS = { server: 6379, sentinel: 26379, cluster: 6379 } as const;

/**
 * Reads `redis[s]://[[user]:password@]host[:port][/database]`,
 * `redis[s]+sentinel://[[user]:password@]host[:port][,…]/name[/database]` or
 * `redis[s]+cluster://[[user]:password@]host[:port][,…]`; `rediss` is TLS. Throws TextError on anything else, options after `?`
 * among it: an ignored one would be a surprise. The message never repeats any of it, which may hold a password.
 */
export function readRedisUrl(text: string): RedisAddress {
  const found = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(.*)$/s.exec(text);
  if (found === null)
    throw new TextError(
      'must begin with redis://, redis+sentinel:// or redis+cluster://, or for TLS with rediss://, rediss+sentinel:// or rediss+cluster://',
    );
  const [, secure, by = 'server', rest] = found as unknown as [string, string, RedisAddress['by']?, string?];
  if (/[?#]/.test(rest!)) throw new TextError('must not have options after ? or #');
  const [, authority = '', path = ''] = /^([^/]*)(.*)$/s.exec(rest!)!;
  const at = authority.lastIndexOf('@');
  const hosts = authority.slice(at + 1).split(',');
  if (by === 'server' && hosts.length > 1)
    throw new TextError('has several hosts; only redis+sentinel:// and redis+cluster:// may');
  if (hosts.length > REDIS_SERVERS_MAX)
    throw new TextError(`has ${hosts.length} hosts; ${REDIS_SERVERS_MAX} at most`);
  return {
    by,
    servers: hosts.map((host) => hostAndPort(host, PORTS[by])),
    ...(at > 0 && loginIn(authority.slice(0, at))),
    ...inPath(by, path),
    tls: secure === 's',
  };
}

/** Names the place of Redis for messages, without a login: `Redis at host:port`. */
export function describeRedis({ by, servers, primary }: RedisAddress): string {
  const all = servers
    .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
    .join(', ');
  if (by === 'server') return `Redis at ${all}`;
  return by === 'cluster' ? `Redis Cluster at ${all}` : `Redis "${primary}" of the sentinels at ${all}`;
}

function hostAndPort(text: string, portOfNone: number): HostAndPort {
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text) ?? [];
  const url = host === '' ? null : URL.parse(`redis://${host}${port && `:${port}`}`);
  if (url === null || url.hostname === '' || url.username !== '' || url.port === '0')
    throw new TextError('must have a host, or host:port, after // and the login');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? portOfNone : Number(url.port),
  };
}

function loginIn(text: string): Pick<RedisAddress, 'username' | 'password'> {
  const [, username = '', password = ''] = /^([^:]*)(?::(.*))?$/s.exec(text)!;
  return {
    ...(username && { username: decode(username) }),
    ...(password && { password: decode(password) }),
  };
}

function inPath(by: RedisAddress['by'], path: string): Pick<RedisAddress, 'primary' | 'database'> {
  if (by === 'cluster') {
    if (path === '' || path === '/' || path === '/0') return { database: 0 };
    throw new TextError('must end after the hosts: a cluster has no other database than 0');
  }
  if (by === 'server') {
    const [, database] = /^\/?(\d{0,5})$/.exec(path) ?? [];
    if (database === undefined) throw new TextError('must end after the host, or in a database number');
    return { database: Number(database) };
  }
  const [, primary, database = '0'] = /^\/([\w.-]{1,64})(?:\/(\d{0,5}))?$/.exec(path) ?? [];
  if (primary === undefined)
    throw new TextError(
      'must end in the name that the sentinels have for the primary, such as /mymaster, and perhaps a database number, such as /mymaster/1',
    );
  return { primary, database: Number(database) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TextError('has a broken % escape in the user or the password');
  }
}
