import type { WireName } from '../dns/name.ts';
import { hashName } from '../dns/name-hash.ts';
import { NodeField, nameEnd, octetOf, ZONE_WORDS, ZONES_MAX, ZoneField, zoneWord } from './layout.ts';
import { createSlots, type SharedWords, type Slots, sharedWords, WORDS_PER_SLOT } from './slots.ts';
import { createChoices } from './steering/choices.ts';
import { CHOICE_TURNS, ChoiceField, choiceWord } from './steering/layout.ts';

/** The shared memory of a table, as it is handed to the threads that read it. */
export interface TableBuffers {
  /** Nodes and zones' answers (layout.ts). */
  readonly arena: SharedArrayBuffer;
  /** The index: pairs of words, a power of two of them. */
  readonly index: SharedArrayBuffer;
  /** For each zone ordinal, ZONE_WORDS words. */
  readonly zones: SharedArrayBuffer;
  /** The index of pools by their labels: pairs of words, a power of two of them. */
  readonly poolIndex: SharedArrayBuffer;
  /** For each choice ordinal, CHOICE_TURNS words with the arena offset of the choice (steering/layout.ts). */
  readonly choices: SharedArrayBuffer;
  /** Turns the addresses of clients into places (place/locate.ts); no words: of every address the place is unknown. */
  readonly locator: SharedArrayBuffer;
  /**
   * Two words. The first is the generation these buffers show; 0: none yet, so that nothing may be answered from them. The second
   * is another number whenever choices change, and its lowest bit says which of their words counts.
   */
  readonly generation: SharedArrayBuffer;
}

/** How a table begins, and how its readers get its buffers. */
export interface TableOptions {
  /** Called with fresh buffers when the writer leaves the old ones. Readers must change over; the old ones change no more. */
  replaced?(buffers: TableBuffers): void;
  /**
   * Whether every reader has changed over to the buffers that were handed out last, so that those before them may be
   * written again; absent: nobody knows. Threads that answer hardly ever collect garbage, so that memory which is not
   * used again is never free again.
   */
  hasAdopted?(): boolean;
  /** Readers have another table as yet: the first publish hands out these buffers, whole. */
  readonly isWaitedFor?: boolean;
  /** Words of the first arena. */
  readonly arenaWords?: number;
  /** Words of an arena at the most; absent: ARENA_WORDS_MAX. */
  readonly arenaWordsMax?: number;
}

/** The buffers without the generation. */
interface Memory {
  readonly arena: SharedWords;
  readonly index: SharedWords;
  readonly zones: SharedWords;
  readonly poolIndex: SharedWords;
  readonly choices: SharedWords;
}

/**
 * The one writer of an answer table. A node is written to free space in the arena and becomes visible by a single
 * store of its offset, so a reader sees the old node or the new one, whole. When space runs out, live nodes move to
 * fresh buffers, which are handed out at the next publish.
 */
export interface TableWriter {
  /** Adds or replaces a node, given as its image (compile/image.ts). Does nothing where an equal one is there. */
  put(image: Int32Array): void;
  /** Removes a node. Does nothing where there is none. */
  remove(name: WireName): void;
  /** Sets a zone's negative answer, given as its image. Does nothing where an equal one is there. */
  setZone(ordinal: number, image: Int32Array): void;
  /** Sets the serial that a zone's SOA has from now on, 32 bits. */
  setSerial(ordinal: number, serial: number): void;
  /** Adds or replaces a pool, given as the image of its node. Does nothing where an equal one is there. */
  setPool(image: Int32Array): void;
  /** Removes the pool of that label, as a name of one label; nothing happens when there is none. */
  removePool(name: WireName): void;
  /** Gives out the ordinal of a choice, which is none as yet. Throws RangeError where the table is full, as all that adds to it does. */
  takeChoice(): number;
  /** Takes the ordinal of a choice back, which no node uses any more. */
  freeChoice(ordinal: number): void;
  /** Sets the choice of an ordinal, given as its image, that no reader knows. */
  addChoice(ordinal: number, image: Int32Array): void;
  /** Replaces a choice, given as its image, at the next publish, together with all others that were: a reader sees all of them or none. */
  replaceChoice(ordinal: number, image: Int32Array): void;
  /** Has places looked up in other memory from the next publish on. */
  setLocator(locator: SharedArrayBuffer): void;
  /** Makes the generation number visible after what was written since the last, and hands out fresh buffers if any. */
  publish(generation: number): void;
  readonly buffers: TableBuffers;
  /** Octets of the arena: in all, used, and of the used ones those that no reader can reach any more. */
  readonly usage: { readonly arenaOctets: number; readonly usedOctets: number; readonly deadOctets: number };
}

const ARENA_WORDS_MIN = 1 << 18;
/** Words of an arena at the most, 4 GiB: many times what the largest configuration takes. */
export const ARENA_WORDS_MAX = 2 ** 30;
const INDEX_SLOTS_MIN = 1 << 10;
/** An arena is used again where it has at least ROOM_MIN times the words of the live nodes. A new one has ROOM times as many. */
const ROOM_MIN = 1.5;
const ROOM = 2;
/** Offset 0 means "none", so that nothing is ever stored there. */
const FIRST_WORD = 1;
const GENERATION_WORDS = 2;

/** Returns the words of a new arena for this number of live words. Throws RangeError where that is over `max`. */
export function arenaWordsFor(alive: number, max = ARENA_WORDS_MAX): number {
  if (alive > max)
    throw new RangeError(`the table of answers is full: ${octetOf(alive)} octets; ${octetOf(max)} at most`);
  return Math.min(max, Math.max(ARENA_WORDS_MIN, ROOM * alive));
}

/** Creates an empty table, at generation 0: nothing may be answered from it yet. */
export function createTable(options: TableOptions = {}): TableWriter {
  let arena = sharedWords(Math.max(options.arenaWords ?? 0, ARENA_WORDS_MIN));
  let octets = new Uint8Array(arena.buffer);
  let zones = sharedWords(ZONE_WORDS * ZONES_MAX);
  let generation = sharedWords(GENERATION_WORDS);
  let locator = new SharedArrayBuffer(0);
  let hasNewLocator = false;
  const choices = createChoices();
  const names = createSlots(INDEX_SLOTS_MIN);
  const labels = createSlots(INDEX_SLOTS_MIN);
  /** Words of each zone's negative answer, so that it can be moved. */
  const zoneWords = new Map<number, number>();
  let used = FIRST_WORD;
  let dead = 0;
  const handover = createHandover(options);

  const memory = (): Memory => ({
    arena,
    index: names.words,
    zones,
    poolIndex: labels.words,
    choices: choices.words,
  });
  const buffers = (): TableBuffers => ({
    arena: arena.buffer,
    index: names.words.buffer,
    zones: zones.buffer,
    poolIndex: labels.words.buffer,
    choices: choices.words.buffer,
    locator,
    generation: generation.buffer,
  });

  /** Moves what is alive to other buffers with room for `words` more. */
  function rebuild(words: number): void {
    const next = handover.take(used - dead + words, names.wanted(), labels.wanted(), choices.wanted);
    let end = FIRST_WORD;
    const move = (from: number, count: number): number => {
      const to = end;
      next.arena.set(arena.subarray(from, from + count), to);
      end += count;
      return to;
    };
    const moveNode = (node: number): number => move(node, arena[node + NodeField.WORDS]!);
    const was = memory();
    next.zones.set(zones);
    for (const [ordinal, count] of zoneWords) {
      const at = zoneWord(ordinal, ZoneField.NEGATIVE);
      next.zones[at] = move(zones[at]!, count);
    }
    names.moveTo(next.index, moveNode);
    labels.moveTo(next.poolIndex, moveNode);
    choices.moveTo(next.choices, (choice) => move(choice, arena[choice + ChoiceField.WORDS]!));
    handover.left(was);
    arena = next.arena;
    octets = new Uint8Array(arena.buffer);
    zones = next.zones;
    // A thread that still reads the old buffers must not take them for a generation of which they hold only a part.
    generation = sharedWords(GENERATION_WORDS);
    used = end;
    dead = 0;
  }

  function append(image: Int32Array): number {
    if (used + image.length > arena.length) rebuild(image.length);
    const at = used;
    arena.set(image, at);
    used += image.length;
    return at;
  }

  /** The place of a name's slot in an index, or of the first free one on its path. */
  function seek(index: Slots, hash: number, name: Uint8Array): number {
    return index.seek(hash, (node) => hasName(arena, octets, node, name));
  }

  function put(index: Slots, image: Int32Array): void {
    const hash = image[NodeField.HASH]!;
    const length = image[NodeField.NAME_OCTETS]!;
    const end = image.byteOffset + octetOf(nameEnd(0, length));
    const name = new Uint8Array(image.buffer, end - length, length);
    const standing = index.valueAt(seek(index, hash, name));
    // After a reload most nodes are there already. They take no space.
    if (standing !== 0 && isSame(arena, standing, image)) return;
    if (index.isFull) rebuild(image.length);
    const offset = append(image);
    const at = seek(index, hash, name);
    if (standing === 0) index.add(at, hash, offset);
    else {
      dead += arena[index.valueAt(at) + NodeField.WORDS]!;
      index.replace(at, offset);
    }
  }

  function remove(index: Slots, name: Uint8Array): void {
    const at = seek(index, hashName(name), name);
    const was = index.valueAt(at);
    if (was === 0) return;
    index.remove(at);
    dead += arena[was + NodeField.WORDS]!;
  }

  return {
    put: (image) => put(names, image),
    remove: (name) => remove(names, name),
    setPool: (image) => put(labels, image),
    // A pool's node has its label without the root.
    removePool: (name) => remove(labels, name.subarray(0, -1)),
    setZone(ordinal, image) {
      const at = wordOfZone(ordinal, ZoneField.NEGATIVE);
      const words = zoneWords.get(ordinal) ?? 0;
      if (words === image.length && isSame(arena, zones[at]!, image)) return;
      const offset = append(image);
      dead += words;
      zoneWords.set(ordinal, image.length);
      Atomics.store(zones, at, offset);
    },
    setSerial(ordinal, serial) {
      Atomics.store(zones, wordOfZone(ordinal, ZoneField.SERIAL), serial);
    },
    takeChoice() {
      const ordinal = choices.take();
      try {
        if (choiceWord(ordinal, 0) >= choices.words.length) rebuild(0);
      } catch (error) {
        choices.giveBack(ordinal);
        throw error;
      }
      return ordinal;
    },
    freeChoice(ordinal) {
      dead += choices.free(arena, ordinal);
    },
    addChoice(ordinal, image) {
      choices.add(ordinal, append(image));
    },
    replaceChoice(ordinal, image) {
      // After a reload most choices are there already.
      if (isSame(arena, choices.latest(ordinal), image)) return;
      const offset = append(image);
      dead += choices.stage(arena, ordinal, offset);
    },
    setLocator(memory) {
      locator = memory;
      hasNewLocator = true;
    },
    publish(number) {
      dead += choices.settle(arena, generation);
      Atomics.store(generation, 0, number);
      if (!handover.publish() && !hasNewLocator) return;
      hasNewLocator = false;
      options.replaced?.(buffers());
    },
    get buffers() {
      return buffers();
    },
    get usage() {
      return { arenaOctets: arena.byteLength, usedOctets: used * 4, deadOctets: dead * 4 };
    },
  };
}

/** Which memory readers have, and which nobody reads any more, so that it can be written again. */
interface Handover {
  /** Returns memory for an arena of `alive` words, and for so many slots and ordinals: memory that no reader has any more, or new. All but the arena is 0. */
  take(alive: number, slots: number, poolSlots: number, ordinals: number): Memory;
  /** Notes that the writer left this memory for other. */
  left(was: Memory): void;
  /** Returns true where readers must be given the present memory. */
  publish(): boolean;
}

function createHandover({ isWaitedFor = false, hasAdopted, arenaWordsMax }: TableOptions): Handover {
  /** Whether no reader has the present memory yet. */
  let isFresh = isWaitedFor;
  /** What readers may still have while the present memory is fresh, and what they had before that which they have. */
  let behind: Memory | undefined;
  let spare: Memory | undefined;
  return {
    take(alive, slots, poolSlots, ordinals) {
      const found = hasAdopted?.() ? spare : undefined;
      if (found) spare = undefined;
      const isRoomy =
        found &&
        found.arena.length >= ROOM_MIN * alive &&
        found.index.length >= WORDS_PER_SLOT * slots &&
        found.poolIndex.length >= WORDS_PER_SLOT * poolSlots &&
        found.choices.length >= CHOICE_TURNS * ordinals;
      if (isRoomy) {
        for (const each of [found.index, found.zones, found.poolIndex, found.choices]) each.fill(0);
        return found;
      }
      return {
        arena: sharedWords(arenaWordsFor(alive, arenaWordsMax)),
        index: sharedWords(WORDS_PER_SLOT * slots),
        zones: sharedWords(ZONE_WORDS * ZONES_MAX),
        poolIndex: sharedWords(WORDS_PER_SLOT * poolSlots),
        choices: sharedWords(CHOICE_TURNS * ordinals),
      };
    },
    left(was) {
      // Memory that was fresh has no readers.
      if (isFresh) spare = was;
      else behind = was;
      isFresh = true;
    },
    publish() {
      if (!isFresh) return false;
      isFresh = false;
      spare = behind;
      behind = undefined;
      return true;
    },
  };
}

/** The word of a field of a zone. Throws RangeError where there can be no such zone. */
function wordOfZone(ordinal: number, field: number): number {
  if (ordinal < 0 || ordinal >= ZONES_MAX) throw new RangeError(`zone ${ordinal} of at most ${ZONES_MAX}`);
  return zoneWord(ordinal, field);
}

function hasName(arena: Int32Array, octets: Uint8Array, node: number, name: Uint8Array): boolean {
  if (arena[node + NodeField.NAME_OCTETS] !== name.length) return false;
  const at = octetOf(nameEnd(node, name.length)) - name.length;
  let i = 0;
  while (i < name.length && octets[at + i] === name[i]) i += 1;
  return i === name.length;
}

function isSame(arena: Int32Array, node: number, image: Int32Array): boolean {
  let i = 0;
  while (i < image.length && arena[node + i] === image[i]) i += 1;
  return i === image.length;
}
