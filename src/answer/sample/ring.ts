import type { Exchange } from '../exchange.ts';

/**
 * A ring in shared memory, in which any number of threads put copies of exchanges, and one thread takes them. Nobody waits: where
 * it is full, a copy is dropped. Each slot has the number of the complete copy in it, so that the reader sees no partial one.
 */

/** Copies that a ring holds; a power of two. */
export const RING_SLOTS = 1_024;
/** Octets that are kept of a query and of an answer; of longer ones only the lengths. */
export const QUERY_KEPT_OCTETS = 512;
export const REPLY_KEPT_OCTETS = 4_096;
/** A slot whose writer does not finish for this time is passed over: its thread died. Milliseconds. */
export const STUCK_MS = 1_000;

/** Words of the ring before its slots. */
const Head = { NEXT: 0, TAKEN: 1 } as const;
const HEAD_WORDS = 4;
/** Words of a slot before its octets: the number of its copy, lengths, the transport, and the client's address of 16 octets. */
const Slot = { NUMBER: 0, QUERY_OCTETS: 1, REPLY_OCTETS: 2, TRANSPORT: 3, PEER_OCTETS: 4, PEER: 5 } as const;
const SLOT_HEAD_WORDS = 9;
const WORD = 4;
/** Mask of the numbers of copies, which begin at 0 again after it. */
const NUMBERS = 0x7fff_ffff;
const SLOT_OCTETS = SLOT_HEAD_WORDS * WORD + QUERY_KEPT_OCTETS + REPLY_KEPT_OCTETS;
const SLOT_WORDS = SLOT_OCTETS / WORD;

/** Which exchanges are copied, and where. */
export interface Sampling {
  readonly ring: SharedArrayBuffer;
  /** The share of all queries, above 0 and up to 1. */
  readonly share: number;
}

/** Creates an empty ring, of some 4.8 MB. */
export function newRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEAD_WORDS * WORD + RING_SLOTS * SLOT_OCTETS);
}

/** Puts copies into a ring. */
export interface RingWriter {
  /** Copies a query, its client, and the `replyOctets` of its answer. Returns false where the ring is full. Allocates nothing. */
  put(exchange: Exchange, replyOctets: number): boolean;
}

/** Opens a ring for a thread that answers. */
export function openRingWriter(ring: SharedArrayBuffer): RingWriter {
  const words = new Int32Array(ring);
  const octets = new Uint8Array(ring);

  /** Takes the next number; -1: the ring is full. */
  function reserve(): number {
    for (;;) {
      const number = Atomics.load(words, Head.NEXT);
      if (((number - Atomics.load(words, Head.TAKEN)) & NUMBERS) >= RING_SLOTS) return -1;
      if (Atomics.compareExchange(words, Head.NEXT, number, (number + 1) & NUMBERS) === number) return number;
    }
  }

  function copy(from: Uint8Array, at: number, count: number, to: number): void {
    for (let i = 0; i < count; i += 1) octets[to + i] = from[at + i]!;
  }

  return {
    put(exchange, replyOctets) {
      const number = reserve();
      if (number === -1) return false;
      const slot = HEAD_WORDS + (number & (RING_SLOTS - 1)) * SLOT_WORDS;
      const { queryOctets, peerOctets } = exchange;
      words[slot + Slot.QUERY_OCTETS] = queryOctets;
      words[slot + Slot.REPLY_OCTETS] = replyOctets;
      words[slot + Slot.TRANSPORT] = exchange.transport;
      words[slot + Slot.PEER_OCTETS] = peerOctets;
      copy(exchange.peer, exchange.peerAt, peerOctets, (slot + Slot.PEER) * WORD);
      const kept = (slot + SLOT_HEAD_WORDS) * WORD;
      if (queryOctets <= QUERY_KEPT_OCTETS) copy(exchange.query, exchange.queryAt, queryOctets, kept);
      if (replyOctets <= REPLY_KEPT_OCTETS)
        copy(exchange.reply, exchange.replyAt, replyOctets, kept + QUERY_KEPT_OCTETS);
      Atomics.store(words, slot + Slot.NUMBER, (number + 1) & NUMBERS);
      return true;
    },
  };
}

/** A copy of an exchange. */
export interface Sampled {
  /** The query; absent: it was longer than is kept. */
  readonly query?: Uint8Array;
  readonly queryOctets: number;
  /** The answer; absent: none was given, or it was longer than is kept. */
  readonly reply?: Uint8Array;
  /** 0: no answer was given. */
  readonly replyOctets: number;
  /** One of Transport. */
  readonly transport: number;
  /** The client's IP address, of 4 or 16 octets. */
  readonly client: Uint8Array;
}

/** Takes copies out of a ring. There may be one for each ring. */
export interface RingReader {
  /** The oldest copy; undefined: there is none. */
  next(): Sampled | undefined;
  /** Copies that were passed over, because their threads died. */
  readonly passedOver: number;
}

/** Opens a ring for the thread that reads it. `monotonicMs`: a clock that never jumps. */
export function openRingReader(ring: SharedArrayBuffer, monotonicMs: () => number): RingReader {
  const words = new Int32Array(ring);
  const octets = new Uint8Array(ring);
  let stuckMs: number | undefined;
  let passedOver = 0;
  const after = (number: number) => (number + 1) & NUMBERS;

  function read(slot: number): Sampled {
    const queryOctets = words[slot + Slot.QUERY_OCTETS]!;
    const replyOctets = words[slot + Slot.REPLY_OCTETS]!;
    const peer = (slot + Slot.PEER) * WORD;
    const kept = (slot + SLOT_HEAD_WORDS) * WORD;
    const reply = kept + QUERY_KEPT_OCTETS;
    const hasReply = replyOctets > 0 && replyOctets <= REPLY_KEPT_OCTETS;
    return {
      ...(queryOctets <= QUERY_KEPT_OCTETS && { query: octets.slice(kept, kept + queryOctets) }),
      queryOctets,
      ...(hasReply && { reply: octets.slice(reply, reply + replyOctets) }),
      replyOctets,
      transport: words[slot + Slot.TRANSPORT]!,
      client: octets.slice(peer, peer + words[slot + Slot.PEER_OCTETS]!),
    };
  }

  return {
    get passedOver() {
      return passedOver;
    },
    next() {
      for (;;) {
        const number = Atomics.load(words, Head.TAKEN);
        if (number === Atomics.load(words, Head.NEXT)) return undefined;
        const slot = HEAD_WORDS + (number & (RING_SLOTS - 1)) * SLOT_WORDS;
        const isWhole = Atomics.load(words, slot + Slot.NUMBER) === after(number);
        if (!isWhole) {
          stuckMs ??= monotonicMs();
          if (monotonicMs() - stuckMs < STUCK_MS) return undefined;
          passedOver += 1;
        }
        stuckMs = undefined;
        const found = isWhole ? read(slot) : undefined;
        Atomics.store(words, Head.TAKEN, after(number));
        if (found !== undefined) return found;
      }
    },
  };
}
