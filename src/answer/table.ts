import type { WireName } from '../dns/name.ts';
import { hashName, slotOf } from '../dns/name-hash.ts';
import { NodeField, nameAt, octetOf, REMOVED } from './layout.ts';

/** The shared memory of a table, as it is handed to the threads that read it. */
export interface TableBuffers {
  /** Nodes and zones' answers (layout.ts). */
  readonly arena: SharedArrayBuffer;
  /** The index: pairs of words, a power of two of them. */
  readonly index: SharedArrayBuffer;
  /** For each zone ordinal, the arena offset of its negative answer. */
  readonly zones: SharedArrayBuffer;
  /** One word: the generation these buffers show; 0: none yet, so that nothing may be answered from them. */
  readonly generation: SharedArrayBuffer;
}

/** How a table begins, and who is told of its buffers. */
export interface TableOptions {
  /** Called with fresh buffers whenever the old ones are left behind; readers must change over, the old stay true but old. */
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
}

/** What buffers are made of, but for the generation. */
interface Memory {
  readonly arena: Int32Array<SharedArrayBuffer>;
  readonly index: Int32Array<SharedArrayBuffer>;
  readonly zones: Int32Array<SharedArrayBuffer>;
}

/**
 * The one writer of an answer table. A node is written to free space in the arena and becomes visible by a single
 * store of its offset, so a reader sees the old node or the new one, whole. When space runs out, live nodes move to
 * fresh buffers, which are handed out at the next publish.
 */
export interface TableWriter {
  /** Adds or replaces a node, given as its image (compile/image.ts); nothing happens when it is there as it is. */
  put(image: Int32Array): void;
  /** Removes a node; nothing happens when there is none. */
  remove(name: WireName): void;
  /** Sets a zone's negative answer, given as its image. */
  setZone(ordinal: number, image: Int32Array): void;
  /** Makes the generation number visible after what was written since the last, and hands out fresh buffers if any. */
  publish(generation: number): void;
  readonly buffers: TableBuffers;
  /** Octets of the arena: all of it, what is used, and what of that nobody can reach any more. */
  readonly usage: { readonly arenaOctets: number; readonly usedOctets: number; readonly deadOctets: number };
}

const ARENA_WORDS_MIN = 1 << 18;
const INDEX_SLOTS_MIN = 1 << 10;
/** An arena is used again where it holds so many times what is alive; a new one has room for ROOM times as much. */
const ROOM_MIN = 1.5;
const ROOM = 2;
/** Zones a table can hold: those that are served, and as many that take their place, as what comes is there before what goes is removed. */
export const ZONES_MAX = 8192;
/** Offset 0 means "none", so that nothing is ever stored there. */
const FIRST_WORD = 1;

/** An empty table, at generation 0: nothing may be answered from it yet. */
export function createTable(options: TableOptions = {}): TableWriter {
  const zonesBuffer = () => new SharedArrayBuffer(ZONES_MAX * 4);
  let arena = new Int32Array(new SharedArrayBuffer(Math.max(options.arenaWords ?? 0, ARENA_WORDS_MIN) * 4));
  let octets = new Uint8Array(arena.buffer);
  let index = new Int32Array(new SharedArrayBuffer(INDEX_SLOTS_MIN * 8));
  let zones = new Int32Array(zonesBuffer());
  let generation = new Int32Array(new SharedArrayBuffer(4));
  /** Words of each zone's negative answer, so that it can be moved. */
  const zoneWords = new Map<number, number>();
  let used = FIRST_WORD;
  let dead = 0;
  /** Slots that are not 0: nodes and removed ones. */
  let slotsTaken = 0;
  let nodes = 0;
  /** Whether nobody has the buffers yet. */
  let fresh = options.isWaitedFor ?? false;
  /** What readers may still have while the present buffers are fresh, and what they had before those they have. */
  let behind: Memory | undefined;
  let spare: Memory | undefined;

  const buffers = (): TableBuffers => ({
    arena: arena.buffer as SharedArrayBuffer,
    index: index.buffer as SharedArrayBuffer,
    zones: zones.buffer as SharedArrayBuffer,
    generation: generation.buffer as SharedArrayBuffer,
  });

  /** Empty memory for so many words and slots (a power of two): what no reader has any more, or new. */
  function takeMemory(words: number, slots: number): Memory {
    const found = options.hasAdopted?.() ? spare : undefined;
    if (found) spare = undefined;
    const isRoomy = found && found.arena.length >= ROOM_MIN * words && found.index.length >= 2 * slots;
    if (isRoomy) {
      found.index.fill(0);
      found.zones.fill(0);
      return found;
    }
    return {
      arena: new Int32Array(new SharedArrayBuffer(Math.max(ARENA_WORDS_MIN, ROOM * words) * 4)),
      index: new Int32Array(new SharedArrayBuffer(slots * 8)),
      zones: new Int32Array(zonesBuffer()),
    };
  }

  /** Moves what is alive to other buffers with room for `words` more. */
  function rebuild(words: number): void {
    let wanted = INDEX_SLOTS_MIN;
    while (wanted < 4 * (nodes + 1)) wanted *= 2;
    const next = takeMemory(used - dead + words, wanted);
    const { arena: nextArena, index: nextIndex, zones: nextZones } = next;
    const slots = nextIndex.length / 2;
    let end = FIRST_WORD;
    const move = (from: number, count: number): number => {
      const to = end;
      nextArena.set(arena.subarray(from, from + count), to);
      end += count;
      return to;
    };
    for (const [ordinal, count] of zoneWords) nextZones[ordinal] = move(zones[ordinal]!, count);
    for (let at = 0; at < index.length; at += 2) {
      const node = index[at + 1]!;
      if (node <= 0) continue;
      let slot = slotOf(index[at]!, slots - 1);
      while (nextIndex[2 * slot + 1] !== 0) slot = (slot + 1) & (slots - 1);
      nextIndex[2 * slot] = index[at]!;
      nextIndex[2 * slot + 1] = move(node, arena[node + NodeField.WORDS]!);
    }
    // Nobody reads what was fresh itself.
    if (fresh) spare = { arena, index, zones };
    else behind = { arena, index, zones };
    arena = nextArena;
    octets = new Uint8Array(arena.buffer);
    index = nextIndex;
    zones = nextZones;
    // Who still reads the old buffers must not take them for a generation they hold only a part of.
    generation = new Int32Array(new SharedArrayBuffer(4));
    used = end;
    dead = 0;
    slotsTaken = nodes;
    fresh = true;
  }

  function append(image: Int32Array): number {
    if (used + image.length > arena.length) rebuild(image.length);
    const at = used;
    arena.set(image, at);
    used += image.length;
    return at;
  }

  /** The index position of a name's slot, or of the first free one on its path. */
  function seek(hash: number, name: Uint8Array): number {
    const mask = index.length / 2 - 1;
    for (let slot = slotOf(hash, mask); ; slot = (slot + 1) & mask) {
      const node = index[2 * slot + 1]!;
      if (node === 0) return 2 * slot;
      if (node !== REMOVED && index[2 * slot] === hash && hasName(arena, octets, node, name)) return 2 * slot;
    }
  }

  return {
    put(image) {
      const hash = image[NodeField.HASH]!;
      const from = image.byteOffset + octetOf(nameAt(image, 0));
      const name = new Uint8Array(image.buffer, from, image[NodeField.NAME_OCTETS]!);
      const standing = index[seek(hash, name) + 1]!;
      // Much of what is written after a reload is there already: no space is spent on it.
      if (standing !== 0 && isSame(arena, standing, image)) return;
      if (2 * (slotsTaken + 1) > index.length / 2) rebuild(image.length);
      const offset = append(image);
      const at = seek(hash, name);
      const was = index[at + 1]!;
      if (was === 0) {
        slotsTaken += 1;
        nodes += 1;
        Atomics.store(index, at, hash);
      } else dead += arena[was + NodeField.WORDS]!;
      Atomics.store(index, at + 1, offset);
    },
    remove(name) {
      const at = seek(hashName(name), name);
      const was = index[at + 1]!;
      if (was === 0) return;
      Atomics.store(index, at + 1, REMOVED);
      dead += arena[was + NodeField.WORDS]!;
      nodes -= 1;
    },
    setZone(ordinal, image) {
      if (ordinal < 0 || ordinal >= ZONES_MAX)
        throw new RangeError(`zone ${ordinal} of at most ${ZONES_MAX}`);
      const offset = append(image);
      dead += zoneWords.get(ordinal) ?? 0;
      zoneWords.set(ordinal, image.length);
      Atomics.store(zones, ordinal, offset);
    },
    publish(number) {
      Atomics.store(generation, 0, number);
      if (!fresh) return;
      fresh = false;
      spare = behind;
      behind = undefined;
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

function hasName(arena: Int32Array, octets: Uint8Array, node: number, name: Uint8Array): boolean {
  if (arena[node + NodeField.NAME_OCTETS] !== name.length) return false;
  const at = octetOf(nameAt(arena, node));
  let i = 0;
  while (i < name.length && octets[at + i] === name[i]) i += 1;
  return i === name.length;
}

function isSame(arena: Int32Array, node: number, image: Int32Array): boolean {
  let i = 0;
  while (i < image.length && arena[node + i] === image[i]) i += 1;
  return i === image.length;
}
