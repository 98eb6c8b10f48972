import { type SharedWords, sharedWords } from '../slots.ts';
import { CHOICE_TURNS, ChoiceField, choiceWord } from './layout.ts';

/** Ordinals that the first memory has room for. */
const ORDINALS_MIN = 1 << 8;

/** The choices of a table (layout.ts) as its one writer sees them. */
export interface Choices {
  /** For each ordinal CHOICE_TURNS words: the offset of its choice in the arena, and what was or will be the offset. */
  readonly words: SharedWords;
  /** Ordinals for which the next memory must have room. */
  readonly wanted: number;
  /** Gives out an ordinal without a choice. It may be one that `words` has no room for. */
  take(): number;
  /** Takes an ordinal back that has no choice yet, so that no reader knows it. */
  giveBack(ordinal: number): void;
  /**
   * Takes an ordinal back; returns the words of its choice, which nobody needs any more. A reader may still be on its way there, so
   * that it is given out again only after the next move.
   */
  free(arena: Int32Array, ordinal: number): number;
  /** The offset of the choice that an ordinal has with the next settle(). */
  latest(ordinal: number): number;
  /** Sets the choice of an ordinal that no reader knows. */
  add(ordinal: number, offset: number): void;
  /** Has a choice replace that of an ordinal with the next settle(); returns the words of one that is not to any more. */
  stage(arena: Int32Array, ordinal: number, offset: number): number;
  /** Replaces all that is staged at once: the second word of `generation` becomes the next number. Returns the words that nobody needs any more. */
  settle(arena: Int32Array, generation: SharedWords): number;
  /** Goes on in other words, all 0, with what `moved` makes of each offset. */
  moveTo(words: SharedWords, moved: (offset: number) => number): void;
}

/** There are none as yet. */
export function createChoices(): Choices {
  let words = sharedWords(CHOICE_TURNS * ORDINALS_MIN);
  /** Which word of each ordinal counts. */
  let turn = 0;
  /** Ordinals whose other word is not what counts. */
  let differing: readonly number[] = [];
  const staged = new Map<number, number>();
  let given = 0;
  const free: number[] = [];
  const returned = new Set<number>();

  const offsetOf = (ordinal: number): number => words[choiceWord(ordinal, turn)]!;

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
      const room = words.length / CHOICE_TURNS;
      return given < room ? room : 2 * (given + 1);
    },
    take() {
      const ordinal = free.pop();
      if (ordinal !== undefined) return ordinal;
      given += 1;
      return given - 1;
    },
    giveBack: (ordinal) => void free.push(ordinal),
    free(arena, ordinal) {
      returned.add(ordinal);
      return arena[offsetOf(ordinal) + ChoiceField.WORDS]! + unstage(arena, ordinal);
    },
    latest: (ordinal) => staged.get(ordinal) ?? offsetOf(ordinal),
    add(ordinal, offset) {
      for (let each = 0; each < CHOICE_TURNS; each += 1)
        Atomics.store(words, choiceWord(ordinal, each), offset);
    },
    stage(arena, ordinal, offset) {
      const dropped = unstage(arena, ordinal);
      staged.set(ordinal, offset);
      return dropped;
    },
    settle(arena, generation) {
      if (staged.size === 0) return 0;
      let dropped = 0;
      const next = turn ^ 1;
      // Only a decision that began before the last change still reads these words. It will see the new number, and begin again.
      for (const ordinal of differing) Atomics.store(words, choiceWord(ordinal, next), offsetOf(ordinal));
      for (const [ordinal, offset] of staged) {
        dropped += arena[offsetOf(ordinal) + ChoiceField.WORDS]!;
        Atomics.store(words, choiceWord(ordinal, next), offset);
      }
      Atomics.add(generation, 1, 1);
      turn = next;
      differing = [...staged.keys()];
      staged.clear();
      return dropped;
    },
    moveTo(next, moved) {
      // The last ordinal may be one that has no room yet.
      const count = Math.min(given, words.length / CHOICE_TURNS);
      for (let ordinal = 0; ordinal < count; ordinal += 1) {
        const offset = offsetOf(ordinal);
        if (offset === 0 || returned.has(ordinal)) continue;
        const there = moved(offset);
        for (let each = 0; each < CHOICE_TURNS; each += 1) next[choiceWord(ordinal, each)] = there;
      }
      for (const [ordinal, offset] of staged) staged.set(ordinal, moved(offset));
      free.push(...returned);
      returned.clear();
      words = next;
      // The generation of other memory begins at 0.
      turn = 0;
      differing = [];
    },
  };
}

/** A copy of a table's choices for a generation that begins at 0: all words of each are the one that counts. */
export function choicesFromStart(buffers: {
  readonly choices: SharedArrayBuffer;
  readonly generation: SharedArrayBuffer;
}): Int32Array {
  const turn = new Int32Array(buffers.generation)[1]! & 1;
  const words = new Int32Array(buffers.choices);
  return words.map((_, at) => words[choiceWord(Math.floor(at / CHOICE_TURNS), turn)]!);
}
