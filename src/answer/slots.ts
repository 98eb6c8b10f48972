import { slotOf } from '../dns/name-hash.ts';
import { REMOVED } from './layout.ts';

/** Words that threads share. */
export type SharedWords = Int32Array<SharedArrayBuffer>;

/** Words of a slot: a hash and a value. */
export const WORDS_PER_SLOT = 2;

/** Creates words that threads share, all 0. */
export function sharedWords(count: number): SharedWords {
  return new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
}

/** An index of the table (layout.ts) as its one writer sees it: values above 0, found by a hash. A place is that of a slot in `words`. */
export interface Slots {
  /** A power of two of slots. */
  readonly words: SharedWords;
  /** true: one more value needs more slots, since at most half of them may be taken, by values and by removed ones. */
  readonly isFull: boolean;
  /** The slots, a power of two, that an index should have which holds these values and one more. */
  wanted(): number;
  /** The place of the value that `isIt` of those with a hash, or of the first free slot on its path. */
  seek(hash: number, isIt: (value: number) => boolean): number;
  /** The value at a place; 0: none. */
  valueAt(place: number): number;
  /** Adds a value at a free place. */
  add(place: number, hash: number, value: number): void;
  replace(place: number, value: number): void;
  remove(place: number): void;
  /** Moves to other words, all 0. `moved` returns the new value of each value. */
  moveTo(words: SharedWords, moved: (value: number) => number): void;
}

/** Creates an empty index. */
export function createSlots(slots: number): Slots {
  let words = sharedWords(WORDS_PER_SLOT * slots);
  let values = 0;
  /** Slots that are not 0: values and removed ones. */
  let taken = 0;

  function seek(hash: number, isIt: (value: number) => boolean): number {
    const mask = words.length / WORDS_PER_SLOT - 1;
    for (let slot = slotOf(hash, mask); ; slot = (slot + 1) & mask) {
      const place = WORDS_PER_SLOT * slot;
      const value = words[place + 1]!;
      if (value === 0) return place;
      if (value !== REMOVED && words[place] === hash && isIt(value)) return place;
    }
  }

  return {
    get words() {
      return words;
    },
    get isFull() {
      return 2 * (taken + 1) > words.length / WORDS_PER_SLOT;
    },
    wanted() {
      let wanted = slots;
      while (wanted < 4 * (values + 1)) wanted *= 2;
      return wanted;
    },
    seek,
    valueAt: (place) => words[place + 1]!,
    add(place, hash, value) {
      taken += 1;
      values += 1;
      Atomics.store(words, place, hash);
      Atomics.store(words, place + 1, value);
    },
    replace(place, value) {
      Atomics.store(words, place + 1, value);
    },
    remove(place) {
      values -= 1;
      Atomics.store(words, place + 1, REMOVED);
    },
    moveTo(next, moved) {
      const mask = next.length / WORDS_PER_SLOT - 1;
      for (let place = 0; place < words.length; place += WORDS_PER_SLOT) {
        const value = words[place + 1]!;
        if (value <= 0) continue;
        let slot = slotOf(words[place]!, mask);
        while (next[WORDS_PER_SLOT * slot + 1] !== 0) slot = (slot + 1) & mask;
        next[WORDS_PER_SLOT * slot] = words[place]!;
        next[WORDS_PER_SLOT * slot + 1] = moved(value);
      }
      words = next;
      taken = values;
    },
  };
}
