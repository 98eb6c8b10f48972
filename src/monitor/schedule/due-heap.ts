/** An item that is due at a time. */
export interface Due {
  /** Milliseconds from any fixed point; may be changed only while it is not in a heap. */
  dueMs: number;
  /** Its index in the heap, which sets it; -1: in none. */
  slot: number;
}

/** A binary heap, earliest first. Adding, removing and taking take time in the logarithm of its size. */
export interface DueHeap<T extends Due> {
  readonly earliest: T | undefined;
  add(item: T): void;
  /** Removes an item. Does nothing when it is not in the heap. */
  remove(item: T): void;
}

/** Creates an empty heap. */
export function createDueHeap<T extends Due>(): DueHeap<T> {
  const items: T[] = [];

  function place(item: T, slot: number): void {
    items[slot] = item;
    item.slot = slot;
  }

  function settle(item: T, from: number): void {
    let slot = from;
    for (
      let parent = (slot - 1) >> 1;
      slot > 0 && items[parent]!.dueMs > item.dueMs;
      parent = (slot - 1) >> 1
    ) {
      place(items[parent]!, slot);
      slot = parent;
    }
    for (;;) {
      const left = 2 * slot + 1;
      if (left >= items.length) break;
      const right = left + 1;
      const child = right < items.length && items[right]!.dueMs < items[left]!.dueMs ? right : left;
      if (items[child]!.dueMs >= item.dueMs) break;
      place(items[child]!, slot);
      slot = child;
    }
    place(item, slot);
  }

  return {
    get earliest() {
      return items[0];
    },
    add(item) {
      items.push(item);
      settle(item, items.length - 1);
    },
    remove(item) {
      const slot = item.slot;
      if (slot < 0) return;
      item.slot = -1;
      const last = items.pop()!;
      if (last !== item) settle(last, slot);
    },
  };
}
