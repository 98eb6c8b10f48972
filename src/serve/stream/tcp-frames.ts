/** Octets of the length before each message (RFC 1035 §4.2.2). */
export const LENGTH_OCTETS = 2;

/** Cuts a stream of octets into the messages it carries, however they were split on the way. */
export interface Frames {
  push(chunk: Buffer): void;
  /** The next whole message, without its length; undefined: it has not all arrived. */
  next(): Buffer | undefined;
  /** Whether a message has begun and not all arrived; to be asked when there is no next one. */
  readonly isPartial: boolean;
}

/**
 * Holds what was pushed and not taken, so take until undefined before pushing again. Each octet is copied once at
 * the most, into room made for its whole message, however small the pieces it comes in.
 */
export function createFrames(): Frames {
  let chunk: Buffer = Buffer.alloc(0);
  let at = 0;
  /** A message (with its length) that began in an earlier chunk, and how much of it is there. */
  let begun: Buffer | undefined;
  let filled = 0;

  function fill(wanted: number): boolean {
    const count = Math.min(wanted - filled, chunk.length - at);
    chunk.copy(begun!, filled, at, at + count);
    filled += count;
    at += count;
    return filled === wanted;
  }

  /** Goes on with a message that began earlier. */
  function resume(): Buffer | undefined {
    if (!fill(Math.max(filled, LENGTH_OCTETS))) return undefined;
    const size = LENGTH_OCTETS + begun!.readUInt16BE();
    if (begun!.length !== size) {
      const whole = Buffer.alloc(size);
      begun!.copy(whole);
      begun = whole;
    }
    if (!fill(size)) return undefined;
    const message = begun!.subarray(LENGTH_OCTETS);
    begun = undefined;
    return message;
  }

  return {
    push(more) {
      chunk = at === chunk.length ? more : Buffer.concat([chunk.subarray(at), more]);
      at = 0;
    },
    next() {
      if (begun !== undefined) return resume();
      const left = chunk.length - at;
      if (left >= LENGTH_OCTETS) {
        const end = at + LENGTH_OCTETS + chunk.readUInt16BE(at);
        if (end <= chunk.length) {
          const message = chunk.subarray(at + LENGTH_OCTETS, end);
          at = end;
          return message;
        }
      }
      if (left === 0) return undefined;
      begun = Buffer.alloc(LENGTH_OCTETS);
      filled = 0;
      return resume();
    },
    get isPartial() {
      return begun !== undefined;
    },
  };
}
