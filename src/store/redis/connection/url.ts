import { TextError } from '../../../input/reader.ts';
import { type RedisAddress, readRedisUrl } from '../../../input/redis-url.ts';

/** A URL that cannot be used. The message names the rule and never repeats the URL, which may hold a password. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

/** Parses the URL of Redis as readRedisUrl() does. Throws RedisUrlError. */
export function parseRedisUrl(text: string): RedisAddress {
  try {
    return readRedisUrl(text);
  } catch (error) {
    if (error instanceof TextError) throw new RedisUrlError(`the Redis URL ${error.message}`);
    throw error;
  }
}
