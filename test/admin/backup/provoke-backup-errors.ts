import { WRITES_MAX } from '../../../src/store/contract/documents.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import type { Store } from '../../../src/store/store.ts';
import { type Answer, POOLS, startTestAdmin, type TestAdmin, TOKEN } from '../server.ts';

const RESTORE = '/lifeguard/v1/restore';
const pool = { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] };

/** Requests that provoke the errors of backups. */
export const PROVOKE_OF_BACKUPS = {
  badBackup: (api: TestAdmin): Promise<Answer> => api.call('POST', RESTORE, 'no backup\n'),
  storeNotEmpty: async (api: TestAdmin): Promise<Answer> => {
    await api.call('POST', POOLS, pool);
    return api.call('POST', RESTORE, await backup(api));
  },
  restoredInPart: async (api: TestAdmin): Promise<Answer> => {
    const pools = Array.from({ length: WRITES_MAX + 1 }, (_, i) => ({ ...pool, name: `p${i}` }));
    await api.call('POST', '/lifeguard/v1/apply', { pools });
    const away = awayAfterOne((await startTestAdmin()).store);
    return (await startTestAdmin({ store: away })).call('POST', RESTORE, await backup(api));
  },
};

/** The same store, which is away after its first commit. */
export function awayAfterOne(store: Store): Store {
  const commit: Store['commit'] = async (...all) => {
    if ((await store.read()).revision > 0) throw new StoreUnavailable('Redis is away');
    return store.commit(...all);
  };
  return Object.assign(Object.create(store) as Store, { commit, close: async () => {} });
}

/** Makes a backup. */
export async function backup({ url }: TestAdmin): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return (await fetch(`${url}/lifeguard/v1/backup`, { headers })).text();
}
