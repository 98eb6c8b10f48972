import type { ErrorName } from '../../../src/admin/http/errors.ts';
import { StoreNotReplicated, StoreUncertain } from '../../../src/store/contract/failure.ts';
import type { Store } from '../../../src/store/store.ts';
import { type Answer, startTestAdmin, type TestAdmin, TOKENS } from '../server.ts';

/** The same store, each commit of which is made, and confirmed by no replica. */
export function withoutReplicas(store: Store): Store {
  const commit: Store['commit'] = async (...all) => {
    const made = await store.commit(...all);
    if (made.ok) throw new StoreNotReplicated(made.revision, 0, 1);
    return made;
  };
  return Object.assign(Object.create(store) as Store, { commit, close: async () => {} });
}

/** The same store, each commit of which is made, while nobody learns of it. */
export function withoutAnswers(store: Store): Store {
  const commit: Store['commit'] = async (...all) => {
    await store.commit(...all);
    throw new StoreUncertain('Redis did not say');
  };
  return Object.assign(Object.create(store) as Store, { commit, close: async () => {} });
}

/** How to come by each error about tokens. */
export const PROVOKE_OF_TOKENS = {
  tokenWithdrawn: async (api) =>
    (await startTestAdmin({ store: withoutReplicas(api.store) })).call('POST', TOKENS, {
      name: 'ci',
      scope: 'read',
    }),
  tokenWithoutSecret: async (api) =>
    (await startTestAdmin({ store: withoutAnswers(api.store) })).call('POST', TOKENS, {
      name: 'ci',
      scope: 'read',
    }),
} satisfies Partial<Record<ErrorName, (api: TestAdmin) => Promise<Answer>>>;
