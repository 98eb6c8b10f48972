import type { Refresh } from '../../serve/follow/refresh.ts';
import { StoreSetBack } from '../../store/contract/failure.ts';
import type { Store } from '../../store/store.ts';

/**
 * The same store, which takes no changes while it is set back: no answer would show them, and a person who restores the
 * store would undo them. Then commit throws StoreSetBack. The store judges by the state that this node follows, so a change that comes
 * before the node has noticed is refused too.
 */
export function believedStore(store: Store, refresh: Pick<Refresh, 'disbelieved' | 'position'>): Store {
  const commit: Store['commit'] = async (writes, audit, ifAtRevision) => {
    if (refresh.disbelieved.isSetBack && writes.length > 0) throw new StoreSetBack();
    return store.commit(writes, audit, ifAtRevision, refresh.position);
  };
  return Object.assign(Object.create(store) as Store, { commit });
}
