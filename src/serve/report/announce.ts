import type { NodeStatus } from '../../event/node-status.ts';
import type { Store } from '../../store/store.ts';

/** How often a node tells of itself, at the least. */
export const ANNOUNCE_MS = 1_000;
/** How often a node looks whether it answers from another revision, of which it tells at once. */
const LOOK_MS = 50;

/** A node that tells of itself. */
export interface Announcing {
  /** Tells that it is gone, if the store is there. */
  stop(): Promise<void>;
}

/** Tells the others what this node answers from, again and again; while the store is away it goes on trying. */
export function startAnnouncing(store: Store, read: () => NodeStatus): Announcing {
  let told = { revision: Number.NaN, atMs: Number.NEGATIVE_INFINITY };
  let telling: Promise<unknown> | undefined;

  function look(): void {
    const node = read();
    const isNews = node.revision !== told.revision || performance.now() - told.atMs >= ANNOUNCE_MS;
    if (!isNews || telling !== undefined) return;
    told = { revision: node.revision, atMs: performance.now() };
    // The store being away is told by those who follow it; here the next time comes in a second.
    telling = store
      .announce(node)
      .catch(() => {})
      .finally(() => {
        telling = undefined;
      });
  }

  const timer = setInterval(look, LOOK_MS);
  look();
  return {
    async stop() {
      clearInterval(timer);
      await telling;
      await store.withdraw(read().id).catch(() => {});
    },
  };
}
