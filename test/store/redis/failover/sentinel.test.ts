import { expect, test } from 'vitest';
import { StoreRefused } from '../../../../src/store/contract/failure.ts';
import { openRedisStore, type RedisStoreOptions } from '../../../../src/store/redis/redis.ts';
import { startSentinels } from '../../../support/server/failover-redis.ts';
import { failoverRules } from './failover-rules.ts';

const PASSWORD = 'of-the-sentinels';
const refusals: unknown[] = [];

async function startAndGuess() {
  const redis = await startSentinels({}, PASSWORD);
  const guesses: NonNullable<RedisStoreOptions['sentinel']>[] = [{ password: 'guessed' }, {}];
  for (const sentinel of guesses) {
    const store = openRedisStore(redis.url, { prefix: 'test', sentinel });
    refusals.push(await store.read().catch((error: unknown) => error));
    await store.close();
  }
  return redis;
}

failoverRules('Sentinel', startAndGuess, { password: PASSWORD });

test('an error says whether a sentinel or Redis wants another password, or any', () => {
  const why = 'The sentinels do not accept the user or the password of store.redis.sentinel';
  expect(refusals).toEqual([expect.any(StoreRefused), expect.any(StoreRefused)]);
  expect(refusals).toMatchObject([{ why }, { why }]);
  expect(String(refusals[0])).not.toContain('guessed');
});
