import type { NodeStatus } from '../../event/node-status.ts';
import type { Store } from '../../store/store.ts';

/** Longest time between two announcements of a node, milliseconds. */
export const ANNOUNCE_MS = 1_000;
/** Time between two looks at the served revision, which is announced at once when it changes, milliseconds. */
const LOOK_MS = 100;

/** A node that announces itself. */
export interface Announcing {
  /** Announces that this node leaves, if the store is there. */
  stop(): Promise<void>;
}

/** Starts to announce what this node serves. While the store is away it goes on trying. `revision`: the served one, which alone is looked at often. */
export function startAnnouncing(store: Store, revision: () => number, read: () => NodeStatus): Announcing {
  let announced = { revision: Number.NaN, atMs: Number.NEGATIVE_INFINITY };
  let announcing: Promise<unknown> | undefined;

  function look(): void {
    const isNews = revision() !== announced.revision || performance.now() - announced.atMs >= ANNOUNCE_MS;
    if (!isNews || announcing !== undefined) return;
    const node = read();
    announced = { revision: node.revision, atMs: performance.now() };
    // The follower logs that the store is away. The next announcement comes in a second.
    announcing = store
      .announce(node)
      .catch(() => {})
      .finally(() => {
        announcing = undefined;
      });
  }

  const timer = setInterval(look, LOOK_MS);
  look();
  return {
    async stop() {
      clearInterval(timer);
      await announcing;
      await store.withdraw(read()).catch(() => {});
    },
  };
}
