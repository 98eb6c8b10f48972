import { LABEL_OCTETS_MAX, NAME_OCTETS_MAX } from '../dns/name.ts';
import { RdataError } from './rdata-error.ts';

/** Reads the rdata of a record from its beginning to its end. Each method throws RdataError where the octets end too soon. */
export class RdataReader {
  readonly octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.octets = octets;
  }

  /** Octets not read yet. */
  get left(): number {
    return this.octets.length - this.#at;
  }

  /** Index of the next octet. */
  get at(): number {
    return this.#at;
  }

  /** Reads an unsigned number of 1 to 4 octets. */
  number(octets: number): number {
    let value = 0;
    for (const octet of this.take(octets)) value = value * 0x100 + octet;
    return value;
  }

  /** Reads octets, without a copy. */
  take(octets: number): Uint8Array {
    if (octets > this.left) throw new RdataError('has fewer octets than its type needs');
    this.#at += octets;
    return this.octets.subarray(this.#at - octets, this.#at);
  }

  /** Reads all that is left. */
  rest(): Uint8Array {
    return this.take(this.left);
  }

  /** Reads a character-string without its length (RFC 1035 §3.3). */
  characterString(): Uint8Array {
    return this.take(this.number(1));
  }

  /** Reads a name without compression, in the case it is written in (RFC 1035 §3.1). */
  name(): Uint8Array {
    const start = this.#at;
    for (;;) {
      const length = this.number(1);
      if (length > LABEL_OCTETS_MAX) throw new RdataError('has a name that is compressed or broken');
      this.take(length);
      if (this.#at - start > NAME_OCTETS_MAX)
        throw new RdataError(`has a name of more than ${NAME_OCTETS_MAX} octets`);
      if (length === 0) return this.octets.subarray(start, this.#at);
    }
  }

  /** Throws RdataError unless all octets were read. */
  end(): void {
    if (this.left > 0) throw new RdataError(`has ${this.left} octets too many`);
  }
}
