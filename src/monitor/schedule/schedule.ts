import type { CheckKey } from '../../check/check.ts';
import { hashOf } from '../../voting/assignment.ts';
import { createDueHeap, type Due } from './due-heap.ts';

/**
 * Knows when each check is due: at once when it is new, then on its own grid. The grid of a check is every time that is
 * its phase modulo its interval. The phase comes from a hash, so that checks spread over the interval and do not drift:
 * delays never add up, and all workers have the same grid. Times are milliseconds of one clock that never jumps.
 */
export interface Schedule {
  /**
   * Adds a check, due now. A known check is due now when its `definition` changed, because its results are outdated;
   * else it moves to the grid of this interval.
   */
  put(key: CheckKey, intervalMs: number, definition: string, gridMs: number): void;
  delete(key: CheckKey): void;
  /**
   * Takes out the checks that are due, the longest due first, each once however much time passed. Calls `taken` with the
   * time since when each is due.
   */
  takeDue(gridMs: number, taken?: (key: CheckKey, dueMs: number) => void): CheckKey[];
  /** When the next check is due; undefined: there is none. */
  readonly nextDueMs: number | undefined;
  readonly size: number;
}

interface Entry extends Due {
  readonly key: CheckKey;
  readonly phase: number;
  intervalMs: number;
  definition: string;
}

/** Creates an empty schedule. */
export function createSchedule(): Schedule {
  const entries = new Map<CheckKey, Entry>();
  const heap = createDueHeap<Entry>();

  function arm(entry: Entry, dueMs: number): void {
    heap.remove(entry);
    entry.dueMs = dueMs;
    heap.add(entry);
  }

  return {
    put(key, intervalMs, definition, gridMs) {
      const known = entries.get(key);
      if (known === undefined) {
        const entry = { key, phase: hashOf(key), intervalMs, definition, dueMs: gridMs, slot: -1 };
        entries.set(key, entry);
        heap.add(entry);
        return;
      }
      const isOther = known.definition !== definition;
      const isMoved = known.intervalMs !== intervalMs;
      known.intervalMs = intervalMs;
      known.definition = definition;
      if (isOther) arm(known, gridMs);
      else if (isMoved) arm(known, nextOnGrid(known.phase, intervalMs, gridMs));
    },
    delete(key) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entries.delete(key);
      heap.remove(entry);
    },
    takeDue(gridMs, taken) {
      const due: CheckKey[] = [];
      for (let entry = heap.earliest; entry !== undefined && entry.dueMs <= gridMs; entry = heap.earliest) {
        due.push(entry.key);
        taken?.(entry.key, entry.dueMs);
        arm(entry, nextOnGrid(entry.phase, entry.intervalMs, gridMs));
      }
      return due;
    },
    get nextDueMs() {
      return heap.earliest?.dueMs;
    },
    get size() {
      return entries.size;
    },
  };
}

/** Returns the first time after `gridMs` that is `phase` modulo `intervalMs`. */
export function nextOnGrid(phase: number, intervalMs: number, gridMs: number): number {
  const offset = phase % intervalMs;
  return (Math.floor((gridMs - offset) / intervalMs) + 1) * intervalMs + offset;
}
