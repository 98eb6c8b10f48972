/** A bound on how long a wait may be. */
export interface Deadline {
  /** Starts it, unless it runs already. */
  start(): void;
  /** Starts it anew. */
  restart(): void;
  stop(): void;
}

/** Creates a deadline. It calls `passed` once, `afterMs` after its start. */
export function createDeadline(afterMs: number, passed: () => void): Deadline {
  let timer: NodeJS.Timeout | undefined;
  const expire = () => {
    timer = undefined;
    passed();
  };
  return {
    start() {
      timer ??= setTimeout(expire, afterMs);
    },
    restart() {
      if (timer === undefined) timer = setTimeout(expire, afterMs);
      else timer.refresh();
    },
    stop() {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
