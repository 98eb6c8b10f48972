import { isIP } from 'node:net';
import type { Problem } from '../../input/problem.ts';
import {
  integer,
  optional,
  type Reader,
  type Sound,
  secretText,
  section,
  TextError,
  text,
} from '../../input/reader.ts';
import { type RedisAddress, readRedisUrl } from '../../input/redis-url.ts';
import type { RedisSettings } from '../config.ts';
import { file } from '../encrypted.ts';

/** Most replicas that a change may have to wait for. */
export const WAIT_REPLICAS_MAX = 8;
/** Longest wait for replicas, milliseconds: changes wait for each other, and each has 5 s. */
export const WAIT_TIMEOUT_MS_MAX = 3_000;
/** Most characters of a user or a password of the sentinels. */
export const SENTINEL_LOGIN_MAX = 512;

/** Reads the URL of Redis. It is never shown, since it may contain a password. */
export const redisUrl: Reader<string> = secretText((found) => {
  readRedisUrl(found);
  return found;
});

const loginText = secretText((found) => {
  if (found === '' || found.length > SENTINEL_LOGIN_MAX)
    throw new TextError(`has ${found.length} characters; must have 1 to ${SENTINEL_LOGIN_MAX}`);
  return found;
});

const serverName = text((found) => {
  if (isIP(found) !== 0) throw new TextError('is an address; must be the host name in the certificate');
  if (!/^[A-Za-z0-9_.-]{1,253}$/.test(found)) throw new TextError('is not a host name');
  return found;
});

/** Reads the section that says how Redis is reached, and when a change there is acknowledged. */
export const redis = section({
  tls: section({
    ca: optional(file),
    cert: optional(file),
    key: optional(file),
    server_name: optional(serverName),
  }),
  sentinel: section({ username: optional(loginText), password: optional(loginText) }),
  wait_replicas: optional(integer(0, WAIT_REPLICAS_MAX), 0),
  wait_timeout_ms: optional(integer(1, WAIT_TIMEOUT_MS_MAX), 1_000),
});

type Read = NonNullable<ReturnType<(typeof redis)['read']>>;

/** Makes the settings of what was read. */
export function redisSettingsOf({ tls, sentinel, ...waiting }: Sound<Read>): RedisSettings {
  const { ca, cert, key, server_name: serverName } = tls;
  const { username, password } = sentinel;
  return {
    tls: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
      ...(serverName !== undefined && { serverName }),
    },
    sentinel: { ...(username !== undefined && { username }), ...(password !== undefined && { password }) },
    waitReplicas: waiting.wait_replicas,
    waitTimeoutMs: waiting.wait_timeout_ms,
  };
}

/** Finds settings that have no effect with this URL, which would be a surprise, and files of which one is missing. */
export function redisProblems(found: Read | undefined, url: string | undefined): Problem[] {
  const { tls, sentinel, wait_replicas: replicas } = found ?? {};
  const address = url === undefined ? undefined : readRedisUrl(url);
  const { cert, key, ...rest } = tls ?? {};
  const isSet = (values: object) => Object.values(values).some((value) => value !== undefined);
  const needs = (path: string, wanted: string, isMet: (address: RedisAddress) => boolean): Problem[] =>
    address !== undefined && isMet(address)
      ? []
      : [{ path: `store.redis.${path}`, message: `has no effect unless store.redis_url ${wanted}` }];
  return [
    ...(isSet({ cert, key, ...rest })
      ? needs('tls', 'begins with rediss://, rediss+sentinel:// or rediss+cluster://', (each) => each.tls)
      : []),
    ...(isSet(sentinel ?? {})
      ? needs(
          'sentinel',
          'begins with redis+sentinel:// or rediss+sentinel://',
          ({ by }) => by === 'sentinel',
        )
      : []),
    ...(replicas ? needs('wait_replicas', 'is set', () => true) : []),
    ...((cert === undefined) === (key === undefined)
      ? []
      : [
          {
            path: `store.redis.tls.${cert === undefined ? 'cert' : 'key'}`,
            message: 'is missing; a client certificate needs cert and key',
          },
        ]),
    ...(sentinel?.username !== undefined && sentinel.password === undefined
      ? [{ path: 'store.redis.sentinel.password', message: 'is missing; a user needs a password' }]
      : []),
  ];
}
