/** Octets of a key, and of a hash. */
export const SIPHASH_KEY_OCTETS = 16;
export const SIPHASH_OCTETS = 8;

/** A key as sipHash wants it: four little-endian words. */
export type SipHashKey = Int32Array & { readonly length: 4 };

/** Takes a key from its 16 octets. Throws RangeError for any other number. */
export function sipHashKey(octets: Uint8Array): SipHashKey {
  if (octets.length !== SIPHASH_KEY_OCTETS)
    throw new RangeError(`a SipHash key has ${SIPHASH_KEY_OCTETS} octets`);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  return Int32Array.from({ length: 4 }, (_, i) => view.getInt32(4 * i, true)) as SipHashKey;
}

// The state: four 64-bit words in halves. One for each thread, so that hashing allocates nothing.
let a0 = 0;
let a1 = 0;
let b0 = 0;
let b1 = 0;
let c0 = 0;
let c1 = 0;
let d0 = 0;
let d1 = 0;

/** Whether adding `addend` to something that became `sum` overflowed 32 bits. */
function carry(sum: number, addend: number): number {
  return sum >>> 0 < addend >>> 0 ? 1 : 0;
}

function round(): void {
  let high: number;
  a0 = (a0 + b0) | 0;
  a1 = (a1 + b1 + carry(a0, b0)) | 0;
  high = (b1 << 13) | (b0 >>> 19);
  b0 = (b0 << 13) | (b1 >>> 19);
  b1 = high ^ a1;
  b0 ^= a0;
  high = a0;
  a0 = a1;
  a1 = high;
  c0 = (c0 + d0) | 0;
  c1 = (c1 + d1 + carry(c0, d0)) | 0;
  high = (d1 << 16) | (d0 >>> 16);
  d0 = (d0 << 16) | (d1 >>> 16);
  d1 = high ^ c1;
  d0 ^= c0;
  a0 = (a0 + d0) | 0;
  a1 = (a1 + d1 + carry(a0, d0)) | 0;
  high = (d1 << 21) | (d0 >>> 11);
  d0 = (d0 << 21) | (d1 >>> 11);
  d1 = high ^ a1;
  d0 ^= a0;
  c0 = (c0 + b0) | 0;
  c1 = (c1 + b1 + carry(c0, b0)) | 0;
  high = (b1 << 17) | (b0 >>> 15);
  b0 = (b0 << 17) | (b1 >>> 15);
  b1 = high ^ c1;
  b0 ^= c0;
  high = c0;
  c0 = c1;
  c1 = high;
}

function compress(low: number, high: number): void {
  d0 ^= low;
  d1 ^= high;
  round();
  round();
  a0 ^= low;
  a1 ^= high;
}

/** SipHash-2-4 (Aumasson and Bernstein, 2012) of the first `length` octets, written to `out` from `at`, little-endian. */
export function sipHash(
  key: SipHashKey,
  octets: Uint8Array,
  length: number,
  out: Uint8Array,
  at: number,
): void {
  const k0 = key[0]!;
  const k1 = key[1]!;
  const k2 = key[2]!;
  const k3 = key[3]!;
  a0 = k0 ^ 0x70736575;
  a1 = k1 ^ 0x736f6d65;
  b0 = k2 ^ 0x6e646f6d;
  b1 = k3 ^ 0x646f7261;
  c0 = k0 ^ 0x6e657261;
  c1 = k1 ^ 0x6c796765;
  d0 = k2 ^ 0x79746573;
  d1 = k3 ^ 0x74656462;
  const whole = length - (length % 8);
  for (let i = 0; i < whole; i += 8) compress(word(octets, i, length), word(octets, i + 4, length));
  compress(word(octets, whole, length), word(octets, whole + 4, length) | (length << 24));
  c0 ^= 0xff;
  round();
  round();
  round();
  round();
  const low = a0 ^ b0 ^ c0 ^ d0;
  const high = a1 ^ b1 ^ c1 ^ d1;
  for (let i = 0; i < 4; i += 1) {
    out[at + i] = low >>> (8 * i);
    out[at + 4 + i] = high >>> (8 * i);
  }
}

/** The little-endian word at `at`, with zeros past `length`. */
function word(octets: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < 4; i += 1) if (at + i < length) value |= octets[at + i]! << (8 * i);
  return value;
}
