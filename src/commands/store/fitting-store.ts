import { StoreTooLarge } from '../../store/heap-bound.ts';
import type { Store } from '../../store/store.ts';

/**
 * A store whose first reading must fit in memory: `tooLarge` is told where it does not. Once something was read, what does not
 * fit is a reading that fails like others, and what was read before holds.
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
