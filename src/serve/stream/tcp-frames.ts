/** Octets of the length before each message (RFC 1035 §4.2.2). */
export const LENGTH_OCTETS = 2;

/** Cuts a stream of octets into its messages, however they are split into chunks. */
export interface Frames {
  push(chunk: Uint8Array): void;
  /** Goes to the next whole message. Returns false when it has not all arrived. */
  next(): boolean;
  /** The message after a `next` that returned true: `length` octets of `octets` from `at`, without the length before it. */
  readonly octets: Uint8Array;
  readonly at: number;
  readonly length: number;
  /** True when a message has begun and not all arrived. Valid after a `next` that returned false. */
  readonly isPartial: boolean;
}

const NOTHING: Uint8Array = new Uint8Array();

/**
 * Keeps what was pushed and not taken, so take until `next` returns false before pushing again. A message that comes in one
 * chunk is not copied. Any other is copied once, into room made for all of it, however small the pieces it comes in.
 */
export function createFrames(): Frames {
  let chunk: Uint8Array = NOTHING;
  /** Where the rest of the chunk begins, which was not taken. */
  let rest = 0;
  /** A message (with its length) that began in an earlier chunk, and how many of its octets have arrived. */
  let begun: Uint8Array | undefined;
  let filled = 0;
  const found = { octets: NOTHING, at: 0, length: 0 };

  function fill(wanted: number): boolean {
    const count = Math.min(wanted - filled, chunk.length - rest);
    begun!.set(chunk.subarray(rest, rest + count), filled);
    filled += count;
    rest += count;
    return filled === wanted;
  }

  /** Goes on with a message that began earlier. */
  function resume(): boolean {
    if (!fill(Math.max(filled, LENGTH_OCTETS))) return false;
    const size = LENGTH_OCTETS + lengthAt(begun!, 0);
    if (begun!.length !== size) {
      const whole = new Uint8Array(size);
      whole.set(begun!);
      begun = whole;
    }
    if (!fill(size)) return false;
    found.octets = begun!;
    found.at = LENGTH_OCTETS;
    found.length = size - LENGTH_OCTETS;
    begun = undefined;
    return true;
  }

  return {
    push(more) {
      chunk = rest === chunk.length ? more : Buffer.concat([chunk.subarray(rest), more]);
      rest = 0;
    },
    next() {
      if (begun !== undefined) return resume();
      const left = chunk.length - rest;
      if (left >= LENGTH_OCTETS) {
        const length = lengthAt(chunk, rest);
        if (LENGTH_OCTETS + length <= left) {
          found.octets = chunk;
          found.at = rest + LENGTH_OCTETS;
          found.length = length;
          rest += LENGTH_OCTETS + length;
          return true;
        }
      }
      if (left === 0) return false;
      begun = new Uint8Array(LENGTH_OCTETS);
      filled = 0;
      return resume();
    },
    get octets() {
      return found.octets;
    },
    get at() {
      return found.at;
    },
    get length() {
      return found.length;
    },
    get isPartial() {
      return begun !== undefined;
    },
  };
}

function lengthAt(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!;
}

/** Returns a message with its length before it. */
export function framed(message: Uint8Array): Buffer {
  const octets = Buffer.allocUnsafe(LENGTH_OCTETS + message.length);
  octets.writeUInt16BE(message.length, 0);
  octets.set(message, LENGTH_OCTETS);
  return octets;
}
