import { createPieces } from '../../pace/next-turn.ts';

/** Pools that are linked at once: of as many a user waits no moment longer. */
export const LINKED_AT_ONCE = 64;
/** Pools that are linked between two looks at the clock. */
const POOLS_PER_LOOK = 16;

/** What createRelinking works with. */
export interface RelinkingOptions {
  /** Links a pool to its checks as it and its monitors are by then. */
  link(id: string): void;
  /** Called with pools that were linked. */
  linked(ids: readonly string[]): void;
  /** Called before the first turn of the event loop in which not all are linked, and after the last. */
  begun(): void;
  ended(): void;
  /** A pool could not be linked. */
  failed(error: unknown): void;
}

/** Links the many pools of a monitor in slices, between which the event loop does other work. */
export interface Relinking {
  /** Links these pools, soon. One that waits already is linked once. */
  add(ids: Iterable<string>): void;
  /** Forgets a pool that was linked by somebody else. */
  drop(id: string): void;
  /** Whether pools wait. */
  readonly isUnderWay: boolean;
  /** Forgets all that wait, which the configuration in its place has linked. */
  clear(): void;
}

/** Creates it; nothing waits. */
export function createRelinking({ link, linked, begun, ended, failed }: RelinkingOptions): Relinking {
  const waiting = new Set<string>();
  let isUnderWay = false;

  function linkSome(): void {
    const some: string[] = [];
    for (const id of waiting) {
      waiting.delete(id);
      try {
        link(id);
      } catch (error) {
        failed(error);
      }
      if (some.push(id) === POOLS_PER_LOOK) break;
    }
    linked(some);
  }

  async function linkAll(): Promise<void> {
    const isLong = createPieces();
    while (waiting.size > 0) {
      linkSome();
      const rest = isLong();
      if (rest) await rest;
    }
    isUnderWay = false;
    ended();
  }

  return {
    add(ids) {
      for (const id of ids) waiting.add(id);
      if (isUnderWay || waiting.size === 0) return;
      if (waiting.size <= LINKED_AT_ONCE) while (waiting.size > 0) linkSome();
      else {
        isUnderWay = true;
        begun();
        void linkAll();
      }
    },
    drop: (id) => void waiting.delete(id),
    get isUnderWay() {
      return isUnderWay;
    },
    clear: () => waiting.clear(),
  };
}
