import type { UpdateLatency } from '../../serve/publish/update-latency.ts';
import type { Store } from '../../store/store.ts';

/** Wraps a store and measures each write until this node has published it. `now` is the clock of `latency`. */
export function timedStore(
  store: Store,
  latency: Pick<UpdateLatency, 'committed'>,
  monotonicMs: () => number,
): Store {
  const commit: Store['commit'] = async (writes, ...rest) => {
    const sentMs = monotonicMs();
    const committed = await store.commit(writes, ...rest);
    if (committed.ok && writes.length > 0) latency.committed(committed.revision, sentMs);
    return committed;
  };
  return Object.assign(Object.create(store) as Store, { commit });
}
