import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openRedisStore } from '../../../../src/store/redis/redis.ts';
import { settingsFlaws } from '../../../../src/store/settings.ts';
import { type RedisServer, startRedis } from '../../../support/server/redis.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis({ args: ['--save', '3600 1'] });
});
afterAll(() => redis.stop());

const EVICTS =
  'Redis may throw away configuration when it is full: maxmemory-policy is allkeys-lru. Set it to noeviction.';
const LOSES = 'Redis loses what was written since its last snapshot when it crashes. Set appendonly to yes.';
const untold = (names: string) =>
  `Could not check ${names}: Redis does not show it. The user may lack the permission for CONFIG and INFO.`;

test.each([
  { may: 'CONFIG and INFO', rules: '+@all', flaws: [EVICTS, LOSES] },
  { may: 'INFO, and not CONFIG', rules: '+@all -config', flaws: [EVICTS, untold('save')] },
  { may: 'neither', rules: '+@all -config -info', flaws: [untold('maxmemory-policy, appendonly, save')] },
])(
  'a user who may use $may learns which settings endanger the data, or that they are unknown',
  async ({ rules, flaws }) => {
    await redis.send(`ACL SETUSER reader reset on >secret ~* &* ${rules}`);
    await redis.send('CONFIG SET maxmemory-policy allkeys-lru');
    // The connection of the test quotes nothing.
    await redis.send("EVAL \"return redis.call('CONFIG','SET','save','3600 1')\" 0");
    const printed = vi.spyOn(console, 'warn').mockReturnValue();
    const store = openRedisStore(redis.url.replace('://', '://reader:secret@'), { prefix: 'settings' });
    try {
      expect(settingsFlaws(await store.settings!())).toEqual(flaws);
      // The log is one JSON object a line, and a library writes none of its own among them.
      expect(printed).not.toHaveBeenCalled();
    } finally {
      printed.mockRestore();
      await store.close();
    }
  },
);

test('a password that no longer counts says nothing of permissions for CONFIG', async () => {
  const store = openRedisStore(redis.url.replace('://', '://reader:wrong@'), { prefix: 'settings' });
  try {
    await expect(store.settings!()).rejects.toThrow('WRONGPASS');
  } finally {
    await store.close();
  }
});
