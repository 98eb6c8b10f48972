/** A wait that must not go on for too long. */
export interface Deadline {
  /** Starts it, where it does not run already. */
  start(): void;
  /** Starts it anew. */
  restart(): void;
  stop(): void;
}

/** A deadline `afterMs` after its start, at which `passed` is called once. */
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
