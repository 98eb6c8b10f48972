import type { Process } from './virtual-time.ts';

/** Something that will happen: a timer of a simulated process, or an event of the world. It is what setTimeout returns. */
export class Scheduled {
  /** Of the world where undefined. */
  readonly process: Process | undefined;
  readonly run: () => void;
  /** Milliseconds after which it happens again. */
  readonly everyMs: number | undefined;
  isCleared = false;
  /** It comes from outside, as what is read from a socket does: a process that stood still runs its timers first. */
  isArrival = false;
  dueMs = 0;
  /** What is due at the same time happens in the order it was asked for. */
  order = 0;

  constructor(process: Process | undefined, run: () => void, everyMs?: number) {
    this.process = process;
    this.run = run;
    this.everyMs = everyMs;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** What will happen, the earliest first. */
export interface EventQueue {
  readonly earliest: Scheduled | undefined;
  add(event: Scheduled, dueMs: number): void;
  take(): Scheduled | undefined;
}

/** A binary heap; what was cleared stays in it until it is due. */
export function createEventQueue(): EventQueue {
  const heap: Scheduled[] = [];
  let added = 0;
  const isBefore = (a: Scheduled, b: Scheduled) =>
    a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

  return {
    get earliest() {
      return heap[0];
    },
    add(event, dueMs) {
      event.dueMs = dueMs;
      event.order = added++;
      let at = heap.length;
      for (let up = (at - 1) >> 1; at > 0 && isBefore(event, heap[up]!); up = (at - 1) >> 1) {
        heap[at] = heap[up]!;
        at = up;
      }
      heap[at] = event;
    },
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (last === undefined || last === first) return first;
      let at = 0;
      for (;;) {
        let down = 2 * at + 1;
        if (down >= heap.length) break;
        if (down + 1 < heap.length && isBefore(heap[down + 1]!, heap[down]!)) down++;
        if (!isBefore(heap[down]!, last)) break;
        heap[at] = heap[down]!;
        at = down;
      }
      heap[at] = last;
      return first;
    },
  };
}
