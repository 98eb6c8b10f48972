/**
 * Keeps callers of one open file out while a commit is under way in pieces: all that they read and write goes through one
 * connection, which shows what is not committed.
 */
export interface Gate {
  readonly isClosed: boolean;
  /** The same call, which waits until the gate is open. */
  through<A extends unknown[], R>(call: (...args: A) => Promise<R>): (...args: A) => Promise<R>;
  /** Resolves when the gate is open. */
  open(): Promise<void>;
  /** Does this with the gate closed. Only while it is open. */
  behind<T>(body: () => Promise<T>): Promise<T>;
}

/** An open gate. */
export function createGate(): Gate {
  let closed: PromiseWithResolvers<void> | undefined;
  async function open(): Promise<void> {
    while (closed !== undefined) await closed.promise;
  }
  return {
    get isClosed() {
      return closed !== undefined;
    },
    open,
    through:
      (call) =>
      async (...args) => {
        // The first one that went through may have closed it again.
        while (closed !== undefined) await closed.promise;
        return call(...args);
      },
    async behind(body) {
      const now = Promise.withResolvers<void>();
      closed = now;
      try {
        return await body();
      } finally {
        closed = undefined;
        now.resolve();
      }
    },
  };
}
