/** One state of a name: what it is answered with, from when the write that made it was sent until it was acknowledged. */
interface State {
  readonly answer: string;
  readonly sentMs: number;
  ackedMs: number;
}

/** Every answer that a name was meant to have, in order. One writer at a time writes it. */
export interface NameHistory {
  readonly name: string;
  /** The write to this answer is about to be sent; call what it returns when it is acknowledged. */
  write(answer: string): () => void;
  /** The answer that was acknowledged last. */
  readonly current: string;
  /** The answer that was written last, acknowledged or not. */
  readonly newest: string;
  /**
   * Whether an answer may have been given to a question sent and answered at these times: it was, at most `lateMs` before the
   * question, what the name was meant to be.
   */
  allows(answer: string, sentMs: number, receivedMs: number, lateMs: number): boolean;
}

/** A history that begins with an answer that was always so. Times are of `nowMs`, milliseconds. */
export function createNameHistory(name: string, first: string, nowMs: () => number): NameHistory {
  const states: State[] = [
    { answer: first, sentMs: Number.NEGATIVE_INFINITY, ackedMs: Number.NEGATIVE_INFINITY },
  ];
  return {
    name,
    write(answer) {
      const state = { answer, sentMs: nowMs(), ackedMs: Number.POSITIVE_INFINITY };
      states.push(state);
      return () => {
        state.ackedMs = nowMs();
      };
    },
    get current() {
      return states.findLast(({ ackedMs }) => ackedMs < Number.POSITIVE_INFINITY)!.answer;
    },
    get newest() {
      return states.at(-1)!.answer;
    },
    allows(answer, sentMs, receivedMs, lateMs) {
      // From the newest back to the one that held, acknowledged, when the question may last have been answered by it.
      for (let at = states.length - 1; at >= 0; at -= 1) {
        const state = states[at]!;
        if (state.sentMs <= receivedMs && state.answer === answer) return true;
        if (state.ackedMs <= sentMs - lateMs) return false;
      }
      return false;
    },
  };
}
