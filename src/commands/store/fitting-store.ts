import { StoreTooLarge } from '../../store/heap-bound.ts';
import type { Store } from '../../store/store.ts';

/**
 * Wraps a store whose first read must fit in memory, and calls `tooLarge` when it does not. A later read that does not fit
 * fails as others do, and the configuration that was read before stays in force.
 */
export function mustFit<S extends Store>(store: S, tooLarge: (error: StoreTooLarge) => void): S {
  let isRead = false;
  return Object.assign(Object.create(store) as S, {
    read: async (...known: Parameters<Store['read']>) => {
      try {
        const read = await store.read(...known);
        isRead = true;
        return read;
      } catch (error) {
        if (!isRead && error instanceof StoreTooLarge) tooLarge(error);
        throw error;
      }
    },
  });
}
