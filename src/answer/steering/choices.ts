import { type SharedWords, sharedWords } from '../slots.ts';
import { ChoiceField } from './layout.ts';

/** Ordinals that the first memory has room for. */
const ORDINALS_MIN = 1 << 8;

/** The choices of a table (layout.ts) as its one writer sees them: the offset of each in the arena, by its ordinal. */
export interface Choices {
  readonly words: SharedWords;
  /** Ordinals for which the next memory must have room. */
  readonly wanted: number;
  /** Gives out an ordinal without a choice. It may be one that `words` has no room for. */
  take(): number;
  /**
   * Takes an ordinal back; returns the words of its choice, which nobody needs any more. A reader may still be on its way there, so
   * that it is given out again only after the next move.
   */
  free(arena: Int32Array, ordinal: number): number;
  /** Sets the choice of an ordinal that no reader knows. */
  add(ordinal: number, offset: number): void;
  /** Has a choice replace that of an ordinal with the next settle(); returns the words of one that is not to any more. */
  stage(arena: Int32Array, ordinal: number, offset: number): number;
  /** Replaces all that is staged at once: the second word of `generation` is odd meanwhile. Returns the words that nobody needs any more. */
  settle(arena: Int32Array, generation: SharedWords): number;
  /** Goes on in other words, all 0, with what `moved` makes of each offset. */
  moveTo(words: SharedWords, moved: (offset: number) => number): void;
}

/** There are none as yet. */
export function createChoices(): Choices {
  let words = sharedWords(ORDINALS_MIN);
  const staged = new Map<number, number>();
  let given = 0;
  const free: number[] = [];
  const returned = new Set<number>();

  function unstage(arena: Int32Array, ordinal: number): number {
    const offset = staged.get(ordinal);
    if (offset === undefined) return 0;
    staged.delete(ordinal);
    return arena[offset + ChoiceField.WORDS]!;
  }

  return {
    get words() {
      return words;
    },
    get wanted() {
      return given < words.length ? words.length : 2 * (given + 1);
    },
    take() {
      const ordinal = free.pop();
      if (ordinal !== undefined) return ordinal;
      given += 1;
      return given - 1;
    },
    free(arena, ordinal) {
      returned.add(ordinal);
      return arena[words[ordinal]! + ChoiceField.WORDS]! + unstage(arena, ordinal);
    },
    add(ordinal, offset) {
      Atomics.store(words, ordinal, offset);
    },
    stage(arena, ordinal, offset) {
      const dropped = unstage(arena, ordinal);
      staged.set(ordinal, offset);
      return dropped;
    },
    settle(arena, generation) {
      if (staged.size === 0) return 0;
      let dropped = 0;
      Atomics.add(generation, 1, 1);
      for (const [ordinal, offset] of staged) {
        dropped += arena[words[ordinal]! + ChoiceField.WORDS]!;
        Atomics.store(words, ordinal, offset);
      }
      Atomics.add(generation, 1, 1);
      staged.clear();
      return dropped;
    },
    moveTo(next, moved) {
      for (const [ordinal, offset] of words.entries())
        if (offset !== 0 && !returned.has(ordinal)) next[ordinal] = moved(offset);
      for (const [ordinal, offset] of staged) staged.set(ordinal, moved(offset));
      free.push(...returned);
      returned.clear();
      words = next;
    },
  };
}
