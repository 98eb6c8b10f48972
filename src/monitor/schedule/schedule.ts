import type { CheckKey } from '../../check/check.ts';
import { hashOf } from '../../voting/assignment.ts';
import { createDueHeap, type Due } from './due-heap.ts';

/**
 * When each check is due: at once when it is new, then on its own grid. The grid of a check is every moment that is
 * its phase modulo its interval, the phase being spread by hash over the interval, so that checks neither bunch up
 * nor drift: lateness is never added up, and all workers have the same grid. Moments are milliseconds of one clock
 * that does not jump.
 */
export interface Schedule {
  /**
   * Adds a check, due now. One that is there already is due now when its `definition` became another, as what was
   * found by the old one says nothing of the new; else it moves to the grid of this interval.
   */
  put(key: CheckKey, intervalMs: number, definition: string, nowMs: number): void;
  delete(key: CheckKey): void;
  /**
   * Takes what is due, the longest due first, each check once however long nobody asked. `taken` hears since when each
   * was due.
   */
  takeDue(nowMs: number, taken?: (key: CheckKey, dueMs: number) => void): CheckKey[];
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

/** An empty schedule. */
export function createSchedule(): Schedule {
  const entries = new Map<CheckKey, Entry>();
  const heap = createDueHeap<Entry>();

  function arm(entry: Entry, dueMs: number): void {
    heap.remove(entry);
    entry.dueMs = dueMs;
    heap.add(entry);
  }

  return {
    put(key, intervalMs, definition, nowMs) {
      const known = entries.get(key);
      if (known === undefined) {
        const entry = { key, phase: hashOf(key), intervalMs, definition, dueMs: nowMs, slot: -1 };
        entries.set(key, entry);
        heap.add(entry);
        return;
      }
      const isOther = known.definition !== definition;
      const isMoved = known.intervalMs !== intervalMs;
      known.intervalMs = intervalMs;
      known.definition = definition;
      if (isOther) arm(known, nowMs);
      else if (isMoved) arm(known, nextOnGrid(known.phase, intervalMs, nowMs));
    },
    delete(key) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entries.delete(key);
      heap.remove(entry);
    },
    takeDue(nowMs, taken) {
      const due: CheckKey[] = [];
      for (let entry = heap.earliest; entry !== undefined && entry.dueMs <= nowMs; entry = heap.earliest) {
        due.push(entry.key);
        taken?.(entry.key, entry.dueMs);
        arm(entry, nextOnGrid(entry.phase, entry.intervalMs, nowMs));
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

/** The first moment after `nowMs` that is `phase` modulo `intervalMs`. */
export function nextOnGrid(phase: number, intervalMs: number, nowMs: number): number {
  const offset = phase % intervalMs;
  return (Math.floor((nowMs - offset) / intervalMs) + 1) * intervalMs + offset;
}
