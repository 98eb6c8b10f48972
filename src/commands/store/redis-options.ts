import { createSecureContext } from 'node:tls';
import type { Config, RedisSettings } from '../../config/config.ts';
import { readRegularFile } from '../../config/source/regular-file.ts';
import { readCertificate } from '../../serve/tls/certificate.ts';
import type { RedisStoreOptions } from '../../store/redis/redis.ts';
import { ExitCode, OperatorError } from '../exit.ts';

/** Most octets of a file of authorities: the whole list of a system has about 200,000. */
const AUTHORITIES_OCTETS_MAX = 4 * 1024 * 1024;

/** Makes the options of a store in Redis; reads the files that they name. Throws OperatorError where one cannot be used. */
export function redisStoreOptions(store: Config['store'], endpointOctets: number): RedisStoreOptions {
  const { redisPrefix: prefix, redis } = store;
  const { sentinel, waitReplicas: count, waitTimeoutMs: timeoutMs } = redis;
  return {
    prefix,
    endpointOctets,
    tls: redisTls(redis),
    sentinel,
    ...(count > 0 && { replicas: { count, timeoutMs } }),
  };
}

/** Reads the files for TLS to Redis. Throws OperatorError that names the setting. */
export function redisTls({ tls }: Pick<RedisSettings, 'tls'>): NonNullable<RedisStoreOptions['tls']> {
  const { ca, certificate, serverName } = tls;
  return {
    ...(ca !== undefined && { ca: usable('ca', () => authorities(ca)) }),
    ...(certificate && usable('cert', () => readCertificate(certificate))),
    ...(serverName !== undefined && { servername: serverName }),
  };
}

function authorities(path: string): Buffer {
  const { octets } = readRegularFile(path, AUTHORITIES_OCTETS_MAX);
  if (!octets.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`${path} has no certificate in PEM`);
  createSecureContext({ ca: octets });
  return octets;
}

function usable<T>(key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new OperatorError(
      `store.redis.tls.${key}: ${(error as Error).message}`,
      ExitCode.BAD_CONFIGURATION,
    );
  }
}
