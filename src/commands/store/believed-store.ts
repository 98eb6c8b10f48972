import type { Refresh } from '../../serve/follow/refresh.ts';
import { StoreRefused } from '../../store/contract/failure.ts';
import type { Store } from '../../store/store.ts';

/** Why a request changes nothing in a store that was set back. */
const WHY = 'it went back in time; restore it, or run "lifeguard store adopt" to use what it has';

/**
 * The same store, which takes no changes while it is set back: no answer would show them, and a person who restores the
 * store would undo them. Then commit throws StoreRefused.
 */
export function believedStore(store: Store, { disbelieved }: Pick<Refresh, 'disbelieved'>): Store {
  const commit: Store['commit'] = async (writes, ...rest) => {
    if (disbelieved.isSetBack && writes.length > 0) throw new StoreRefused(WHY);
    return store.commit(writes, ...rest);
  };
  return Object.assign(Object.create(store) as Store, { commit });
}
